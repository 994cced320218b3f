"""Smooth the remaining life of one asset: it falls as time passes, and rises only for a reason.

Answers about one machine, row by row, jump about; a planner needs one course. The level is a running
estimate that expects the life to fall by as much as time has passed and moves a share of the way to each
new answer (a Kalman filter of constant gain, in its stationary form). What is told is the lowest level so
far, unless there is a reason to rise: the asset begins anew, or the level has stayed above what was told for
``patience`` rows on end; then what is told rises to the lowest of them.

The state is six numbers, whatever the length of the history, and a row changes it in one way only: the
course of a whole history and that of a stream are the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
MEMORY = 3
PATIENCE = 10
# So near the horizon an answer may mean any longer life, which does not fall by what has passed.
_FULL = 0.85


@dataclass(frozen=True, slots=True)
class Course:
    """Where the remaining life of one asset is.

    Attributes:
        told: What was told last; not a number before the first row.
        level: The running estimate behind it.
        moment: Of the latest row, in the unit of the life.
        rows: Rows of this run so far, up to the memory.
        above: Rows on end whose level stood above what was told.
        floor: The lowest level of these.
    """

    told: float = math.nan
    level: float = math.nan
    moment: float = -math.inf
    rows: int = 0
    above: int = 0
    floor: float = math.inf


@dataclass(frozen=True, slots=True)
class Descent:
    """How to smooth.

    Attributes:
        horizon: The life at which answers are capped.
        memory: Rows that the level remembers.
        patience: Rows on end that are a reason to rise.
    """

    horizon: float
    memory: int = MEMORY
    patience: int = PATIENCE

    def step(self, course: Course, moment: float, value: float, *, new: bool = False) -> Course:
        """Take one row.

        A row that is no newer than the latest, or whose answer is not a number, changes nothing.

        Args:
            course: Where the asset was.
            moment: Of the row, in the unit of the life.
            value: The model's answer.
            new: The asset begins anew: it was repaired, replaced, or its counter began again.
        """
        if not math.isfinite(value):
            return course
        value = min(max(value, 0.0), self.horizon)
        if new or course.rows == 0:
            return Course(value, value, moment, 1)
        if not moment > course.moment:
            return course
        rows = min(course.rows + 1, self.memory)
        expected = self._fallen(course.level, moment - course.moment)
        level = expected + (value - expected) / rows
        if level <= course.told:
            return Course(level, level, moment, rows)
        above, floor = course.above + 1, min(course.floor, level)
        if above >= self.patience:
            return Course(floor, level, moment, rows)
        return Course(course.told, level, moment, rows, above, floor)

    def _fallen(self, level: float, passed: float) -> float:
        """Let time pass."""
        return level if level >= _FULL * self.horizon else max(level - passed, 0.0)

    def smooth(
        self, moments: Sequence[float] | Numbers, values: Numbers, course: Course | None = None
    ) -> tuple[Numbers, Course]:
        """Smooth the rows of one asset in their order, from where it was.

        Args:
            moments: Shape ``(rows,)``, rising, in the unit of the life.
            values: The model's answers, shape ``(rows,)``.
            course: Where the asset was; None: nothing is known of it.

        Returns:
            What is told at each row, shape ``(rows,)``, and where the asset is now.

        >>> Descent(horizon=100.0).smooth([1, 2, 3], np.array([50.0, 58.0, 44.0]))[0].round(1)
        array([50. , 50. , 49.7])
        """
        now = course or Course()
        told = np.empty(len(values), dtype=np.float64)
        for place, (moment, value) in enumerate(zip(moments, values, strict=True)):
            now = self.step(now, float(moment), float(value))
            told[place] = now.told
        return told, now


def kept_course(course: Course) -> Mapping[str, float]:
    """Write where an asset is as plain numbers; what is not a number or has no end is left out."""
    fields = {name: float(getattr(course, name)) for name in Course.__slots__}
    return {name: value for name, value in fields.items() if math.isfinite(value)}


def taken_up_course(kept: Mapping[str, float]) -> Course:
    """Read what ``kept_course`` wrote."""
    course = Course()
    known = {name: float(kept[name]) for name in ("told", "level", "moment", "floor") if name in kept}
    return replace(course, **known, rows=int(kept.get("rows", 0)), above=int(kept.get("above", 0)))
