"""Stuck: one value repeated for longer than this tag, at this value, ever repeated it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.faults.history import Stretch

FEWEST = 10
_RESTS = 0.3  # share of its rows that a tag rests; then it may rest as long at a value not seen yet
STICKY = 8  # values that are known to last: zero, a set-point, the end of a range
_NEVER = 2**31 - 1


def learn_runs(found: list[Stretch], tag: int, unseen_zero: bool) -> tuple[int, NDArray[np.float64]]:
    """Learn how long a tag repeats one value.

    Args:
        found: The history.
        tag: The tag.
        unseen_zero: Zero never came; then a few of them are enough.

    Returns:
        The limit of values that seldom last, and per value that does last, the value and its limit,
        shape ``(8, 2)``, NaN where there are fewer.
    """
    values, lengths = _runs([stretch.raw[:, tag] for stretch in found])
    sticky = np.full((STICKY, 2), np.nan)
    rows = int(lengths.sum())
    if rows < 100 or np.unique(values).size < 3:
        return _NEVER, sticky
    known, place = np.unique(values, return_inverse=True)
    longest = np.zeros(known.size, np.int64)
    np.maximum.at(longest, place, lengths)
    often = np.bincount(place, weights=(lengths >= 4).astype(np.float64))
    order = np.argsort(-longest, kind="stable")
    usual = max(4, int(np.quantile(longest, 0.9)))
    lasting = [i for i in order[:STICKY] if longest[i] > usual or often[i] >= 3]
    for k, i in enumerate(lasting):
        sticky[k] = known[i], _limit(int(longest[i]), rows)
    others = np.setdiff1d(np.arange(known.size), lasting)
    base = _limit(int(longest[others].max()) if others.size else usual, rows)
    if lengths[lengths >= 4].sum() > _RESTS * rows:
        base = max(base, _limit(int(longest.max()), rows))
    room = 0.1 * float(known[-1] - known[0])
    if unseen_zero and (base <= 3 * FEWEST or not known[0] - room <= 0 <= known[-1] + room):
        sticky[min(len(lasting), STICKY - 1)] = 0.0, 4
    return base, sticky


def _limit(longest: int, rows: int) -> int:
    if longest > rows // 6:
        return _NEVER
    return max(FEWEST, 2 * longest + 6)


def _runs(columns: list[NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    values, lengths = [], []
    for column in columns:
        known = column[~np.isnan(column)]
        if known.size:
            edges = np.concatenate(([0], np.flatnonzero(known[1:] != known[:-1]) + 1, [known.size]))
            values.append(known[edges[:-1]])
            lengths.append(np.diff(edges))
    if not values:
        return np.zeros(0), np.zeros(0, np.int64)
    return np.concatenate(values), np.concatenate(lengths)
