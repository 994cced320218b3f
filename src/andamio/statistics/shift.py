"""How far a tag has moved, in its own spread, and how far it moves by itself.

A plant's tags are autocorrelated and seasonal, so a window of an hour or a week never looks like a random
sample of the year. The limit is therefore taken from history itself: contiguous blocks of the same size
are compared with the whole through the same function that later compares the live window.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

QUANTILES = np.linspace(0.005, 0.995, 100)
BLOCK_SIZES = (50, 100, 200, 500, 1000, 2000)
_BLOCKS = 200


def quantile_profile(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Summarise values by 100 evenly spaced quantiles, NaN left out.

    Args:
        values: Shape ``(rows,)``.

    Returns:
        Shape ``(100,)``, ascending; all NaN when nothing is left.
    """
    present = np.asarray(values, dtype=np.float64)
    present = present[np.isfinite(present)]
    if present.size == 0:
        return np.full(QUANTILES.size, np.nan)
    return np.asarray(np.quantile(present, QUANTILES))


def scaled_shift(reference: NDArray[np.float64], current: NDArray[np.float64]) -> float:
    """Measure the distance between two quantile profiles, in spreads of the reference.

    It is the Wasserstein-1 distance (the mean absolute difference of quantiles) divided by the
    reference's spread (the larger of its interquartile range over 1.349 and a hundredth of its 99 %
    range), so that 1 means "moved by one standard deviation" for a normal tag.

    Returns:
        Dimensionless, never negative; NaN when a profile is empty; infinite when a constant tag moved.

    Source: Ramdas, Garcia Trillos & Cuturi, On Wasserstein two-sample testing, Entropy 19 (2017).
    """
    spread = _spread(reference)
    distance = float(np.mean(np.abs(current - reference)))
    if spread == 0:
        return 0.0 if distance == 0 else float("inf")
    return distance / spread


def median_move(reference: NDArray[np.float64], current: NDArray[np.float64]) -> float:
    """Return how far the median moved, in the tag's unit."""
    middle = QUANTILES.size // 2
    return float(np.mean(current[middle - 1 : middle + 1]) - np.mean(reference[middle - 1 : middle + 1]))


def tag_limits(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Learn how far a number tag lies from its whole history in contiguous blocks of it.

    Args:
        values: Shape ``(rows,)``, in time order.

    Returns:
        As ``block_limits``, in spreads of the reference.
    """
    whole, spread = quantile_profile(values), _spread(quantile_profile(values))

    def distances(blocks: NDArray[np.int64]) -> NDArray[np.float64]:
        windows = np.asarray(values, np.float64)[blocks]
        if np.isnan(windows).any():
            return np.array([scaled_shift(whole, quantile_profile(window)) for window in windows])
        profiles = np.quantile(windows, QUANTILES, axis=1).T
        moved = np.mean(np.abs(profiles - whole), axis=1)
        return np.asarray(moved / spread if spread else np.where(moved > 0, np.inf, 0.0))

    return block_limits(values.size, distances)


def shares(codes: NDArray[np.int64], kinds: int) -> NDArray[np.float64]:
    """Return the share of each category; a code outside ``0 .. kinds - 1`` counts as the last one."""
    counts = np.bincount(np.where((codes >= 0) & (codes < kinds), codes, kinds - 1), minlength=kinds)
    return np.asarray(counts / max(codes.size, 1), dtype=np.float64)


def share_move(reference: NDArray[np.float64], current: NDArray[np.float64]) -> float:
    """Measure how much of a category's mix has changed: the total variation distance, 0 to 1."""
    return float(np.abs(reference - current).sum() / 2)


def category_limits(codes: NDArray[np.int64], kinds: int) -> NDArray[np.float64]:
    """Learn how far a category's mix lies from its whole history in contiguous blocks of it.

    Args:
        codes: Shape ``(rows,)``, in time order.
        kinds: How many categories there are.

    Returns:
        As ``block_limits``, a share of one.
    """
    whole = shares(codes, kinds)
    return block_limits(
        codes.size, lambda blocks: np.array([share_move(whole, shares(codes[b], kinds)) for b in blocks])
    )


def block_limits(
    rows: int, measure: Callable[[NDArray[np.int64]], NDArray[np.float64]], *, seed: int = 0
) -> NDArray[np.float64]:
    """Learn how far contiguous blocks of history lie from the whole of it.

    For each size of BLOCK_SIZES up to half the history, overlapping blocks at random places are measured.
    Few blocks are independent, so the limit is the larger of the largest measured distance and their
    mean plus four standard deviations.

    Args:
        rows: How many rows history has, in time order.
        measure: Distances from the whole of blocks of rows, given as row numbers, shape ``(blocks, size)``.
        seed: Places the blocks.

    Returns:
        Shape ``(len(BLOCK_SIZES),)``; NaN for sizes that the history is too short for.
    """
    limits = np.full(len(BLOCK_SIZES), np.nan)
    random = np.random.default_rng(seed)
    for position, size in enumerate(BLOCK_SIZES):
        if 2 * size > rows:
            break
        starts = np.unique(random.integers(0, rows - size + 1, _BLOCKS))
        shifts = measure(starts[:, None] + np.arange(size))
        shifts = shifts[np.isfinite(shifts)]
        if shifts.size:
            limits[position] = max(float(shifts.max()), float(shifts.mean() + 4 * shifts.std()))
    return limits


def limit_for(limits: NDArray[np.float64], rows: int) -> float:
    """Return the limit for a window of ``rows``: that of the largest block size not above it.

    Returns:
        NaN when the window is smaller than the smallest block, or history was too short.
    """
    fitting = [limit for size, limit in zip(BLOCK_SIZES, limits, strict=True) if size <= rows]
    known = [limit for limit in fitting if np.isfinite(limit)]
    return float(known[-1]) if known else float("nan")


def _spread(reference: NDArray[np.float64]) -> float:
    quarter = QUANTILES.size // 4
    interquartile = float(reference[-quarter - 1] - reference[quarter]) / 1.349
    return max(interquartile, float(reference[-1] - reference[0]) / 100)
