"""A small autoencoder: what it cannot draw again from few numbers is unusual."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from andamio.errors import Text, text
from andamio.features import Reconstruction
from andamio.training.anomaly.candidates import Floats, some_rows, standard
from andamio.training.models import Matrix, Thresholds

_MOST_ROWS, _MOST_FEATURES, _ROUNDS = 4000, 100, 150
_SMALLEST = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A trained autoencoder: layers behind tanh, the residual scaled by its usual size."""

    centre: Floats
    scale: Floats
    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    whitening: Floats

    def residual(self, x: Matrix) -> Floats:
        """Return what is left of the standardised features, shape ``(rows, features)``."""
        standardised = (x.astype(np.float64) - self.centre) / self.scale
        hidden = standardised
        for place, (weights, biases) in enumerate(zip(self.weights, self.biases, strict=True)):
            hidden = hidden @ weights + biases
            if place < len(self.weights) - 1:
                hidden = np.tanh(hidden)
        return np.asarray(standardised - hidden)

    def raw(self, x: Matrix) -> Floats:
        """Return the length of the scaled residual."""
        return np.asarray(np.sqrt(np.square(self.residual(x) @ self.whitening).sum(axis=1)))

    def score(self) -> Reconstruction:
        """Export the layers as products."""
        return Reconstruction(self.centre, self.scale, self.weights, self.biases, self.whitening)

    def thresholds(self) -> Thresholds:
        """A network splits nothing."""
        return {}


@dataclass(frozen=True, slots=True)
class Autoencoder:
    """The autoencoder as a candidate: a third of the features in the middle, twice that on both sides."""

    family: ClassVar[str] = "autoencoder"
    title: ClassVar[Text] = text("autoencoder (a small neural network)")

    def settings(self) -> Mapping[str, object]:
        """Rounds of training."""
        return {"rounds": _ROUNDS}

    def suits(self, rows: int, features: int) -> bool:
        """Weights need rows, and something to leave out."""
        return features >= 3 and rows >= 10 * features and features <= _MOST_FEATURES

    def learn(self, x: Matrix, seed: int) -> Drawn:
        """Train it to draw its inputs again."""
        centre, scale = standard(x)
        z = (some_rows(x, _MOST_ROWS, seed).astype(np.float64) - centre) / scale
        middle = max(1, z.shape[1] // 3)
        network = MLPRegressor(
            hidden_layer_sizes=(2 * middle, middle, 2 * middle),
            activation="tanh",
            solver="lbfgs",
            alpha=1e-2,
            max_iter=_ROUNDS,
            random_state=seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit(z, z)
        weights, biases = tuple(map(np.asarray, network.coefs_)), tuple(map(np.asarray, network.intercepts_))
        plain = Drawn(centre, scale, weights, biases, np.eye(z.shape[1]))
        left = plain.residual(x).std(axis=0)
        whitening = np.diag(1.0 / np.maximum(left, _SMALLEST))
        return Drawn(centre, scale, weights, biases, whitening)
