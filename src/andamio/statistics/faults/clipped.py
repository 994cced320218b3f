"""Clipped: the same largest (or smallest) value again and again, and never beyond it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.faults.windows import LONG, lagged, window_sum

_FEWEST = 10


def repeats_at_ends(filled: NDArray[np.float64]) -> NDArray[np.int64]:
    """Count, in 32 rows, how often a row repeats the largest or the smallest of the 32 before it.

    Returns:
        The larger of the two counts, shape ``(rows, tags)``; the first 64 rows have no answer.
    """
    most, least, width = filled, filled, 1
    while width < LONG:
        most = np.maximum(most, lagged(most, width))
        least = np.minimum(least, lagged(least, width))
        width *= 2
    moving = most > least
    top = (filled == lagged(most, 1)) & moving
    bottom = (filled == lagged(least, 1)) & moving
    out: NDArray[np.int64] = np.maximum(
        window_sum(top.astype(np.int64), LONG), window_sum(bottom.astype(np.int64), LONG)
    )
    return out


def learn_ends(columns: list[NDArray[np.float64]]) -> int:
    """Learn how many such repetitions are too many; more than 32 where history is full of them.

    Args:
        columns: The tag's values, filled, one array a stretch, shape ``(rows, 1)``.
    """
    counts = [repeats_at_ends(column)[2 * LONG :].max() for column in columns if len(column) > 2 * LONG]
    return max(_FEWEST, int(1.5 * max(counts)) + 5) if counts else LONG + 1
