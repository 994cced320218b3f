"""Count values into fixed bins that can be added up, and compare two such counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


class BinMismatch(ValueError):
    """Two histograms with different bins cannot be added or compared."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of a number between fixed edges.

    Attributes:
        edges: Rising, shape ``(bins + 1,)``. Bin ``i`` holds ``edges[i] <= x < edges[i + 1]``, the last
            its upper edge too.
        counts: Shape ``(bins,)``.
        under: Values below the first edge.
        over: Values above the last edge.
        missing: NaN values.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    under: int = 0
    over: int = 0
    missing: int = 0

    @property
    def total(self) -> int:
        """All values counted, missing ones too."""
        return int(self.counts.sum()) + self.under + self.over + self.missing

    def __add__(self, other: Histogram) -> Histogram:
        """Add the counts of another part of the data."""
        _check_same(self, other)
        return Histogram(
            self.edges,
            self.counts + other.counts,
            self.under + other.under,
            self.over + other.over,
            self.missing + other.missing,
        )

    def filled(self) -> NDArray[np.int64]:
        """List the counts with the two outer bins: under, bins, over; shape ``(bins + 2,)``."""
        return np.concatenate([[self.under], self.counts, [self.over]]).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, mean, sum of squared deviations and extremes; adds up without losing precision.

    Source: Chan, Golub & LeVeque, The American Statistician 37 (1983).
    """

    count: int
    mean: float
    squares: float
    low: float
    high: float

    @property
    def deviation(self) -> float:
        """The standard deviation (of the population)."""
        return float(np.sqrt(self.squares / self.count)) if self.count else float("nan")

    def __add__(self, other: Moments) -> Moments:
        """Add the moments of another part of the data."""
        if not self.count or not other.count:
            return other if not self.count else self
        count = self.count + other.count
        apart = other.mean - self.mean
        return Moments(
            count,
            self.mean + apart * other.count / count,
            self.squares + other.squares + apart**2 * self.count * other.count / count,
            min(self.low, other.low),
            max(self.high, other.high),
        )


def histogram(values: NDArray[np.floating], edges: NDArray[np.float64]) -> Histogram:
    """Count values, shape ``(rows,)``, between ``edges``; NaN is counted as missing."""
    values = np.asarray(values, dtype=np.float64)
    present = values[~np.isnan(values)]
    inside = present[(present >= edges[0]) & (present <= edges[-1])]
    counts = np.histogram(inside, edges)[0].astype(np.int64)
    return Histogram(
        edges,
        counts,
        int((present < edges[0]).sum()),
        int((present > edges[-1]).sum()),
        len(values) - len(present),
    )


def quantile_edges(values: NDArray[np.floating], bins: int = 20) -> NDArray[np.float64]:
    """Place edges so that each bin holds about as many values; repeated values make fewer bins."""
    present = np.asarray(values, dtype=np.float64)
    present = present[np.isfinite(present)]
    if not present.size:
        return np.array([0.0, 1.0])
    edges = np.unique(np.quantile(present, np.linspace(0, 1, bins + 1)))
    return edges if edges.size > 1 else np.array([edges[0] - 0.5, edges[0] + 0.5])


def moments(values: NDArray[np.floating]) -> Moments:
    """Measure the moments of values, shape ``(rows,)``; NaN is left out."""
    present = np.asarray(values, dtype=np.float64)
    present = present[np.isfinite(present)]
    if not present.size:
        return Moments(0, np.nan, 0.0, np.nan, np.nan)
    mean = float(present.mean())
    return Moments(
        present.size, mean, float(np.sum((present - mean) ** 2)), float(present.min()), float(present.max())
    )


def count_categories(values: Sequence[str], known: Sequence[str]) -> NDArray[np.int64]:
    """Count categories: each known one, then others, then missing (""); shape ``(known + 2,)``."""
    place = {name: i for i, name in enumerate(known)} | {"": len(known) + 1}
    codes = np.array([place.get(value, len(known)) for value in values], dtype=np.int64)
    return np.bincount(codes, minlength=len(known) + 2).astype(np.int64)


def _check_same(one: Histogram, other: Histogram) -> None:
    if not np.array_equal(one.edges, other.edges):
        raise BinMismatch("the histograms have different edges")
