"""Set the limit of a score so that false alarms stay within the budget of the contract."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.return_level import FURTHEST, apart, memory_of, return_level, stretches
from andamio.training.anomaly.blocks import in_time
from andamio.training.anomaly.candidates import Floats
from andamio.training.table import Index, Problem

MONTH_S = 30.44 * 86_400.0
_FIRST_CLOCK = 1e8  # seconds since 1970: no plant's history is older than 1973


@dataclass(frozen=True, slots=True)
class Limit:
    """From which score on a row is an anomaly.

    Attributes:
        level: In the candidate's own measure.
        stretches: Into how many stretches the history was cut.
        allowed: False alarms that the budget allows in a time as long as the history.
        vouched: Whether the history is long enough to vouch for the budget; else the limit is that of one
            false alarm in ten times the history.
        aside: Rows in stretches so far from all others that the history was no usual one there.
    """

    level: float
    stretches: int
    allowed: float
    vouched: bool
    aside: NDArray[np.bool_]


def set_limit(problem: Problem, raw: Floats) -> Limit:
    """Set the limit from scores by models that had not seen their rows.

    Args:
        problem: The rows, all of them usual as far as anybody knows.
        raw: Their scores, shape ``(rows,)``.
    """
    return Stretches.of(problem, raw).limit(raw)


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """A history in stretches, of which the greatest score of each is one piece of evidence.

    Attributes:
        place: The stretch of each row, shape ``(rows,)``.
        count: How many there are.
        allowed: False alarms that the budget allows in a time as long as the history.
    """

    place: Index
    count: int
    allowed: float

    @classmethod
    def of(cls, problem: Problem, raw: Floats) -> Stretches:
        """Cut a history by how long its scores remember."""
        place, count = _cut(problem, raw)
        return cls(place, count, allowed_alarms(problem))

    def limit(self, raw: Floats, rows: NDArray[np.bool_] | None = None) -> Limit:
        """Set the limit from the scores of some of the rows; None takes all."""
        place = self.place if rows is None else self.place[rows]
        allowed = self.allowed * len(place) / max(len(self.place), 1)
        peaks = np.full(self.count, -np.inf)
        np.maximum.at(peaks, place, raw if rows is None else raw[rows])
        sound = np.isfinite(peaks)
        far = np.zeros(self.count, np.bool_)
        far[sound] = apart(peaks[sound])
        told = peaks[sound & ~far]
        between = len(told) / max(allowed, 1e-12)
        return Limit(
            level=return_level(told, between),
            stretches=len(told),
            allowed=allowed,
            vouched=between <= FURTHEST * len(told),
            aside=far[self.place],
        )


def allowed_alarms(problem: Problem) -> float:
    """Tell how many false alarms the budget allows in a time as long as the history."""
    period = sampling_period(problem)
    if period is None:
        return problem.contract.anomaly.false_alarm_share * len(problem)
    machines = 1 if problem.assets is None else len(set(problem.assets.tolist()))
    span = period * len(problem) / machines
    return problem.contract.monitor.false_alarms_per_month * span / MONTH_S


def sampling_period(problem: Problem) -> float | None:
    """Return the usual time between two rows of an asset in seconds; None without a clock."""
    times = problem.times
    if times is None or not bool(np.min(times) > _FIRST_CLOCK):
        return None
    steps = np.concatenate([np.diff(times[order]) for order in in_time(problem)])
    forward = steps[steps > 0]
    return float(np.median(forward)) if forward.size else None


def _cut(problem: Problem, raw: Floats) -> tuple[Index, int]:
    """Cut every asset's rows into stretches; return each row's stretch, and how many there are."""
    orders = in_time(problem)
    memory = float(np.median([memory_of(raw[order]) for order in orders]))
    share = stretches(len(problem), memory)
    each = max(1, share // len(orders))
    found = np.zeros(len(problem), np.int64)
    for number, order in enumerate(orders):
        found[order] = number * each + np.arange(len(order)) * each // len(order)
    return found, each * len(orders)
