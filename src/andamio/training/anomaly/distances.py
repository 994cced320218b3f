"""Distances from the middle of what is usual: Mahalanobis, robust Mahalanobis, and principal components."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.covariance import LedoitWolf, MinCovDet

from andamio.errors import Text, text
from andamio.features import Distance
from andamio.training.anomaly.candidates import Floats, some_rows, standard
from andamio.training.models import Matrix, Thresholds

_LEAST_SHARE = 1e-9
_STRETCHES = 10
_ROBUST_ROWS, _ROBUST_FEATURES = 4000, 40


@dataclass(frozen=True, slots=True, eq=False)
class Length:
    """The length of a linear image of the features.

    Attributes:
        weights: Shape ``(features, directions)``.
        shift: Shape ``(directions,)``.
    """

    weights: Floats
    shift: Floats

    def raw(self, x: Matrix) -> Floats:
        """Multiply, add, and take the length, in double as the graph does."""
        turned = x.astype(np.float64) @ self.weights + self.shift
        return np.asarray(np.sqrt(np.square(turned).sum(axis=1)))

    def score(self) -> Distance:
        """Export it."""
        return Distance(self.weights, self.shift)

    def thresholds(self) -> Thresholds:
        """A distance splits nothing."""
        return {}


@dataclass(frozen=True, slots=True)
class Mahalanobis:
    """The distance in units of the usual variation, with a covariance shrunk towards independence.

    Rows come in the order of time. What the levels of ten stretches vary by is added: a stretch to come has
    a level of its own, and a tag that wanders must go further before it is unusual.

    Source: Ledoit & Wolf, Journal of Multivariate Analysis 88 (2004), 365-411; Searle, Casella & McCulloch,
    Variance Components (1992), section 7.2 (foretelling a new level of a random effect).
    """

    family: ClassVar[str] = "mahalanobis"
    title: ClassVar[Text] = text("distance from the usual (Mahalanobis)")

    def settings(self) -> Mapping[str, object]:
        """It has none."""
        return {}

    def suits(self, rows: int, features: int) -> bool:
        """Shrinkage copes with few rows."""
        return rows >= 10 and features > 0

    def learn(self, x: Matrix, seed: int) -> Length:  # noqa: ARG002  the protocol names it
        """Estimate mean and covariance."""
        mean, scale = standard(x)
        z = (x.astype(np.float64) - mean) / scale
        within = LedoitWolf(assume_centered=True).fit(z).covariance_
        return whitened(within + between(z), mean, scale)


def between(z: Floats) -> Floats:
    """Measure how the levels of ten stretches of centred rows vary, shape ``(features, features)``."""
    levels = np.array([stretch.mean(axis=0) for stretch in np.array_split(z, min(_STRETCHES, len(z)))])
    return np.asarray(levels.T @ levels / max(len(levels) - 1, 1))


@dataclass(frozen=True, slots=True)
class RobustMahalanobis:
    """The same, from the half of the rows that lie closest together: a tenth of bad history does no harm.

    Source: Rousseeuw & Van Driessen, Technometrics 41 (1999), 212-223 (minimum covariance determinant).
    """

    family: ClassVar[str] = "robust-mahalanobis"
    title: ClassVar[Text] = text("distance from the usual, robust (minimum covariance determinant)")

    def settings(self) -> Mapping[str, object]:
        """It has none."""
        return {}

    def suits(self, rows: int, features: int) -> bool:
        """Half of the rows must still be many times the features."""
        return rows >= 10 * features and features <= _ROBUST_FEATURES

    def learn(self, x: Matrix, seed: int) -> Length:
        """Estimate mean and covariance from the closest rows."""
        mean, scale = standard(x)
        z = (some_rows(x, _ROBUST_ROWS, seed).astype(np.float64) - mean) / scale
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a covariance without full rank is lifted below
            found = MinCovDet(random_state=seed).fit(z)
        return whitened(found.covariance_, mean + scale * found.location_, scale)


@dataclass(frozen=True, slots=True)
class PrincipalComponents:
    """T² within the main directions of variation and SPE beside them, as one index.

    ``T²/τ² + SPE/δ²``, with the limits τ² and δ² that one usual row in a hundred passes.

    Source: Yue & Qin, Ind. Eng. Chem. Res. 40 (2001), 4403-4414 (combined index); Jackson & Mudholkar (1979).
    """

    share: float = 0.9
    family: ClassVar[str] = "components"
    title: ClassVar[Text] = text("principal components (T² and SPE)")

    def settings(self) -> Mapping[str, object]:
        """Share of the variation that the components keep."""
        return {"share": self.share}

    def suits(self, rows: int, features: int) -> bool:
        """Directions need two features and more rows than that."""
        return features >= 2 and rows >= 2 * features

    def learn(self, x: Matrix, seed: int) -> Length:  # noqa: ARG002  the protocol names it
        """Turn the features into components, scaled by their limits."""
        mean, scale = standard(x)
        z = (x.astype(np.float64) - mean) / scale
        size, turn = np.linalg.eigh(z.T @ z / len(z))
        size, turn = np.maximum(size[::-1], 0.0), turn[:, ::-1]
        kept = int(np.searchsorted(np.cumsum(size) / max(size.sum(), 1e-30), self.share)) + 1
        kept = min(kept, int((size > _LEAST_SHARE * size[0]).sum()))
        main = turn[:, :kept] / np.sqrt(size[:kept])
        beside = turn[:, kept:]
        parts = [main / np.sqrt(_limit(z @ main))]
        if beside.shape[1]:
            parts.append(beside / np.sqrt(max(_limit(z @ beside), _LEAST_SHARE)))
        weights = np.concatenate(parts, axis=1) / scale[:, None]
        return Length(weights, -(mean @ weights))


def whitened(covariance: Floats, mean: Floats, scale: Floats) -> Length:
    """Return the Mahalanobis distance of a covariance of standardised features."""
    size, turn = np.linalg.eigh(covariance)
    size = np.maximum(size, 1e-6 * max(float(size[-1]), 1e-12))
    weights = (turn / np.sqrt(size)) / scale[:, None]
    return Length(weights, -(mean @ weights))


def _limit(turned: Floats) -> float:
    return float(np.quantile(np.square(turned).sum(axis=1), 0.99))
