"""How a chosen row's chance travels with its truth, and what labelled rows then say of all rows."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from andamio.statistics.proportions import wilson_interval

_MARK = re.compile(r"label:(random|unsure|rare):([0-9.e+]+)")
_Z = 1.96


@dataclass(frozen=True, slots=True)
class Mark:
    """Why a row was labelled, and how many rows of the whole it stands for."""

    why: str
    weight: float

    def source(self) -> str:
        """Write it as the source of a truth, as the journal keeps it."""
        return f"label:{self.why}:{self.weight:.6g}"


def read_mark(source: str) -> Mark | None:
    """Read the mark in a truth's source; None for a truth that came by another way.

    >>> read_mark("label:rare:12.5")
    Mark(why='rare', weight=12.5)
    """
    found = _MARK.fullmatch(source)
    if found is None:
        return None
    try:
        weight = float(found[2])
    except ValueError:
        return None
    return Mark(found[1], weight) if math.isfinite(weight) and weight >= 1 else None


@dataclass(frozen=True, slots=True)
class Estimated:
    """A mean loss over all rows, told from labelled ones, with its 95 % interval."""

    value: float
    low: float
    high: float
    labels: int


def estimate_loss(
    losses: Sequence[float], marks: Sequence[Mark], *, is_share: bool = False
) -> Estimated | None:
    """Estimate the mean loss of all rows from labelled ones; None without labels.

    Each row counts as often as the inverse of the chance that it had (Hájek's ratio); the interval is
    normal, of the linearised ratio, and never narrower than what so few labels can tell. A share is one of
    as many labels as the weights are worth (Kish): ten right answers are no proof that none is wrong.

    Source: Särndal, Swensson & Wretman, Model Assisted Survey Sampling (1992), section 5.7.
    """
    if not losses:
        return None
    loss, weight = np.array(losses), np.array([mark.weight for mark in marks])
    value = float(np.sum(weight * loss) / np.sum(weight))
    apart = weight * (loss - value)
    spread = math.sqrt(float(np.sum(np.square(apart)))) / float(np.sum(weight))
    half = max(_Z * spread, _Z * float(np.ptp(loss)) / (2 * len(losses)))
    low, high = value - half, value + half
    if is_share:
        worth = float(np.sum(weight)) ** 2 / float(np.sum(np.square(weight)))
        least, most = wilson_interval(value * worth, worth)
        low, high = max(0.0, min(low, least)), min(1.0, max(high, most))
    return Estimated(value, low, high, len(losses))
