"""One asset's rows on their way to the detectors: put in the order of their event times, late ones set aside.

A row waits until rows of the asset are so much younger that nothing older is expected (the watermark). What
comes after that is late: it is counted, and no live detector sees it. Rows that come in order and long after
they happened (a gateway that sends what it had stored) are seen; until the asset is at the present again,
what they show raises no alarm. A clock that leaps ahead is forgiven: when the times come back, the asset's
detectors go on from where they were before the leap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from andamio.monitoring.stream import Arrivals

MOST_WAITING = 20_000
_AHEAD_S = 120.0  # clocks that differ by so much are set alike


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a row is waited for, and how old it may be at its arrival to speak of the present.

    Attributes:
        late_s: How far behind the youngest row of its asset one may come, in seconds.
        backfill_s: How much later than this asset's rows usually arrive one may, in seconds.
        gap_s: How long an asset must say nothing to begin anew.
    """

    late_s: float = 300.0
    backfill_s: float = 3600.0
    gap_s: float = 3600.0

    @property
    def ahead_s(self) -> float:
        """How far in the future of its arrival a row may say that it happened."""
        return max(self.late_s, _AHEAD_S)


@dataclass(slots=True)
class Counts:
    """What happened to an asset's rows."""

    fed: int = 0
    late: int = 0
    late_in_a_row: int = 0
    latest_late: float = -math.inf
    ahead: int = 0
    leaps: int = 0


@dataclass(slots=True)
class AssetLine:
    """The rows of one asset that wait, and how far the asset has come.

    Attributes:
        name: The asset, "" for none.
        waiting: Rows that wait for older ones, in the order of their event times.
        newest: The youngest event time so far (the mark).
        released: The event time of the last row that went to the detectors.
        arrival: When the last row was answered.
        delay: How long after its event the last record came, in seconds.
        usual_delay: The shortest such delay so far.
        started: When its rows began again after a gap, for the last time.
        counts: What happened to the rows.
    """

    name: str
    waiting: Arrivals | None = None
    newest: float = -math.inf
    released: float = -math.inf
    arrival: float = -math.inf
    delay: float = 0.0
    usual_delay: float = math.inf
    started: float = -math.inf
    counts: Counts = field(default_factory=Counts)

    def lags(self, patience: Patience) -> bool:
        """Tell whether its newest rows speak of the past, being sent long after they happened."""
        return self.delay > patience.backfill_s + (0.0 if math.isinf(self.usual_delay) else self.usual_delay)

    def leap_at(self, rows: Arrivals, patience: Patience) -> tuple[int, bool] | None:
        """Find the first record at which the asset's clock leaps ahead, or comes back from a leap.

        Returns:
            The place of the record's first row, and whether the clock comes back; None where it goes on.
        """
        starts = _starts(rows.records)
        youngest = np.maximum.reduceat(rows.times, starts)
        before = np.maximum(self.newest, np.maximum.accumulate(np.append(-np.inf, youngest[:-1])))
        bound = rows.arrived[starts] + patience.ahead_s
        was_ahead, is_ahead = before > bound, youngest > bound
        leaps = (is_ahead & ~was_ahead) | (was_ahead & ~is_ahead)
        if not leaps.any():
            return None
        first = int(np.argmax(leaps))
        return int(starts[first]), bool(was_ahead[first])

    def take(self, rows: Arrivals, patience: Patience) -> None:
        """Let rows join those that wait; what is late is counted and goes no further."""
        starts = _starts(rows.records)
        youngest = np.maximum.reduceat(rows.times, starts)
        before = np.maximum(self.newest, np.maximum.accumulate(np.append(-np.inf, youngest[:-1])))
        sizes = np.diff(np.append(starts, len(rows)))
        floor = np.maximum(np.repeat(before, sizes) - patience.late_s, self.released)
        late = rows.times < floor
        self._count(rows, late)
        delays = np.maximum(rows.arrived[starts] - youngest, 0.0)
        self.newest = max(self.newest, float(youngest.max()))
        arrived = rows.arrived[starts]
        silence = np.diff(arrived, prepend=self.arrival if math.isfinite(self.arrival) else arrived[0])
        if (silence > patience.gap_s).any():
            self.started = float(arrived[silence > patience.gap_s][-1])
        self.arrival = float(rows.arrived[-1])
        fresh = delays[np.logical_or.reduceat(~late, starts)]
        if fresh.size:
            self.delay = float(fresh[-1])
            self.usual_delay = min(self.usual_delay, float(fresh.min()))
        kept = rows.take(~late) if late.any() else rows
        self.waiting = kept if self.waiting is None else joined(self.waiting, kept)

    def release(self, patience: Patience, settled_until: float = -math.inf) -> Arrivals | None:
        """Give the rows that nothing older is expected for, in the order of their event times.

        Args:
            patience: How long is waited.
            settled_until: Rows that were answered by then have waited long enough by the clock.
        """
        rows = self.waiting
        if rows is None or not len(rows):
            return None
        order = np.argsort(rows.times, kind="stable")
        rows = rows.take(order)
        ready = (rows.times <= self.newest - patience.late_s) | (rows.arrived <= settled_until)
        count = int(np.flatnonzero(ready)[-1]) + 1 if ready.any() else 0
        count = max(count, len(rows) - MOST_WAITING)
        self.waiting = rows.take(np.arange(count, len(rows)))
        if not count:
            return None
        out = rows.take(np.arange(count))
        self.released = float(out.times[-1])
        self.counts.fed += count
        return out

    def _count(self, rows: Arrivals, late: NDArray[np.bool_]) -> None:
        counts = self.counts
        counts.late += int(late.sum())
        if late.any():
            counts.latest_late = float(rows.arrived[late][-1])
        tail = len(rows) - 1 - int(np.flatnonzero(~late)[-1]) if (~late).any() else -1
        counts.late_in_a_row = counts.late_in_a_row + len(rows) if tail < 0 else tail


def joined(first: Arrivals, second: Arrivals) -> Arrivals:
    """Put rows of one asset behind others of it."""
    return Arrivals(
        times=np.concatenate([first.times, second.times]),
        arrived=np.concatenate([first.arrived, second.arrived]),
        records=np.zeros(len(first) + len(second), np.int64),
        assets=np.zeros(len(first) + len(second), np.int64),
        names=first.names,
        numbers=np.concatenate([first.numbers, second.numbers]),
        categories=np.concatenate([first.categories, second.categories]),
        scores=np.concatenate([first.scores, second.scores]),
    )


def _starts(records: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.flatnonzero(np.diff(records, prepend=records[0] - 1))
