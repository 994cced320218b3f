"""What a model was worth in money, held against having no model at all.

Without a model nobody warns: every event is missed and nobody looks in vain. With it some events are caught
and some alarms are false. What it costs to act on a true alarm is not in the contract and is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from andamio.contracts.contract import Costs
from andamio.errors import Text, text
from andamio.monitoring.performance.cube import EVENTS, FALSE, MISSED, ROWS, Sums
from andamio.monitoring.performance.history import History
from andamio.statistics.losses import DAY_S

SHIFT_H = 8.0
_DRAWS = 400
_FEWEST_CLUSTERS = 5
_ENOUGH = 0.8  # share of the alarms, and of the rest, below which the truth may be one-sided


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """Money over the judged rows, in the contract's currency.

    Attributes:
        currency: Of all sums.
        judged: Rows whose truth is known.
        caught: Events that were found.
        missed: Events that were not.
        false_alarms: Alarms without an event.
        saved: Against no model: what the caught would have cost, less what the false alarms cost.
        saved_low: The lower end of its 95 % interval over machine-days; None for too few of them.
        saved_high: The upper end.
        lost: What the missed events and the false alarms cost.
        without_model: What all the events would have cost.
        false_alarms_per_shift: Over the shifts in which rows were judged.
        shift_h: Hours of a shift.
        doubts: What makes these numbers uncertain, in words.
    """

    currency: str
    judged: int
    caught: int
    missed: int
    false_alarms: int
    saved: float
    saved_low: float | None
    saved_high: float | None
    lost: float
    without_model: float
    false_alarms_per_shift: float
    shift_h: float
    doubts: tuple[Text, ...]


def worth_of(history: History, costs: Costs, *, shift_h: float = SHIFT_H) -> Worth | None:
    """Reckon what the model was worth; None where no row of two classes is judged.

    Args:
        history: As it was read, of a model that answers two classes.
        costs: The contract's.
        shift_h: Hours of a shift.
    """
    whole = history.cube.gather(lambda key: "" if not key[3] else None).get("")
    if whole is None:
        return None
    total = whole.sum(axis=0)
    missed, false, events = (float(total[column]) for column in (MISSED, FALSE, EVENTS))
    low, high = _interval(whole, costs)
    periods = {key[1] for key in history.cube.cells if not key[3]}
    shifts = len(periods) * history.cube.days * DAY_S / 3600 / shift_h
    return Worth(
        currency=costs.currency,
        judged=int(total[ROWS]),
        caught=int(events - missed),
        missed=int(missed),
        false_alarms=int(false),
        saved=_saved(total, costs),
        saved_low=low,
        saved_high=high,
        lost=missed * costs.missed_failure + false * costs.false_alarm,
        without_model=events * costs.missed_failure,
        false_alarms_per_shift=false / shifts,
        shift_h=shift_h,
        doubts=_doubts(history, int(total[ROWS]), low is None),
    )


def _saved(total: Sums, costs: Costs) -> float:
    return float((total[EVENTS] - total[MISSED]) * costs.missed_failure - total[FALSE] * costs.false_alarm)


def _interval(cells: Sums, costs: Costs) -> tuple[float | None, float | None]:
    """Draw machine-days with replacement, to see how far the sum would have been another by chance."""
    if len(cells) < _FEWEST_CLUSTERS:
        return None, None
    random = np.random.default_rng(0)
    share = np.full(len(cells), 1 / len(cells))
    each = np.array([_saved(cell, costs) for cell in cells])
    low, high = np.percentile(random.multinomial(len(cells), share, _DRAWS) @ each, [2.5, 97.5]).tolist()
    return low, high


def _doubts(history: History, judged: int, few: bool) -> tuple[Text, ...]:
    doubts = [text("what it costs to act on a true alarm is not in the contract and is left out")]
    answered = sum(history.answered.values())
    share = judged / answered if answered else 0.0
    doubts.append(text("the truth is known for {share} % of the rows", share=round(100 * share, 1)))
    alarms = history.alarms_judged / history.alarms if history.alarms else 1.0
    quiet, silent = judged - history.alarms_judged, answered - history.alarms
    rest = quiet / silent if silent else 1.0
    if rest < _ENOUGH * alarms:
        doubts.append(
            text(
                "the truth comes back for {alarms} % of the alarms and {rest} % of the other rows, so missed "
                "events may be unknown",
                alarms=round(100 * alarms, 1),
                rest=round(100 * rest, 1),
            )
        )
    if few:
        doubts.append(text("too few machine-days for an interval"))
    return tuple(doubts)
