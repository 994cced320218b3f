"""How large a stability index is by itself: its limit from blocks of history, for a window of this size.

Without drift the index of a short, autocorrelated window is far above the 0.1 and 0.2 of the textbooks;
what it may be is measured on history itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]

GROUPS = 10
_SHUFFLES = 299
_QUANTILE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Counts of each column in ten groups, block by block of history.

    Attributes:
        edges: Between the groups, shape ``(9, columns)``.
        counts: Shape ``(blocks, columns, 10)``.
    """

    edges: Table
    counts: NDArray[np.int32]

    @classmethod
    def learn(cls, table: Table, blocks: int) -> Groups:
        """Count history, shape ``(rows, columns)``, NaN for missing, in as many blocks."""
        known = np.where(np.isfinite(table), table, np.nan)
        empty = ~np.isfinite(known).any(axis=0)
        inner = np.linspace(0, 1, GROUPS + 1)[1:-1]
        edges = np.nanquantile(np.where(empty, 0.0, known), inner, axis=0)
        return cls(edges=edges, counts=_counted(table, edges, blocks))

    def limits(self, table: Table, blocks: int, *, seed: int = 0) -> Table:
        """Return what the index of each column exceeds once in twenty windows without drift.

        Args:
            table: The window, shape ``(rows, columns)``.
            blocks: In how many blocks of history's size it falls.
            seed: Of the permutations.

        Returns:
            Shape ``(columns,)``.
        """
        both = np.concatenate([_counted(table, self.edges, blocks), self.counts])
        total, columns = len(both), both.shape[1]
        random = np.random.default_rng(seed)
        chosen = np.zeros((_SHUFFLES, total))
        for row in chosen:
            row[random.permutation(total)[:blocks]] = 1.0
        flat = both.reshape(total, -1).astype(np.float64)
        window = (chosen @ flat).reshape(_SHUFFLES, columns, GROUPS)
        rest = flat.sum(axis=0).reshape(columns, GROUPS) - window
        p, q = (part + 0.5 for part in (rest, window))
        p, q = (part / part.sum(axis=2, keepdims=True) for part in (p, q))
        index = ((q - p) * np.log(q / p)).sum(axis=2)
        return np.asarray(np.quantile(index, _QUANTILE, axis=0))


def _counted(table: Table, edges: Table, blocks: int) -> NDArray[np.int32]:
    rows, columns = table.shape
    block = np.minimum(np.arange(rows) * blocks // max(rows, 1), blocks - 1)
    counts = np.empty((blocks, columns, GROUPS), np.int32)
    for j in range(columns):
        known = np.isfinite(table[:, j])
        group = np.searchsorted(edges[:, j], table[known, j], side="right")
        flat = np.bincount(block[known] * GROUPS + group, minlength=blocks * GROUPS)
        counts[:, j] = flat.reshape(blocks, GROUPS)
    return counts
