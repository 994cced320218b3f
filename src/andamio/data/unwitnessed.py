"""Find mangled columns that have no witness: by physics, by clusters, by last digits, by their family."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from andamio.data.digits import Digits
from andamio.data.mangled import FAR, SLACK, Mangled, may_have_lost_mark, mostly_suspect, powers_to, restored
from andamio.data.plausibility import Bounds

_TIGHT = 0.8
_INSIDE = 3
_WITHIN = 6.0
_CLUSTER_ARC = 0.25
_CLUSTER_DISTINCT = 5
_THREE_DIGITS = 100.0
_GIANT, _EXACT = 1e14, 1e15
_LAST_DIGITS = 150
_ROUND_ONES = 0.02
_LENGTHS = 3
_FAMILY = 3.0
_OURS = re.compile(r"column_\d+")


def by_bounds(digits: Digits, bounds: Bounds) -> Mangled | None:
    """Find values far outside what physics allows that a lost mark explains: pH 100664."""
    sizes = digits.sizes
    far = sizes >= bounds.surely_above
    if not far.any():
        return None
    inside = sizes[(sizes <= bounds.high) & (sizes > 0)]
    if len(inside) and len(np.unique(digits.values[far])) == 1:
        return None
    low, high = bounds.high / _WITHIN, bounds.high
    if len(inside):
        low, high = float(inside.min()), float(inside.max())
    mangled = far
    if len(inside) >= _INSIDE and np.log10(high / low) < _TIGHT:
        mangled = far | (sizes > SLACK * high)
    return Mangled(np.flatnonzero(mangled), restored(digits, mangled, low, high), "bounds")


def by_clusters(digits: Digits) -> Mangled | None:
    """Find columns whose values fall into two or more narrow clusters whole powers of ten apart."""
    sizes = digits.sizes
    positive = np.flatnonzero(sizes > 0)
    if len(positive) < 2 * _CLUSTER_DISTINCT:
        return None
    logs = np.log10(np.unique(sizes[positive]))
    arc, start = _narrowest_arc(logs % 1.0)
    if arc > _CLUSTER_ARC:
        return None
    _, counts = np.unique(np.floor(logs - start + 0.25), return_counts=True)
    if np.sum(counts >= _CLUSTER_DISTINCT) < 2:
        return None
    return Mangled(positive, np.full(len(positive), np.nan), "clusters")


def by_last_digits(digits: Digits) -> Mangled | None:
    """Find whole numbers of which none ends in 0: trailing zeros were trimmed, then the mark was lost.

    Whole numbers of fifteen digits and more show it by their differing lengths: no instrument writes
    so many digits, and numbers that are names have one length.
    """
    suspect = (digits.decimals == 0) & (digits.sizes >= _THREE_DIGITS)
    if suspect.mean() < 0.5:
        return None
    different = np.unique(digits.sizes[suspect])
    exact = different[different < _EXACT]
    lengths = np.unique(np.floor(np.log10(different[different >= _GIANT])))
    trimmed = len(exact) >= _LAST_DIGITS and float(np.mean(exact % 10 == 0)) <= _ROUND_ONES
    if not trimmed and len(lengths) < _LENGTHS:
        return None
    return Mangled(np.flatnonzero(suspect), np.full(int(suspect.sum()), np.nan), "last-digits")


def by_family(columns: Mapping[str, Digits], found: Mapping[str, Mangled]) -> dict[str, Mangled]:
    """Find columns of whole numbers a power of ten above the columns whose names differ only in a number."""
    families: dict[str, list[str]] = {}
    for name in columns:
        if not _OURS.fullmatch(name):
            families.setdefault(re.sub(r"\d+", "#", name), []).append(name)
    more: dict[str, Mangled] = {}
    for names in families.values():
        sound = [name for name in names if name in found or not mostly_suspect(columns[name])]
        medians = {name: _median(columns[name], found.get(name)) for name in sound}
        for name in names:
            others = [median for other, median in medians.items() if other != name and median > 0]
            if name in found or len(others) < 2:
                continue
            if mangled := _above(columns[name], others):
                more[name] = mangled
    return more


def _above(digits: Digits, others: Sequence[float]) -> Mangled | None:
    low, high = min(others), max(others)
    if not mostly_suspect(digits) or high > _FAMILY * low:
        return None
    suspect = may_have_lost_mark(digits)
    middle = float(np.median(digits.sizes[suspect]))
    folded = middle / 10.0 ** powers_to(np.array([middle]), float(np.sqrt(low * high)))[0]
    if middle < FAR**2 * high or not low / SLACK <= folded <= high * SLACK:
        return None
    return Mangled(np.flatnonzero(suspect), restored(digits, suspect, low, high), "siblings")


def _median(digits: Digits, mangled: Mangled | None) -> float:
    """Return the median of a column, its mangled cells restored."""
    values = digits.sizes.copy()
    if mangled is not None:
        values[mangled.positions] = np.abs(mangled.likely)
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else 0.0


def _narrowest_arc(fractions: NDArray[np.float64], share: float = 0.98) -> tuple[float, float]:
    """Return the width and the start of the narrowest arc of the unit circle that holds most points."""
    ordered = np.sort(fractions)
    count = max(1, int(np.ceil(share * len(ordered))))
    around = np.concatenate([ordered, ordered + 1.0])
    widths = around[count - 1 : count - 1 + len(ordered)] - ordered
    best = int(np.argmin(widths))
    return float(widths[best]), float(ordered[best])
