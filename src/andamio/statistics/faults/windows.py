"""Sliding windows made of shifts and sums only, so that a row's answer never depends on how a stream is cut.

Reductions of numpy add in an order that depends on the shape, matrix products too; sums by doubling of
shifted arrays give every row the same bits in whatever company it comes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]

SHORT, LONG = 4, 32  # rows on either side of a step
HELD = 16  # rows of one value after which it is asked what the peers did
AROUND = 4  # a step is where the contrast is larger than in so many rows on either side
BEFORE = LONG + AROUND + 4  # rows that a decision about one row needs before it
AFTER = LONG + AROUND + 4  # and from it on
TAIL = BEFORE + AFTER + 8  # rows that are kept
LATE = AFTER + AROUND  # a spike is judged so many rows later, when it is known that it is no step


def lagged(table: NDArray[Any], rows: int) -> NDArray[Any]:
    """Shift a table down; the first rows repeat the first one."""
    out = np.empty_like(table)
    out[rows:] = table[: max(len(table) - rows, 0)]
    out[:rows] = table[:1]
    return out


def window_sum(table: NDArray[Any], size: int) -> NDArray[Any]:
    """Sum the last ``size`` rows at every row; ``size`` is a power of two.

    >>> window_sum(np.array([[1.0], [2.0], [3.0]]), 2)[1:].ravel().tolist()
    [3.0, 5.0]
    """
    total, width = table, 1
    while width < size:
        total = total + lagged(total, width)
        width *= 2
    return total


def span(table: Table, size: int) -> Table:
    """Return largest less smallest of the last ``size`` rows, at every row; ``size`` is a power of two."""
    most, least, width = table, table, 1
    while width < size:
        most = np.maximum(most, lagged(most, width))
        least = np.minimum(least, lagged(least, width))
        width *= 2
    found: Table = most - least
    return found


def median_of_five(table: Table) -> Table:
    """Return the running median of five rows, at the middle row; the two rows at each end are their own.

    Source: the network of seven exchanges, Knuth, The Art of Computer Programming 3, section 5.3.4.
    """
    if len(table) < 5:
        return table.copy()
    a, b, c, d, e = (table[i : len(table) - 4 + i] for i in range(5))
    a, b = np.minimum(a, b), np.maximum(a, b)
    d, e = np.minimum(d, e), np.maximum(d, e)
    low, high = np.maximum(a, d), np.minimum(b, e)
    out = table.copy()
    out[2:-2] = np.maximum(np.minimum(low, high), np.minimum(c, np.maximum(low, high)))
    return out


def contrasts(smooth: Table) -> tuple[Table, Table]:
    """Compare the rows from each row on with those before it.

    Args:
        smooth: Shape ``(rows, tags)``.

    Returns:
        The lasting step and the contrast of eight rows, for rows ``LONG`` to ``rows - LONG``. A lasting step
        is the smallest of the contrasts over 4, 8, 16 and 32 rows where they have one sign, else zero: what
        slopes is small in the shortest, what returns is small in the longest.
    """
    rows = len(smooth)
    count = max(rows - 2 * LONG + 1, 0)
    sums, middle = smooth, np.zeros((count, smooth.shape[1]))
    low, high = np.full_like(middle, np.inf), np.full_like(middle, -np.inf)
    width = 1
    while width < LONG:
        sums, width = sums + lagged(sums, width), 2 * width
        if width < SHORT:
            continue
        after = sums[LONG + width - 1 : LONG + width - 1 + count]
        contrast = (after - sums[LONG - 1 : LONG - 1 + count]) / width
        low, high = np.minimum(low, contrast), np.maximum(high, contrast)
        if width == 8:
            middle = contrast
    return np.maximum(low, 0.0) + np.minimum(high, 0.0), middle


def livelier(values: Table, quiet: NDArray[np.float64]) -> Table:
    """Compare how much neighbouring rows differ from each row on with how much they did before it.

    Args:
        values: Shape ``(rows, tags)``.
        quiet: Differences below say nothing, per tag.

    Returns:
        The logarithm of the ratio of the two sums of 32 differences, for rows ``LONG`` to ``rows - LONG``.
    """
    differences = np.abs(values - lagged(values, 1))
    total = window_sum(differences, LONG) + LONG * np.maximum(quiet, 1e-300)
    count = max(len(values) - 2 * LONG, 0)
    ratio: Table = np.log(total[2 * LONG : 2 * LONG + count] / total[LONG - 1 : LONG - 1 + count])
    return ratio


def spike_heights(values: Table, smooth: Table) -> Table:
    """Measure how far each row stands out from the medians of the five rows before and after it.

    Returns:
        Shape ``(rows, tags)``, zero where the two sides disagree and in the five rows at each end.
    """
    out = np.zeros_like(values)
    if len(values) > 10:
        middle = values[5:-5]
        left, right = middle - smooth[2:-8], middle - smooth[8:-2]
        out[5:-5] = np.maximum(np.minimum(left, right), 0.0) + np.minimum(np.maximum(left, right), 0.0)
    return out


def liveliness(values: Table) -> Table:
    """Measure how much neighbouring rows differ, without the largest quarter of the differences.

    Args:
        values: Rows along the first axis.
    """
    differences = np.sort(np.abs(np.diff(values, axis=0)), axis=0)
    kept: Table = differences[: max(1, 3 * len(differences) // 4)]
    out: Table = kept.mean(axis=0)
    return out


def on_grid(values: Table, grid: float) -> float:
    """Return the share of values that are whole multiples of a grid, none of them zero; 1 when there are none."""
    places = values / grid
    whole = np.round(places)
    return float(((np.abs(places - whole) < 0.01) & (whole != 0)).mean()) if values.size else 1.0
