"""A tag that holds one value: as it may, as its peers do, as after a step, or because it is stuck."""

from __future__ import annotations

import numpy as np

from andamio.statistics.faults.fault import Fault
from andamio.statistics.faults.reference import FaultReference
from andamio.statistics.faults.signals import Signals
from andamio.statistics.faults.steps import undone
from andamio.statistics.faults.windows import AFTER, AROUND, HELD

_CORROBORATED = 0.5  # of the limit is what the peers say when any one of them is left out


def peers_moved(seen: Signals, reference: FaultReference, place: int, tag: int) -> bool:
    """Tell whether the peers of a tag that holds a value moved further than they ever did meanwhile.

    The rows are those of some time ago, when it is known whether a peer itself was at fault. What a single
    peer says does not count while its own peers contradict it.
    """
    window = slice(place - AFTER - HELD + 1, place - AFTER + 1)
    peers = np.flatnonzero(reference.weights[tag])
    tags = reference.peers[tag][peers]
    if seen.bad[window][:, tags].any():
        return False
    parts = seen.filled[window][:, tags] * reference.weights[tag][peers]
    limit = float(reference.held_limit[tag])
    if np.ptp(parts.sum(axis=1)) <= limit:
        return False
    without = [np.ptp(parts.sum(axis=1) - parts[:, k]) for k in range(len(peers))]
    if min(without) > _CORROBORATED * limit:
        return True
    left = np.abs(seen.left[window.start - AROUND : window.stop + AROUND][:, tags])
    return not bool((left > reference.left_limit[tags]).any())


def held_together(seen: Signals, row: int, tag: int) -> bool:
    """Tell whether another tag began to hold in the same rows; then it is no matter of one sensor."""
    length = seen.run[row, tag]
    others = (np.abs(seen.run[row] - length) <= 2) & (seen.run[row] >= 0.5 * seen.run_limit[row])
    others[tag] = False
    return bool(others.any())


def came_to_rest(seen: Signals, reference: FaultReference, place: int, tag: int, length: int) -> bool:
    """Tell whether a tag that rests at times came to another place to rest: a step to judge."""
    longest = int(reference.rests[tag])
    if longest == 0 or length >= longest:
        return False
    if place < 1:
        return True
    return bool(abs(seen.filled[place, tag] - seen.filled[place - 1, tag]) > 0.5 * reference.deviation[tag])


def may_last(reference: FaultReference, tag: int, fault: Fault, value: float) -> int:
    """Return for how many rows a tag may read what it would read without the fault that stands on it."""
    true = undone(fault, np.array([value]))
    near = np.abs(reference.sticky[tag, :, 0] - true) <= 0.1 * reference.scale[tag]
    limits = reference.sticky[tag, near, 1]
    return max(int(limits.max(initial=0)), int(reference.rests[tag]))
