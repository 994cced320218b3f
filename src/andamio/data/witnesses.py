"""Find mangled cells by the cells of the same column that still have their decimal mark.

The witnesses give the true scale. A column is mangled when its suspects lie far above every witness, so
often that chance is excluded: if a share ``p`` of the ordinary cells has a suspect's form, ``n``
different suspects happen to lie there with probability below ``p ** n``; and if the witnesses cover a
share ``w`` of a decade and all suspects fold onto them by powers of ten, below ``(p * w) ** n``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.data.digits import Digits
from andamio.data.mangled import FAR, SLACK, Mangled, may_have_lost_mark, powers_to, restored

BEYOND_CHANCE = 1e-4
_FEWEST_WITNESSES = 3
_TIGHT = 0.8
_GAP = 3.0
_ALIKE = 0.3
_ROUND = 5


@dataclass(frozen=True, slots=True)
class _Scale:
    """The true scale of a column: its witnesses, their span, and that span as a share of a decade."""

    seen: NDArray[np.float64]
    low: float
    high: float
    width: float


def by_lost_marks(digits: Digits, chance: float = BEYOND_CHANCE) -> Mangled | None:
    """Find whole numbers that lost their mark: 557434 among 556.03 and 564.7."""
    witness = digits.decimals > 0
    return _judge(digits, witness, may_have_lost_mark(digits), "lost-mark", chance)


def by_groups_of_three(digits: Digits, chance: float = BEYOND_CHANCE) -> Mangled | None:
    """Find numbers whose mark moved before their last three digits: 100.664 for 10.0664."""
    witness = ~digits.triple & (digits.decimals > 0)
    return _judge(digits, witness, digits.triple & (digits.sizes >= 1), "groups-of-three", chance)


def _judge(
    digits: Digits, witness: NDArray[np.bool_], suspect: NDArray[np.bool_], reason: str, chance: float
) -> Mangled | None:
    sizes = digits.sizes
    scale = _scale(sizes[witness & (sizes > 0)], fewest=_FEWEST_WITNESSES if chance == BEYOND_CHANCE else 1)
    if scale is None:
        return None
    above = suspect & (sizes > SLACK * scale.high)
    folded = sizes / 10.0 ** powers_to(sizes, float(np.sqrt(scale.low * scale.high)))
    fits = above & (folded >= scale.low / SLACK) & (folded <= scale.high * SLACK)
    candidates = [(above & (sizes >= FAR * scale.high), 1.0)]
    if scale.width < _TIGHT:
        candidates.insert(0, (fits, scale.width))
    for far, width in candidates:
        if far.any() and not _is_rounded(digits, witness, far) and _proves(digits, far, scale, width, chance):
            shaped = _same_shape(scale.seen, folded[far])
            if _has_gap(sizes, suspect, scale) or not _same_precision(digits, witness, far) or shaped:
                return Mangled(np.flatnonzero(above), restored(digits, above, scale.low, scale.high), reason)
    return None


def _scale(seen: NDArray[np.float64], fewest: int) -> _Scale | None:
    if len(seen) < fewest:
        return None
    low = float(seen.min())
    high = min(float(seen.max()), FAR * float(np.quantile(seen, 0.95)))
    return _Scale(seen, low, high, float(np.log10(high / low)) + 2 * float(np.log10(SLACK)))


def _proves(
    digits: Digits,
    far: NDArray[np.bool_],
    scale: _Scale,
    width: float,
    chance: float,
) -> bool:
    """Tell whether so many far suspects cannot be ordinary cells that happen to have a suspect's form."""
    sizes = digits.sizes
    ordinary = sizes <= SLACK * scale.high
    form = digits.triple if digits.triple[far].all() else digits.decimals == 0
    share = (float(np.sum(form & ordinary)) + 1) / (float(np.sum(ordinary)) + 2)
    different = _significands(sizes[far])
    between = int(np.sum(~ordinary & ~far))
    if (share * width) ** different > chance or between > max(1, 0.2 * np.sum(far)):
        return False
    # A single value repeated may be a code such as 9999; 10, 100, 1000 are set-points.
    return different >= 2 or chance > BEYOND_CHANCE


def _significands(sizes: NDArray[np.float64]) -> int:
    """Count the different values, whatever power of ten they are on."""
    return len(np.unique(np.round(sizes / 10.0 ** np.floor(np.log10(sizes)), 9)))


def _has_gap(sizes: NDArray[np.float64], suspect: NDArray[np.bool_], scale: _Scale) -> bool:
    """Tell whether nothing lies just above the witnesses; a long tail leaves no gap."""
    return float(sizes[suspect & (sizes > scale.high)].min() / scale.high) >= _GAP


def _same_precision(digits: Digits, witness: NDArray[np.bool_], far: NDArray[np.bool_]) -> bool:
    """Tell whether suspects and witnesses carry equally many significant digits.

    An instrument that writes four significant digits, 829.4 and 4528, loses no mark.
    """
    return int(digits.significant(far).max()) == int(digits.significant(witness).max())


def _is_rounded(digits: Digits, witness: NDArray[np.bool_], far: NDArray[np.bool_]) -> bool:
    """Tell whether large suspects end in zeros where the witnesses' digits end: 5.6, 42, 170, 4100.

    A number that lost its mark keeps its digits, so that hardly one of them ends so.
    """
    digits_kept = int(digits.significant(witness).max())
    long = far & (digits.sizes >= 10.0**digits_kept)
    return len(np.unique(digits.sizes[long])) >= _ROUND and int(digits.significant(long).max()) <= digits_kept


def _same_shape(seen: NDArray[np.float64], folded: NDArray[np.float64]) -> bool:
    """Tell whether the folded suspects are spread as the witnesses are, by Kolmogorov's distance."""
    points = np.concatenate([seen, folded])
    below = [
        np.searchsorted(np.sort(sample), points, side="right") / len(sample) for sample in (seen, folded)
    ]
    return float(np.max(np.abs(below[0] - below[1]))) < _ALIKE
