"""Counters that leap: one row far ahead of all that follow would make every later row of its asset late.

A date is held against the clock of the box; a number of a column that counts can only be held against the
rows around it. A row leaps when the next rows of its asset go on from before it, rising, and so far below it
that a thousand more like them would not reach it. A row that merely came early, or a counter that begins
anew, does none of that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from andamio.features.windows.moments import is_count
from andamio.features.windows.samples import Ticks
from andamio.features.windows.stream import AssetMemory

FOLLOWERS = 5
"""So many rows on end are believed against one."""
_FAR = 1000


def leapt(assets: Sequence[str | None], times: Sequence[str | None], ticks: Ticks) -> NDArray[np.bool_]:
    """Tell which rows leap ahead of those that follow, shape ``(rows,)``; a row with a date never does.

    Args:
        assets: Of the rows, in the order in which they came.
        times: Their moments as they were sent.
        ticks: The same as whole ticks.
    """
    found = np.zeros(len(ticks), np.bool_)
    if not (np.diff(ticks) < 0).any() or not any(map(is_count, times)):
        return found
    of_asset: dict[str, list[int]] = {}
    for place, asset in enumerate(assets):
        of_asset.setdefault(asset or "", []).append(place)
    for rows in of_asset.values():
        counts = ticks[rows]
        for place in np.flatnonzero(counts[1:] < counts[:-1]).tolist():
            before = counts[place - 1] if place else None
            if is_count(times[rows[place]]) and _is_above(counts[place], counts[place + 1 :], before):
                found[rows[place]] = True
    return found


def without_leap(known: AssetMemory, coming: Ticks) -> AssetMemory | None:
    """Return what is remembered of an asset without its newest row, if the rows that come show that it leapt.

    Args:
        known: What is remembered.
        coming: The ticks of the next rows, which count, in the order in which they came.
    """
    held = known.samples
    if len(held) < 2 or held.ticks[-1] != known.newest:
        return None
    before = int(held.ticks[-2])
    if not _is_above(known.newest, coming, before):
        return None
    return AssetMemory(held.take(slice(0, len(held) - 1)), before, min(known.done, before), known.seen)


def _is_above(count: int, following: Ticks, before: int | None) -> bool:
    """Tell whether rows go on from ``before``, and ``count`` lies far above them."""
    few = following[:FOLLOWERS]
    if len(few) < FOLLOWERS or (before is not None and few[0] <= before) or (np.diff(few) <= 0).any():
        return False
    pace = (few[-1] - few[0]) / (FOLLOWERS - 1)
    return bool(count - few[-1] > _FAR * pace)
