"""Sums of judged rows by version, day, machine and slice: all that performance is told from.

A cell is small and cells add up, so the number of rows does not matter. Where there would be too many, days
become weeks of seven, then months of 28 days; the cells are then the clusters of the intervals too.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.losses import DAY_S

# Of classes: rows, wrong, events, missed, false alarms. Of numbers: rows, |error|, error, with ends, outside.
ROWS, WRONG, EVENTS, MISSED, FALSE = range(5)
SIZE, ERROR, ENDED, OUTSIDE = 1, 2, 3, 4
SUMS = 5
_MOST_CELLS = 200_000
_COARSER = {1: 7, 7: 28}

Key = tuple[int, int, str, str, str]
Sums = NDArray[np.float64]


@dataclass(slots=True)
class Cube:
    """Cells by version, period, asset, slice column and slice value; the whole has the column "".

    Attributes:
        cells: Sums by key.
        days: How many days a period has: 1, 7 or 28.
    """

    cells: dict[Key, Sums] = field(default_factory=dict)
    days: int = 1

    def add(
        self,
        version: int,
        times: NDArray[np.float64],
        assets: Sequence[str],
        slices: dict[str, Sequence[str]],
        sums: Sums,
    ) -> None:
        """Add rows of one version.

        Args:
            version: Which.
            times: When they happened, seconds since 1970, shape ``(rows,)``.
            assets: Their machines, "" for none.
            slices: Per slice column, the value of each row.
            sums: What each row adds, shape ``(rows, 5)``.
        """
        periods = (times // (DAY_S * self.days)).astype(np.int64).tolist()
        for column, values in {"": [""] * len(periods), **slices}.items():
            for period, asset, value, one in zip(periods, assets, values, sums, strict=True):
                key = (version, period, asset, column, value)
                known = self.cells.get(key)
                if known is None:
                    self.cells[key] = one.copy()
                else:
                    known += one
        while len(self.cells) > _MOST_CELLS and self.days in _COARSER:
            self._coarsen()

    def gather(self, label: Callable[[Key], Hashable | None]) -> dict[Hashable, Sums]:
        """Put cells together by a label of their key; None leaves one out. Shapes ``(cells, 5)``."""
        found: dict[Hashable, list[Sums]] = {}
        for key, sums in self.cells.items():
            name = label(key)
            if name is not None:
                found.setdefault(name, []).append(sums)
        return {name: np.array(cells) for name, cells in found.items()}

    def _coarsen(self) -> None:
        wider = _COARSER[self.days]
        cells, times = self.cells, wider // self.days
        self.cells, self.days = {}, wider
        for (version, period, asset, column, value), sums in cells.items():
            key = (version, period // times, asset, column, value)
            known = self.cells.get(key)
            self.cells[key] = sums if known is None else known + sums
