"""The mangled cells of one column, and the arithmetic of powers of ten that all rules share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.data.digits import Digits

SLACK = 1.4
"""How far beyond the witnesses an ordinary value may lie, as a factor."""
FAR = 10.0
_TWO_DIGITS = 10.0


@dataclass(frozen=True, slots=True)
class Mangled:
    """The mangled cells of one column: which, why, and what was probably measured (NaN: unknown).

    ``reason`` is one of: lost-mark, groups-of-three, clusters, last-digits, bounds, siblings.
    """

    positions: NDArray[np.int64]
    likely: NDArray[np.float64]
    reason: str


def may_have_lost_mark(digits: Digits) -> NDArray[np.bool_]:
    """Mark the whole numbers of two digits and more: what a number without its mark looks like."""
    whole: NDArray[np.bool_] = (digits.decimals == 0) & (digits.sizes >= _TWO_DIGITS)
    return whole


def mostly_suspect(digits: Digits) -> bool:
    """Tell whether half of a column or more may have lost its mark."""
    return len(digits) > 0 and float(np.mean(may_have_lost_mark(digits))) >= 0.5


def powers_to(sizes: NDArray[np.float64], centre: float) -> NDArray[np.int64]:
    """Return the power of ten that brings each size nearest to ``centre``."""
    logs = np.log10(np.where(sizes > 0, sizes, centre) / centre)
    return np.round(logs).astype(np.int64)


def restored(digits: Digits, mangled: NDArray[np.bool_], low: float, high: float) -> NDArray[np.float64]:
    """Divide mangled values by the power of ten that puts them between ``low`` and ``high``.

    NaN where two powers would, because the witnesses span a decade or more.
    """
    values = digits.values[mangled]
    if high / low >= FAR / SLACK:
        return np.full(len(values), np.nan)
    powers = powers_to(np.abs(values), float(np.sqrt(low * high)))
    return values / 10.0 ** np.maximum(powers, 0)
