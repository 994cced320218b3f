"""Swapped: from one row on, two tags each go on from where the other was."""

from __future__ import annotations

import numpy as np

from andamio.statistics.faults.reference import FaultReference
from andamio.statistics.faults.signals import Signals
from andamio.statistics.faults.windows import LONG

_ROWS = 8
_NEAR = 4
_CLOSE = 0.2  # of the distance between the two
_APART = 3.0  # usual contrasts


def swapped_with(seen: Signals, reference: FaultReference, place: int, tag: int) -> int | None:
    """Return the tag that a tag changed places with; None when there is none, or more than one.

    Args:
        seen: The rows.
        reference: What is usual.
        place: Row of the step.
        tag: The tag that stepped.
    """
    if abs(seen.steps[place, tag]) < reference.step_limit[tag]:
        return None
    near = np.abs(seen.steps[place - _NEAR : place + _NEAR + 1]).max(axis=0)
    before = np.median(seen.filled[place - _ROWS : place], axis=0)
    after = np.median(seen.filled[place : place + _ROWS], axis=0)
    later = np.median(seen.filled[place + LONG - _ROWS : place + LONG], axis=0)
    apart = np.abs(before - before[tag])
    fits = (np.abs(after[tag] - before) < _CLOSE * apart) & (np.abs(after - before[tag]) < _CLOSE * apart)
    fits &= (np.abs(later[tag] - before) < 2 * _CLOSE * apart) & (near > reference.step_limit)
    fits &= apart > _APART * np.maximum(reference.scale, reference.scale[tag])
    fits[tag] = False
    found = np.flatnonzero(fits)
    return int(found[0]) if found.size == 1 else None
