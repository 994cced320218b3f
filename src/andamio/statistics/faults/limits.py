"""Limits from history itself: how far a quiet sensor ever went, and how much further it may still go."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCKS = 24
_FEWEST = 100
_EPISODES = 3  # blocks of a history that may hold faults of their own
_STANDS_OUT = 2.0  # by which they stand above all the others
_LONG = 2000  # values; a shorter history is believed as it is


def beyond(sizes: NDArray[np.float64], *, margin: float = 0.15, tail: float = 0.3) -> float:
    """Set a limit beyond the largest of a history.

    A history may hold a fault itself: where up to three blocks stand out from all the others by twice, they
    are left out. The history is cut into blocks in time order. The spread between the largest block and the usual one says
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
    largest = np.sort([block.max() for block in np.array_split(known, BLOCKS)])
    for odd in range(_EPISODES, 0, -1) if known.size >= _LONG else ():
        if largest[-odd] > _STANDS_OUT * largest[-odd - 1] > 0:
            largest = largest[:-odd]
            break
    most, usual = float(largest.max()), float(np.median(largest))
    short = 1.0 + 8.0 / np.sqrt(max((known > 0).sum(), 1))
    return most + float(short) * max(margin * most, tail * (most - usual))
