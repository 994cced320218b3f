"""Clocks and gaps: rows that stop coming, a clock that goes back, a clock that runs ahead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.faults.fault import Fault, FaultKind

STREAM = -1  # a fault of the stream has no tag
_AHEAD_S = 120.0  # a row may come so long before its own time
_FEWEST_AHEAD = 3
_BACK_S = 1.0

Times = NDArray[np.float64]


@dataclass(slots=True)
class Clock:
    """What is remembered of the stream's clock: the last row's time, and how many rows came too early."""

    last: float = np.nan
    early: int = 0

    def look(self, times: Times, arrived: Times, *, step_s: float, gap_s: float) -> list[tuple[int, Fault]]:
        """Look at the next rows.

        Args:
            times: Their own times.
            arrived: When they came.
            step_s: The usual seconds between rows; NaN when unknown.
            gap_s: Seconds without a row that are a gap.

        Returns:
            The row and the fault, for each.
        """
        before = np.concatenate([[self.last], times[:-1]])
        waits = times - before
        found = [(row, _gap(before[row], times[row])) for row in np.flatnonzero(waits > gap_s).tolist()]
        back = np.flatnonzero(waits < -max(_BACK_S, np.nan_to_num(step_s)))
        found += [(row, _skewed(times[row], float(waits[row]))) for row in back.tolist()]
        ahead = times - arrived > max(_AHEAD_S, 2 * np.nan_to_num(step_s))
        place = np.arange(1, len(times) + 1)
        good = np.maximum.accumulate(np.where(ahead, 0, place))
        length = np.where(good > 0, place - good, place + self.early)
        for row in np.flatnonzero(ahead & (length == _FEWEST_AHEAD)).tolist():
            found.append((row, _skewed(times[row], float(times[row] - arrived[row]))))
        if len(times):
            self.last, self.early = float(times[-1]), int(length[-1])
        return found


def _gap(last: float, now: float) -> Fault:
    return Fault(
        kind=FaultKind.GAP, tag=STREAM, since=float(last), found=float(now), until=float(now),
        certainty=0.99, evidence={"seconds": float(now - last)},
    )  # fmt: skip


def _skewed(now: float, seconds: float) -> Fault:
    return Fault(
        kind=FaultKind.CLOCK, tag=STREAM, since=float(now), found=float(now), until=float(now),
        certainty=0.95, evidence={"seconds": seconds},
    )  # fmt: skip
