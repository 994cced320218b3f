"""Forecast residuals: a row is unusual where it differs from what the samples before it foretell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.covariance import LedoitWolf

from andamio.contracts.contract import Contract, Feature
from andamio.errors import Text, text
from andamio.training.anomaly.candidates import Floats, standard
from andamio.training.anomaly.distances import Length, whitened
from andamio.training.models import Matrix

LAGS = 3
_PENALTY = 1.0
_MOST_TAGS = 60


def lagged(contract: Contract, excluded: frozenset[str]) -> tuple[Feature, ...]:
    """Return the samples before the latest one as features, tag by tag; none where no window holds them.

    A cycle is resampled and has no latest sample; a contract's own features say what it wants.
    """
    window = contract.window
    if window is None or window.cycle is not None or contract.features or window.shortest <= LAGS:
        return ()
    tags = [tag for tag in window.tags if tag not in excluded]
    return tuple(
        Feature(_name(tag, lag, contract), f"mean(last(lag({tag}, {lag}), 1))")
        for tag in (tags if len(tags) <= _MOST_TAGS else ())
        for lag in range(1, LAGS + 1)
    )


def _name(tag: str, lag: int, contract: Contract) -> str:
    name = f"{tag}_before_{lag}"
    while name in contract.by_name:
        name = f"{name}_"
    return name


@dataclass(frozen=True, slots=True)
class Forecast:
    """A vector autoregression: every tag from the last samples of all, and the distance of what is left.

    ``y_t = c + sum_k A_k y_{t-k} + e_t`` by ridge regression on standardised tags; the score is the
    Mahalanobis distance of ``e_t``, its covariance shrunk. Written as one linear image of the features.

    Attributes:
        latest: Columns of the latest samples.
        before: Columns of the samples before them.

    Source: Lütkepohl, New Introduction to Multiple Time Series Analysis (2005), chapter 3; Hoerl & Kennard,
    Technometrics 12 (1970), 55-67.
    """

    latest: tuple[int, ...]
    before: tuple[int, ...]
    family: ClassVar[str] = "forecast"
    title: ClassVar[Text] = text("forecast from the samples before (vector autoregression)")

    def settings(self) -> Mapping[str, object]:
        """How many samples before the latest it reads."""
        return {"lags": LAGS}

    def suits(self, rows: int, features: int) -> bool:  # noqa: ARG002  it reads columns of its own
        """Twenty rows for each coefficient: of fewer it foretells the noise."""
        return bool(self.latest) and rows >= 20 * len(self.before)

    def learn(self, x: Matrix, seed: int) -> Length:  # noqa: ARG002  the protocol names it
        """Estimate coefficients and the covariance of what is left."""
        latest, before = list(self.latest), list(self.before)
        mean, scale = standard(x)
        z = (x.astype(np.float64) - mean) / scale
        known = z[:, before]
        ridge = known.T @ known + _PENALTY * np.eye(len(before))
        foretold = np.linalg.solve(ridge, known.T @ z[:, latest])
        left = z[:, latest] - known @ foretold
        residual: Floats = np.zeros((x.shape[1], len(latest)))
        residual[latest, np.arange(len(latest))] = 1.0
        residual[before] -= foretold
        residual = residual / scale[:, None]
        distance = whitened(LedoitWolf().fit(left).covariance_, left.mean(axis=0), np.ones(len(latest)))
        weights = residual @ distance.weights
        return Length(weights, distance.shift - mean @ weights)
