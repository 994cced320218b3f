"""The remaining life of every machine, as one course from the answers that the journal holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Contract, Kind
from andamio.features.courses import LiveCourses
from andamio.features.windows import read_ticks
from andamio.journal import Prediction
from andamio.monitoring.observation import Observation
from andamio.statistics.runs import by_group


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What remains of one machine.

    Attributes:
        asset: Its name.
        left: The smoothed life, in the unit of the output.
        answered: What the model answered to its latest row alone.
        lower: The lower limit of that answer; None where it has none.
        upper: The upper one.
        moment: Of the latest row, as it was sent.
        rows: How many rows the course is made of.
    """

    asset: str
    left: float
    answered: float
    lower: float | None
    upper: float | None
    moment: str
    rows: int


def lives_of(seen: Observation, rows: NDArray[np.int64], contract: Contract) -> tuple[Life, ...]:
    """Smooth the latest answers about every machine, the shortest life first.

    A row that came twice, or after a younger one of its machine, changes nothing. Without a horizon, without
    names or without moments there are no courses.

    Args:
        seen: What the journal holds of the model.
        rows: The rows that the version answered.
        contract: The version's contract.
    """
    if contract.kind is not Kind.REGRESSION or contract.horizon is None or contract.asset is None:
        return ()
    answers = [answer for row in rows if _is_told(answer := seen.predictions[row])]
    found = []
    for asset, members in by_group([answer.asset or "" for answer in answers]).items():
        courses = LiveCourses(contract, contract.horizon)
        found.append(_life(courses, asset, [answers[place] for place in members.tolist()]))
    return tuple(sorted((life for life in found if life is not None), key=lambda life: life.left))


def _is_told(answer: Prediction) -> bool:
    """Tell whether the model itself said how long a machine with a name has."""
    return bool(answer.asset and answer.event_time) and answer.record.quality == "model"


def _life(courses: LiveCourses, asset: str, answers: list[Prediction]) -> Life | None:
    times = [answer.event_time for answer in answers]
    ticks, placed = read_ticks(times)
    values = np.array([np.nan if answer.value is None else answer.value for answer in answers], np.float32)
    known = np.flatnonzero(placed & np.isfinite(values))
    if not known.size:
        return None
    told = courses.follow([asset] * len(answers), times, values)
    latest = int(known[np.argmax(ticks[known])])
    answer = answers[latest]
    return Life(
        asset=asset,
        left=told[latest],
        answered=float(values[latest]),
        lower=answer.lower,
        upper=answer.upper,
        moment=answer.event_time or "",
        rows=len(np.unique(ticks[known])),
    )
