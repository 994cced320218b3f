"""Watch one asset's stream: live and in a replay the same object, fed the same rows in any cuts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.drift.charts import CHARTS, ChartState
from andamio.statistics.drift.context import Table
from andamio.statistics.drift.reference import Arrays, DriftReference
from andamio.statistics.drift.sums import CUSUMS, GIVEN_OTHERS, SumState

# Share of its limit below which a chart has returned: sums lie near 0 on a usual day, the others near 0.75.
_SUMS = ("sums", "open", "counted")
_AVERAGES = ("past", "slow", "fast", "single")
_RETURN = np.array([0.7] * len(CUSUMS) + [0.93] * (len(CHARTS) - len(CUSUMS)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What the charts say of the rows just fed.

    Attributes:
        alarm: Whether any chart stands beyond its limit, shape ``(rows,)``.
        statistics: Each chart as a share of its limit, shape ``(rows, charts)``.
        since: Row number, counted from the first row ever fed, of the rise that stands at the last row; None
            when nothing stands.
    """

    alarm: NDArray[np.bool_]
    statistics: Table
    since: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A chart beyond its limit.

    Attributes:
        chart: Its name, one of ``CHARTS``.
        ratio: How far beyond, as a share of the limit.
        column: The column that weighs most.
        offset: How far its recent average lies from the usual, in spreads.
        given: How far it lies from what the other columns let expect, in spreads.
    """

    chart: str
    ratio: float
    column: int
    offset: float
    given: float


class DriftWatch:
    """Watches one asset's rows by the charts of a reference."""

    def __init__(self, reference: DriftReference, *, asset: str = "") -> None:
        """Begin before the first row."""
        self.reference = reference
        self.asset = asset
        self._state = reference.charts.fresh()
        self._seen = 0
        self._since = np.full(len(CHARTS), -1, np.int64)
        self._last = np.zeros(len(CHARTS))

    def update(
        self, table: NDArray[np.floating], *, times: Table | None = None, context: Table | None = None
    ) -> Watched:
        """Take the next rows.

        Args:
            table: Shape ``(rows, columns)``, NaN for missing.
            times: Seconds since 1970, shape ``(rows,)``.
            context: Shape ``(rows, context)``.
        """
        reference = self.reference
        z = reference.standardise(
            np.asarray(table, np.float64), times=times, context=context, asset=self.asset
        )
        unseen = reference.context.unseen(context, len(z))
        if unseen.any():
            judged = reference.charts.run(z[~unseen], self._state) / reference.limits
            shares = np.concatenate([self._last[None], judged])[np.cumsum(~unseen)]
        else:
            shares = reference.charts.run(z, self._state)
            shares /= reference.limits
        alarm = self._stood(shares)
        self._seen += len(z)
        if len(shares):
            self._last = shares[-1].copy()
        standing = self._since[self._since >= 0]
        return Watched(alarm=alarm, statistics=shares, since=int(standing.min()) if standing.size else None)

    def _stood(self, shares: Table) -> NDArray[np.bool_]:
        """Apply the deadband, chart by chart: what rose above its limit stands until it is well below."""
        alarm = np.zeros(len(shares), np.bool_)
        for chart in np.flatnonzero((shares > 1).any(axis=0) | (self._since >= 0)):
            share = shares[:, chart]
            rises, falls = np.flatnonzero(share > 1), np.flatnonzero(share < _RETURN[chart])
            at = 0
            while at < len(share):
                if self._since[chart] < 0:
                    place = int(np.searchsorted(rises, at))
                    if place == len(rises):
                        break
                    at = int(rises[place])
                    self._since[chart] = self._seen + at
                place = int(np.searchsorted(falls, at))
                end = int(falls[place]) if place < len(falls) else len(share)
                alarm[at:end] = True
                at = end
                if end < len(share):
                    self._since[chart] = -1
        return alarm

    def standing(self) -> tuple[Standing, ...]:
        """Return the charts that stand beyond their limits, the furthest first."""
        if (self._since < 0).all():
            return ()
        others = self.reference.charts.others
        offsets = self.offsets()
        apart = others @ offsets
        given = apart / np.diag(others)
        found = []
        for i in np.argsort(-self._last, kind="stable"):
            if self._since[i] < 0:
                continue
            column = self._column(int(i), apart)
            offset, beyond = float(offsets[column]), float(given[column])
            found.append(Standing(CHARTS[i], float(self._last[i]), column, offset, beyond))
        return tuple(found)

    def offsets(self) -> Table:
        """Return each column's recent average distance from its usual level, in spreads."""
        return np.asarray(self._state.slow[:, 0])

    def _column(self, chart: int, apart: Table) -> int:
        """Name the column: of a sum that is its own, else the one whose shift alone explains most."""
        if chart < len(CUSUMS) and CUSUMS[chart][0] != GIVEN_OTHERS:
            return self._state.sums.furthest(chart)
        return int(np.argmax(np.abs(apart)))

    def state(self) -> Arrays:
        """Return all that must survive a restart."""
        held: Arrays = {name: getattr(self._state.sums, name) for name in _SUMS}
        held |= {name: getattr(self._state, name) for name in _AVERAGES}
        return held | {"seen": np.array(self._seen), "since": self._since.copy(), "last": self._last.copy()}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Continue from a state that ``state`` returned."""
        sums = SumState(**{name: np.array(state[name]) for name in _SUMS})
        self._state = ChartState(sums=sums, **{name: np.array(state[name]) for name in _AVERAGES})
        self._seen, self._since = int(state["seen"]), np.array(state["since"], np.int64)
        self._last = np.array(state["last"], np.float64)
