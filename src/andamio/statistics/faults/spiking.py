"""A spike: out and back, higher than ever, and no other tag did the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.faults.reference import FaultReference
from andamio.statistics.faults.signals import Signals
from andamio.statistics.faults.windows import LONG

_MOST = 4  # rows of 64 above the limit; where there are more, the tag is restless

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


def judge_spike(
    seen: Signals, reference: FaultReference, place: int, tag: int, *, faulty: Flags
) -> tuple[float, float] | None:
    """Return the height of a spike and its limit; None when the peers explain it, or others did the same.

    Args:
        seen: The rows.
        reference: What is usual.
        place: Row of the spike in ``seen.filled``.
        tag: The tag.
        faulty: Tags with another fault of their own, which are no witnesses.
    """
    heights, limits = _heights(seen, reference, place, tag, faulty)
    size, limit = float(heights[place, tag]), float(limits[tag])
    restless = (np.abs(heights[max(place - LONG, 8) : place + LONG, tag]) > limit).sum() > _MOST
    if abs(size) <= limit or restless or _together(seen, reference, place, tag, heights, limits):
        return None
    return size, limit


def _heights(
    seen: Signals, reference: FaultReference, place: int, tag: int, faulty: Flags
) -> tuple[Numbers, Numbers]:
    """Return the heights of spikes and their limits: of what the peers leave, where they help."""
    peers = reference.peers[tag][reference.weights[tag] != 0]
    sound = not faulty[peers].any() and not seen.bad[place - 8 : place + 9][:, peers].any()
    if np.isfinite(reference.spike_left_limit[tag]) and sound:
        return seen.lone, reference.spike_left_limit
    return seen.spikes, reference.spike_limit


def _together(
    seen: Signals, reference: FaultReference, place: int, tag: int, heights: Numbers, limits: Numbers
) -> bool:
    rows = slice(place - 1, place + 2)
    near = np.abs(heights[rows]).max(axis=0) / limits
    if heights is seen.lone:  # a tag that leans on the one that spiked has no spike of its own
        own = np.abs(seen.spikes[rows]).max(axis=0) > 0.5 * np.abs(seen.lone[rows]).max(axis=0)
        shared = (near > 1.0) & own
    else:
        shared = near > np.where(reference.related[tag], 0.6, 1.0)
    shared &= near > 0.3 * near[tag]
    shared[tag] = False
    return bool(shared.any())
