"""Watch one asset's stream: live and in a replay the same object, fed the same rows in any cuts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.drift.charts import CHARTS, CUSUMS, ChartState
from andamio.statistics.drift.context import Table
from andamio.statistics.drift.reference import Arrays, DriftReference

_RETURN = 0.7  # of the limit: below that a chart has returned


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
        up: Whether that column lies above its usual level.
        offset: How far its recent average lies from the usual, in spreads.
    """

    chart: str
    ratio: float
    column: int
    up: bool
    offset: float


class DriftWatch:
    """Watches one asset's rows by the charts of a reference."""

    def __init__(self, reference: DriftReference, *, asset: str = "") -> None:
        """Begin before the first row."""
        self.reference = reference
        self.asset = asset
        self._state = reference.charts.fresh()
        self._seen = 0
        self._since = -1
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
        shares = reference.charts.run(z, self._state) / reference.limits
        alarm, stands = self._stood(shares)
        self._seen += len(z)
        if len(shares):
            self._last = shares[-1].copy()
        return Watched(alarm=alarm, statistics=shares, since=self._since if stands else None)

    def _stood(self, shares: Table) -> tuple[NDArray[np.bool_], bool]:
        """Apply the deadband: what rose above its limit stands until it is well below."""
        top = shares.max(axis=1) if len(shares) else np.zeros(0)
        rises = np.flatnonzero(top > 1)
        falls = np.flatnonzero(top < _RETURN)
        alarm = np.zeros(len(top), np.bool_)
        at, stands = 0, self._since >= 0
        while at < len(top):
            if not stands:
                place = np.searchsorted(rises, at)
                if place == len(rises):
                    break
                at = int(rises[place])
                self._since, stands = self._seen + at, True
            place = np.searchsorted(falls, at)
            end = int(falls[place]) if place < len(falls) else len(top)
            alarm[at:end] = True
            at = end
            if end < len(top):
                self._since, stands = -1, False
        return alarm, stands

    def standing(self) -> tuple[Standing, ...]:
        """Return the charts that stand beyond their limits, the furthest first."""
        if self._since < 0:
            return ()
        offsets = self.offsets()
        found = []
        for i in np.argsort(-self._last, kind="stable"):
            if self._last[i] < _RETURN:
                break
            column = self._column(int(i), offsets)
            found.append(
                Standing(
                    CHARTS[i],
                    float(self._last[i]),
                    column,
                    bool(offsets[column] >= 0),
                    float(offsets[column]),
                )
            )
        return tuple(found)

    def offsets(self) -> Table:
        """Return each column's recent average distance from its usual level, in spreads."""
        return np.asarray(self._state.slow[:, 0])

    def _column(self, chart: int, offsets: Table) -> int:
        if chart < len(CUSUMS):
            source = CUSUMS[chart][0]
            weighed = self._state.sums[chart].max(axis=0) * np.sign(self.reference.charts.scale[source])
            return int(np.argmax(weighed))
        if CHARTS[chart] == "spe":
            return int(np.argmax(np.abs(self.reference.charts.rest @ self._state.fast[:, 0])))
        return int(np.argmax(np.abs(offsets)))

    def state(self) -> Arrays:
        """Return all that must survive a restart."""
        held = {f.name: getattr(self._state, f.name) for f in fields(ChartState) if f.name != "peaks"}
        return held | {"watched": np.array([self._seen, self._since]), "last": self._last.copy()}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Continue from a state that ``state`` returned."""
        names = [f.name for f in fields(ChartState) if f.name != "peaks"]
        self._state = ChartState(**{name: np.array(state[name]) for name in names})
        self._seen, self._since = (int(n) for n in state["watched"])
        self._last = np.array(state["last"], np.float64)
