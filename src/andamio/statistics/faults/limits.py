"""Limits from history itself: how far a quiet sensor ever went, and how much further it may still go."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCKS = 12
_FEWEST = 100


def beyond(sizes: NDArray[np.float64], *, margin: float = 0.15, tail: float = 0.3) -> float:
    """Set a limit beyond the largest of a history.

    The history is cut into blocks in time order. The spread between the largest block and the usual one says
    how heavy the tail is, and the limit lies so much further out; a short history widens it.

    Args:
        sizes: What was measured, in time order, not negative; NaN is left out.
        margin: The least room above the largest, as a share of it.
        tail: How much of the distance from the usual block's largest to the largest of all is added.

    Returns:
        The limit; infinite when there is too little history to set one.
    """
    known = sizes[np.isfinite(sizes)]
    if known.size < _FEWEST:
        return float("inf")
    largest = np.array([block.max() for block in np.array_split(known, BLOCKS)])
    most, usual = float(largest.max()), float(np.median(largest))
    short = 1.0 + 8.0 / np.sqrt(known.size)
    return most + float(short) * max(margin * most, tail * (most - usual))
