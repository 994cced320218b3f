"""The remaining life of each machine as one course, smoothed from answers that come row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from andamio.contracts import Contract, Rows
from andamio.contracts.window import Horizon
from andamio.features.windows import TICKS, read_ticks
from andamio.statistics.descent import Course, Descent, kept_course, taken_up_course

# Seconds since 1970 are more, cycles are fewer.
_CALENDAR = 1e8


class LiveCourses:
    """Smooths remaining lives as they are answered; the memory goes on from one time to the next.

    Args:
        contract: The model's contract.
        horizon: Of its answers.
        remembered: What ``content`` gave before; None where nothing is known.
    """

    def __init__(
        self,
        contract: Contract,
        horizon: Horizon,
        remembered: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        self._unit_s = horizon.unit_told(contract.output.unit)
        self._counts_rows = horizon.unit is None
        self._descent = Descent(horizon.most_told(contract.output.unit))
        self._known = {asset: taken_up_course(course) for asset, course in (remembered or {}).items()}

    def told(self, rows: Rows, values: NDArray[np.float32]) -> Sequence[float]:
        """Smooth the answers to rows, each machine in the order of its moments.

        A row without a machine or without a moment is told as it was answered.
        """
        return self.follow(rows.assets, rows.times, values)

    def follow(
        self, assets: Sequence[str | None], times: Sequence[str | None], values: NDArray[np.float32]
    ) -> Sequence[float]:
        """Do the same for answers whose rows are gone.

        Args:
            assets: The machine of each row.
            times: Its moment as it was sent.
            values: What was answered, shape ``(rows,)``.
        """
        ticks, placed = read_ticks(times)
        told = values.astype(np.float64)
        for place in np.argsort(ticks, kind="stable").tolist():
            asset = assets[place]
            if asset is None or not placed[place]:
                continue
            course = self._known.get(asset, Course())
            course = self._descent.step(course, self._moment(int(ticks[place]), course), float(values[place]))
            self._known[asset] = course
            told[place] = course.told
        return [float(value) for value in told]

    def content(self) -> dict[str, Mapping[str, float]]:
        """Return all that the next file has to remember."""
        return {asset: kept_course(course) for asset, course in self._known.items()}

    def _moment(self, tick: int, course: Course) -> float:
        """Return a moment in the unit of the life; a life in rows passes by one a row."""
        seconds = tick / TICKS
        if self._counts_rows and abs(seconds) > _CALENDAR:
            return course.moment + 1.0 if course.rows else 0.0
        return seconds / self._unit_s
