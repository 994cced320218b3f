"""What is tried: each candidate learns what is usual from rows, and tells of any row how far it lies off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from andamio.errors import Text
from andamio.features import Score
from andamio.training.models import Matrix, Thresholds

Floats = NDArray[np.float64]


class Usual(Protocol):
    """What was learnt as usual."""

    def raw(self, x: Matrix) -> Floats:
        """Tell how far each row lies from it, shape ``(rows,)``, in its own measure; more is further."""

    def score(self) -> Score:
        """The same as a piece of the graph."""

    def thresholds(self) -> Thresholds:
        """The split points of its trees by feature column."""


class Candidate(Protocol):
    """A way to learn what is usual."""

    @property
    def family(self) -> str:
        """Its kind, for programs."""

    @property
    def title(self) -> Text:
        """Its kind, for people."""

    def settings(self) -> Mapping[str, object]:
        """Its settings as plain values."""

    def suits(self, rows: int, features: int) -> bool:
        """Tell whether so many rows are enough for it, and few enough."""

    def learn(self, x: Matrix, seed: int) -> Usual:
        """Learn from rows, shape ``(rows, features)``: asset by asset, each in the order of time."""


def standard(x: Matrix) -> tuple[Floats, Floats]:
    """Return centre and scale of every feature; one that never moves is scaled by a twentieth of its size.

    Returns:
        Mean and scale, each of shape ``(features,)``; the scale is never zero.
    """
    values = x.astype(np.float64)
    mean, spread = values.mean(axis=0), values.std(axis=0)
    still = spread <= 1e-6 * np.abs(mean) + 1e-12
    held = np.where(np.abs(mean) > 0, 0.05 * np.abs(mean), 1.0)
    return mean, np.where(still, held, spread)


def some_rows(x: Matrix, most: int, seed: int) -> Matrix:
    """Return all rows, or so many of them drawn evenly, in their order."""
    if len(x) <= most:
        return x
    drawn = np.random.default_rng(seed).choice(len(x), most, replace=False)
    return x[np.sort(drawn)]
