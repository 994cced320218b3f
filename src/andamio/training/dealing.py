"""Deal rows into folds like cards: groups stay whole, and every stratum is spread evenly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]


def deal(groups: Index, strata: Index, folds: int, seed: int) -> Index:
    """Give every row a fold so that rows of a group share it and every stratum is spread evenly.

    Groups of several rows are dealt first, the largest first, each to the fold where it leaves the strata
    most even; single rows then fill the folds up.

    Args:
        groups: Shape ``(rows,)``; equal numbers stay together.
        strata: Shape ``(rows,)``; class index, or bin of a measured target.
        folds: How many.
        seed: Of the shuffle.

    Returns:
        Fold of every row, shape ``(rows,)``.
    """
    rng = np.random.default_rng(seed)
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    _, stratum = np.unique(strata, return_inverse=True)
    width = int(stratum.max()) + 1
    totals = np.bincount(stratum, minlength=width).astype(np.float64)
    held = np.zeros((folds, width))
    fold = np.full(len(groups), -1, dtype=np.int64)
    many = np.flatnonzero(sizes > 1)
    if many.size:
        content = np.zeros((len(sizes), width))
        np.add.at(content, (group, stratum), 1.0)
        home = np.full(len(sizes), -1, dtype=np.int64)
        order = many[np.lexsort((rng.random(many.size), -sizes[many]))]
        for g in order:
            crowding = (((held + content[g]) / totals) ** 2 - (held / totals) ** 2).sum(axis=1)
            best = int(np.argmin(crowding + 1e-9 * held.sum(axis=1)))
            home[g] = best
            held[best] += content[g]
        fold = home[group]
    for s in range(width):
        alone = np.flatnonzero((fold < 0) & (stratum == s))
        fold[rng.permutation(alone)] = _fill(held[:, s], alone.size, shift=s % folds)
    return fold


def _fill(held: NDArray[np.float64], count: int, shift: int) -> Index:
    """List ``count`` folds that level what the folds hold, the emptiest first."""
    folds = len(held)
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    start = np.roll(np.arange(folds), -shift)
    levels = held[start][:, None] + np.arange(count)[None, :]
    places = np.argsort(levels, axis=None, kind="stable")
    by_level = places[np.lexsort((places // count, levels.reshape(-1)[places]))][:count]
    return start[by_level // count].astype(np.int64)
