"""How alike the losses of one cluster are: rows of one machine on one day are not as many witnesses as rows.

A cluster's losses share a part of their variance, the intraclass correlation. The sums kept here are enough
to estimate it; two of them add up.

Source: Fleiss & Cuzick, Applied Psychological Measurement 3 (1979); Bühlmann, ASTIN Bulletin 4 (1967).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# With fewer clusters of two rows or more nobody knows, and rows are taken to be somewhat alike.
FEWEST_CLUSTERS = 5
UNKNOWN = 0.05
_MOST = 0.5


@dataclass(slots=True)
class Dependence:
    """Sums over clusters of losses.

    Attributes:
        rows: How many losses.
        total: Their sum.
        squares: The sum of their squares.
        clusters: Clusters of two rows or more.
        members: Rows in those.
        within: Their sum of losses.
        pairs: Over those, the sum of ``(S**2 - Q) / (m - 1)``: products of different rows of one cluster.
    """

    rows: float = 0.0
    total: float = 0.0
    squares: float = 0.0
    clusters: float = 0.0
    members: float = 0.0
    within: float = 0.0
    pairs: float = 0.0

    def add(self, loss: float, count: float, total: float, squares: float) -> None:
        """Count one loss of a cluster that had ``count`` rows with these sums before it."""
        self.rows += 1
        self.total += loss
        self.squares += loss * loss
        if count < 1:
            return
        if count == 1:
            self.clusters += 1
            self.members += 1
            self.within += total
        else:
            self.pairs -= (total * total - squares) / (count - 1)
        self.members += 1
        self.within += loss
        after, squared = total + loss, squares + loss * loss
        self.pairs += (after * after - squared) / count

    def __add__(self, other: Dependence) -> Dependence:
        """Add the sums of other clusters."""
        return Dependence(*(self.array() + other.array()).tolist())

    @property
    def mean(self) -> float:
        """The mean loss."""
        return self.total / self.rows if self.rows else math.nan

    @property
    def variance(self) -> float:
        """The variance of a loss."""
        return max(self.squares / self.rows - self.mean**2, 0.0) if self.rows else math.nan

    @property
    def correlation(self) -> float:
        """The intraclass correlation, at least 0; NaN where too few clusters tell."""
        if self.clusters < FEWEST_CLUSTERS or not self.variance > 0:
            return math.nan
        mean = self.mean
        shared = (self.pairs - 2 * mean * self.within + mean * mean * self.members) / self.members
        return float(min(max(shared / self.variance, 0.0), _MOST))

    @property
    def cautious(self) -> float:
        """The intraclass correlation to reckon with: one standard error above the estimate."""
        found = self.correlation
        if math.isnan(found):
            return 0.0 if self.clusters == 0 else UNKNOWN
        size = self.members / self.clusters
        return min(found + math.sqrt(2 / (self.clusters - 1)) / size, _MOST)

    def error_of_mean(self) -> float:
        """Return the standard error of the mean, widened by what the rows of a cluster share."""
        if self.rows < 2:
            return math.inf
        size = self.members / self.clusters if self.clusters else 1.0
        alike = self.correlation
        design = 1 + (size - 1) * (0.0 if math.isnan(alike) else alike)
        return math.sqrt(self.variance * design / self.rows)

    def array(self) -> NDArray[np.float64]:
        """Return the sums as one array, shape ``(7,)``."""
        return np.array([getattr(self, name) for name in self.__slots__], dtype=np.float64)


def dependence_of(losses: NDArray[np.float64], clusters: NDArray[np.int64]) -> Dependence:
    """Sum up losses, shape ``(rows,)``, by their clusters, shape ``(rows,)``."""
    found = Dependence(float(len(losses)), float(losses.sum()), float(np.square(losses).sum()))
    if not len(losses):
        return found
    _, place = np.unique(clusters, return_inverse=True)
    counts = np.bincount(place)
    sums, squares = np.bincount(place, losses), np.bincount(place, np.square(losses))
    many = counts > 1
    found.clusters, found.members = float(many.sum()), float(counts[many].sum())
    found.within = float(sums[many].sum())
    found.pairs = float(((sums[many] ** 2 - squares[many]) / (counts[many] - 1)).sum())
    return found
