"""The rows that a prediction is compared with: "why 63 %, when it is 8 % on average over these?"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import Bundle
from andamio.bundles.golden import rows_of
from andamio.contracts import Rows

ROWS = 64
_REAL_GOLDEN = 10
_NUMBERS, _CATEGORIES, _SIGNALS = "background.numbers", "background.categories", "background.signals"
_BITS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """Rows in an order of which every beginning is a fair sample, and where they come from."""

    rows: Rows
    source: Literal["training", "golden"]


def background_arrays(rows: Rows, score: NDArray[np.floating]) -> dict[str, NDArray[np.generic]]:
    """Choose rows for a bundle's reference: one from the middle of each of 64 equal parts by prediction.

    Their mean prediction is then close to that of all rows, rare events included. Nothing is drawn at random:
    equal rows give equal arrays.

    Args:
        rows: The training rows.
        score: Their predictions, shape ``(rows,)``.
    """
    order = np.argsort(score, kind="stable")
    count = min(ROWS, len(order))
    middles = ((np.arange(count) + 0.5) * len(order) / max(1, count)).astype(np.intp)
    chosen = order[middles[_far_apart(count)]]
    texts = rows.categories[chosen]
    found: dict[str, NDArray[np.generic]] = {
        _NUMBERS: rows.numbers[chosen],
        _CATEGORIES: np.array(texts.tolist(), str).reshape(texts.shape),
    }
    if rows.signals is not None:
        found[_SIGNALS] = rows.signals[chosen]
    return found


def background_of(bundle: Bundle) -> Background | None:
    """Take a bundle's background; without one, as in bundles of before, its real golden rows.

    None where there is neither.
    """
    arrays = bundle.reference()
    numbers, texts = arrays.get(_NUMBERS), arrays.get(_CATEGORIES)
    if numbers is not None and texts is not None and len(numbers):
        categories = np.array(texts.tolist(), object).reshape(texts.shape)
        signals = arrays.get(_SIGNALS)
        samples = None if signals is None else np.asarray(signals, np.float32)
        return Background(_rows(np.asarray(numbers, np.float32), categories, samples), "training")
    if bundle.golden:
        return Background(rows_of(bundle.golden[:_REAL_GOLDEN]), "golden")
    return None


def _far_apart(count: int) -> NDArray[np.intp]:
    """Order places so that each lies far from those just before it, by the bits of its number reversed."""
    return np.array(sorted(range(count), key=lambda place: f"{place:0{_BITS}b}"[::-1]), np.intp)


def _rows(
    numbers: NDArray[np.float32], categories: NDArray[np.object_], signals: NDArray[np.float32] | None
) -> Rows:
    n = len(numbers)
    return Rows(numbers, categories, [None] * n, [None] * n, [()] * n, signals)
