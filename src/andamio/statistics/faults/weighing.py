"""A change of unit, or an offset? Each way to undo a step is weighed by how well it brings the rows back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.faults.reference import FaultReference
from andamio.statistics.faults.units import Conversion
from andamio.statistics.faults.windows import LEVEL_ROWS, LONG, liveliness, on_grid

_DOUBT_OFFSET = 1.5  # how unlikely an offset is beforehand, in nats, beside what its size adds
_BLOCKS = 3  # independent parts that the rows after a step are worth


def best_unit(
    reference: FaultReference, tag: int, values: NDArray[np.float64], expected: NDArray[np.float64]
) -> Conversion | None:
    """Weigh the changes of unit against an offset: level, liveliness and range must all come back.

    Args:
        reference: What is usual.
        tag: The tag.
        values: The 32 rows before the step and the 32 from it on.
        expected: What the peers say about them; zero where they say nothing.

    Returns:
        The change of unit; None where an offset explains the rows better.
    """
    conversions = reference.conversions(tag)
    factors = np.array([1.0, *(c.factor for c in conversions)])[:, None]
    after = values[LONG:]
    best = np.full(len(factors), -np.inf)
    for wanted, scale, unrest in (
        (np.zeros(len(values)), reference.scale[tag], reference.unrest[tag]),
        (expected, reference.left_scale[tag], reference.left_unrest[tag]),
    ):
        before = values[:LONG] - wanted[:LONG]
        level = float(np.median(before[-LEVEL_ROWS:]))
        move = float(np.median(after - wanted[LONG:])) - level
        shifts = np.array([move, *(c.shift for c in conversions)])[:, None]
        undone = (after - shifts) / factors
        left = undone - wanted[LONG:]
        now = np.median(left, axis=1)
        shape = _BLOCKS * np.mean(np.minimum(((left - now[:, None]) / unrest) ** 2, 16.0), axis=1)
        apart = shape + 2.0 * np.log1p(0.5 * ((now - level) / scale) ** 2)
        doubts = np.array([_DOUBT_OFFSET + np.log1p(abs(move) / scale), *(c.doubt for c in conversions)])
        best = np.maximum(best, -0.5 * apart - doubts - _unlike_before(reference, tag, values[:LONG], undone))
        if not expected.any():
            break
    best -= _off_grid(after, shifts[:, 0], float(reference.grid[tag]) * np.abs(factors[:, 0]))
    chosen = int(np.argmax(best))
    return conversions[chosen - 1] if chosen else None


def _unlike_before(
    reference: FaultReference, tag: int, before: NDArray[np.float64], undone: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what each hypothesis loses by a liveliness unlike that before, and by values never seen."""
    quiet = float(reference.quiet[tag])
    lively = np.log((liveliness(undone.T) + quiet) / (float(liveliness(before)) + quiet))
    small = np.abs(undone)
    outside = (undone > reference.high[tag]) | (undone < reference.low[tag])
    outside = (outside | ((small < reference.tiny[tag]) & (small > 0))).mean(axis=1)
    lost: NDArray[np.float64] = 0.5 * np.minimum((lively / reference.spread[tag]) ** 2, 25.0) + 8.0 * outside
    return lost


def _off_grid(
    after: NDArray[np.float64], shifts: NDArray[np.float64], grids: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what each change of unit loses when the rows are no multiples of its rounding."""
    out = np.zeros(len(grids))
    most = float(np.abs(after).max())
    for k in np.flatnonzero((grids > 0) & (most <= 1e5 * grids)).tolist():
        places = np.diff(after) if shifts[k] else after
        out[k] = 8.0 * (1.0 - on_grid(places[places != 0], float(grids[k])))
    out[0] = 0.0
    return out
