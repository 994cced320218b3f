"""Keep what is measured out of what is learnt, where rows see stretches of time and not only a moment.

Source: M. Lopez de Prado, Advances in Financial Machine Learning (2018), chapter 7, purged
cross-validation.
"""

from __future__ import annotations

import numpy as np

from andamio.training.table import Index, Problem
from andamio.training.windows import by_asset


def purged(problem: Problem, train: Index, test: Index, *, ahead: bool = False) -> Index:
    """Leave out training rows whose window or horizon overlaps those of a test row of the same asset.

    Args:
        problem: All rows; without spans nothing is left out.
        train: Row numbers to learn from.
        test: Row numbers to measure on.
        ahead: The test rows follow in time: labels that were not known yet when the first of them came are
            left out as well, of whatever asset.
    """
    spans = problem.spans
    moments = problem.moments
    if spans is None or moments is None or not len(train) or not len(test):
        return train
    keep = np.ones(len(train), np.bool_)
    codes = np.zeros(len(problem), np.int64)
    if problem.assets is not None:
        codes = np.unique(problem.assets.astype(str), return_inverse=True)[1].astype(np.int64)
    tested = dict(by_asset(codes[test]))
    for code, mine in by_asset(codes[train]):
        if code not in tested:
            continue
        starts, stops = _union(spans[test[tested[code]]])
        # A stretch overlaps the union unless it lies between two of its parts.
        before = np.searchsorted(stops, spans[train[mine], 0], side="left")
        after = np.searchsorted(starts, spans[train[mine], 1], side="right")
        keep[mine] = before >= after
    if ahead:
        keep &= spans[train, 1] < moments[test].min()
    return train[keep]


def _union(spans: Index) -> tuple[Index, Index]:
    """Join stretches that touch; sorted starts and stops."""
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    highest = np.maximum.accumulate(spans[:, 1])
    new = np.ones(len(spans), np.bool_)
    new[1:] = spans[1:, 0] > highest[:-1]
    starts = np.flatnonzero(new)
    stops = np.append(starts[1:], len(spans)) - 1
    return spans[starts, 0], highest[stops]
