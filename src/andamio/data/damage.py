"""Find numbers that a spreadsheet mangled: a decimal mark lost on the way makes 10.0664 into 100664.

A lost mark multiplies a value by ten to the number of decimals it had, and that number differs from
cell to cell, because trailing zeros are not written: of values with four decimals nine in ten lose four,
one in eleven loses three. A mangled column therefore falls into clusters that lie whole powers of ten
apart. Cells that cannot have lost their mark, because it is still there, are the *witnesses* of the true
scale; cells that can are *suspects*: whole numbers of four digits and more, or, where the mangled number
was written again in groups of three, cells with exactly three digits after the mark.

A column is mangled when its suspects lie far above every witness and fold onto them by powers of ten, so
often that chance is excluded: if a share ``p`` of the ordinary cells has a suspect's form, and the
witnesses cover a share ``w`` of a decade, ``n`` different suspects happen by chance with probability
below ``(p * w) ** n``. Columns without witnesses are judged by what physics allows (``plausibility``),
by clusters alone, and by the columns whose names differ only in a number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.data.digits import Digits
from andamio.data.plausibility import Bounds

_CHANCE = 1e-4
_CHANCE_IN_A_MANGLED_FILE = 0.2
_FEWEST_WITNESSES = 5
_FAR = 10.0
_SLACK = 1.4
_DECADE = 0.8
_CLUSTER_ARC = 0.25
_CLUSTER_DISTINCT = 5
_FOUR_DIGITS = 1000.0
_EXACT = 1e15
_LAST_DIGITS = 150


@dataclass(frozen=True, slots=True)
class Mangled:
    """The mangled cells of one column: which, why, and what was probably measured (NaN: unknown).

    ``reason`` is one of: lost-mark, groups-of-three, clusters, last-digits, bounds, siblings.
    """

    positions: NDArray[np.int64]
    likely: NDArray[np.float64]
    reason: str


def find_mangled(columns: Mapping[str, Digits], bounds: Mapping[str, Bounds]) -> dict[str, Mangled]:
    """Find the mangled columns of one file.

    Args:
        columns: How each numeric column is written.
        bounds: What physics allows, for the columns whose name or unit says it.

    Returns:
        Column names to their mangled cells; sound columns are absent.
    """
    found: dict[str, Mangled] = {}
    for name, digits in columns.items():
        if mangled := _judge(digits, bounds.get(name), _CHANCE):
            found[name] = mangled
    if found:
        for name, digits in columns.items():
            if name not in found and (mangled := _judge(digits, bounds.get(name), _CHANCE_IN_A_MANGLED_FILE)):
                found[name] = mangled
    return found | _by_siblings(columns, found)


def _judge(digits: Digits, bounds: Bounds | None, chance: float) -> Mangled | None:
    if len(digits) == 0:
        return None
    return (
        (_by_bounds(digits, bounds) if bounds else None)
        or _by_witnesses(digits, digits.decimals > 0, "lost-mark", chance)
        or _by_witnesses(digits, ~digits.triple & (digits.decimals > 0), "groups-of-three", chance)
        or _by_clusters(digits)
        or _by_last_digits(digits)
    )


def _by_witnesses(digits: Digits, witness: NDArray[np.bool_], reason: str, chance: float) -> Mangled | None:
    """Compare the suspects with the witnesses of the true scale."""
    sizes = digits.sizes
    seen = sizes[witness & (sizes > 0)]
    if len(seen) < _FEWEST_WITNESSES:
        return None
    suspect = digits.triple & ~witness if reason == "groups-of-three" else _may_have_lost_mark(digits)
    low, high = float(seen.min()), min(float(seen.max()), _FAR * float(np.quantile(seen, 0.95)))
    width = float(np.log10(high / low)) + 2 * float(np.log10(_SLACK))
    powers = _powers(sizes, float(np.sqrt(low * high)))
    folded = sizes / 10.0**powers
    fits = (powers >= 1) & (folded >= low / _SLACK) & (folded <= high * _SLACK)
    far = suspect & (sizes > _SLACK * high) & fits if width < _DECADE else suspect & (sizes >= _FAR * high)
    if not far.any() or not _beyond_chance(digits, far, high, width, chance):
        return None
    if not _more_digits(digits, witness, far) and not _same_shape(seen, folded[far]):
        return None
    mangled = far | (suspect & (sizes > _SLACK * high))
    return Mangled(np.flatnonzero(mangled), _unfolded(digits, mangled, low, high), reason)


def _may_have_lost_mark(digits: Digits) -> NDArray[np.bool_]:
    whole: NDArray[np.bool_] = (digits.decimals == 0) & (digits.sizes >= _FOUR_DIGITS)
    return whole


def _beyond_chance(
    digits: Digits,
    far: NDArray[np.bool_],
    high: float,
    width: float,
    chance: float,
) -> bool:
    """Tell whether so many far suspects cannot be ordinary cells that happen to have a suspect's form."""
    sizes = digits.sizes
    ordinary = sizes <= _SLACK * high
    form = digits.triple if digits.triple[far].all() else digits.decimals == 0
    share = (float(np.sum(form & ordinary)) + 1) / (float(np.sum(ordinary)) + 2)
    odds = share * min(1.0, width)
    different = len(np.unique(digits.values[far]))
    between = int(np.sum((sizes > _SLACK * high) & ~far))
    if odds**different > chance or between > max(1, 0.2 * np.sum(far)):
        return False
    # A single value repeated is a code such as 9999, and a long tail leaves no gap below it.
    return different >= 2 or chance > _CHANCE


def _more_digits(digits: Digits, witness: NDArray[np.bool_], far: NDArray[np.bool_]) -> bool:
    """Tell whether the suspects carry more significant digits than any witness.

    An instrument that writes four significant digits, 829.4 and 4528, loses no mark.
    """
    return int(digits.significant(far).max()) > int(digits.significant(witness).max())


def _same_shape(seen: NDArray[np.float64], folded: NDArray[np.float64]) -> bool:
    """Tell whether the folded suspects are spread as the witnesses are (Kolmogorov's distance below 0.3)."""
    points = np.concatenate([seen, folded])
    below = [
        np.searchsorted(np.sort(sample), points, side="right") / len(sample) for sample in (seen, folded)
    ]
    return float(np.max(np.abs(below[0] - below[1]))) < 0.3


def _by_bounds(digits: Digits, bounds: Bounds) -> Mangled | None:
    """Find values far outside what physics allows that a lost mark explains."""
    sizes = digits.sizes
    far = sizes >= bounds.surely_above
    if not far.any():
        return None
    inside = sizes[(sizes <= bounds.high) & (sizes > 0)]
    if len(inside) and len(np.unique(digits.values[far])) == 1:
        return None
    low, high = (float(inside.min()), float(inside.max())) if len(inside) else (bounds.high / 10, bounds.high)
    mangled = far
    if len(inside) >= _FEWEST_WITNESSES and np.log10(high / low) < _DECADE:
        mangled = far | (sizes > _SLACK * high)
    return Mangled(np.flatnonzero(mangled), _unfolded(digits, mangled, low, high), "bounds")


def _by_clusters(digits: Digits) -> Mangled | None:
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


def _by_last_digits(digits: Digits) -> Mangled | None:
    """Find whole numbers of which none ends in 0: trailing zeros were trimmed, then the mark was lost."""
    suspect = _may_have_lost_mark(digits) & (digits.sizes < _EXACT)
    if suspect.mean() < 0.5:
        return None
    different = np.unique(digits.sizes[suspect])
    round_ones = float(np.mean(different % 10 == 0)) if len(different) else 1.0
    if len(different) < _LAST_DIGITS or round_ones > 0.02:
        return None
    return Mangled(np.flatnonzero(suspect), np.full(int(suspect.sum()), np.nan), "last-digits")


def _narrowest_arc(fractions: NDArray[np.float64], share: float = 0.98) -> tuple[float, float]:
    """Return the width and the start of the narrowest arc of the unit circle that holds most points."""
    ordered = np.sort(fractions)
    count = max(1, int(np.ceil(share * len(ordered))))
    around = np.concatenate([ordered, ordered + 1.0])
    widths = around[count - 1 : count - 1 + len(ordered)] - ordered
    best = int(np.argmin(widths))
    return float(widths[best]), float(ordered[best])


def _by_siblings(columns: Mapping[str, Digits], found: Mapping[str, Mangled]) -> dict[str, Mangled]:
    """Find columns of whole numbers a power of ten above the columns named like them."""
    families: dict[str, list[str]] = {}
    for name in columns:
        families.setdefault(re.sub(r"\d+", "#", name), []).append(name)
    more: dict[str, Mangled] = {}
    for names in families.values():
        restored = {name: _restored_median(columns[name], found.get(name)) for name in names}
        for name in names:
            others = [restored[other] for other in names if other != name and restored[other] > 0]
            if name in found or len(others) < 2:
                continue
            if mangled := _above_family(columns[name], others):
                more[name] = mangled
    return more


def _above_family(digits: Digits, others: Sequence[float]) -> Mangled | None:
    low, high = min(others), max(others)
    suspect = _may_have_lost_mark(digits)
    if not suspect.any() or suspect.mean() < 0.5 or high > _FAR * low:
        return None
    middle = float(np.median(digits.sizes[suspect]))
    folded = middle / 10.0 ** _powers(np.array([middle]), float(np.sqrt(low * high)))[0]
    if middle < 100 * high or not low / _SLACK <= folded <= high * _SLACK:
        return None
    return Mangled(np.flatnonzero(suspect), _unfolded(digits, suspect, low, high), "siblings")


def _restored_median(digits: Digits, mangled: Mangled | None) -> float:
    if mangled is None:
        return float(np.median(digits.sizes)) if len(digits) else 0.0
    values = digits.sizes.copy()
    values[mangled.positions] = np.abs(mangled.likely)
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else 0.0


def _powers(sizes: NDArray[np.float64], centre: float) -> NDArray[np.int64]:
    """Return the power of ten that brings each size nearest to ``centre``."""
    with np.errstate(divide="ignore"):
        logs = np.log10(np.where(sizes > 0, sizes, centre) / centre)
    return np.round(logs).astype(np.int64)


def _unfolded(digits: Digits, mangled: NDArray[np.bool_], low: float, high: float) -> NDArray[np.float64]:
    """Divide mangled values by the power of ten that puts them among the witnesses; NaN when two would."""
    values = digits.values[mangled]
    if high / low >= _FAR / _SLACK:
        return np.full(len(values), np.nan)
    powers = _powers(np.abs(values), float(np.sqrt(low * high)))
    return values / 10.0 ** np.maximum(powers, 0)
