"""A linear model that may bend: ridge regression on each feature with its square and its cube.

Wear shows late and then fast. Along a history from new to worn each feature follows a curve of its own, and a
sum of such curves follows the remaining life with far fewer degrees of freedom than trees, which answer in
steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from andamio.errors import Text, text
from andamio.features import Curves, powers
from andamio.training.candidates import Folds, Rehearsal, Setting, gather
from andamio.training.models import CurvedModel, Link
from andamio.training.task import Floats

# On the squared weights of the standardised powers, per row.
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)
LIMIT = 5.0


@dataclass(frozen=True, slots=True)
class CurvedFit:
    """A number as a sum of cubics; cross-validation chooses the penalty."""

    penalty: float = 1e-3
    family: ClassVar[str] = "curved"
    title: ClassVar[Text] = text("curved linear model")

    def settings(self) -> Mapping[str, object]:
        """Tell the penalty."""
        return {"penalty": self.penalty}

    def train(self, given: Setting) -> CurvedModel:
        """Train with the chosen penalty."""
        return _Prepared.of(given).model(self.penalty)

    def rehearse(self, given: Setting, folds: Folds) -> Rehearsal:
        """Cross-validate each penalty, on one decomposition a fold, and keep the best."""
        prepared = [_Prepared.of(given.take(inside)) for inside, _ in folds]
        tried = []
        for penalty in PENALTIES:
            parts = [
                one.model(penalty).margin(given.x[outside])
                for one, (_, outside) in zip(prepared, folds, strict=True)
            ]
            margins = gather(parts, given, folds)
            tried.append((float(np.nanmean(given.task.losses(margins, given.y))), penalty, margins))
        _, penalty, margins = min(tried, key=lambda one: one[:2])
        return Rehearsal(CurvedFit(penalty), Link.IDENTITY, margins)


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    """Everything but the penalty: the powers' covariance, turned to its own axes."""

    mean: Floats
    scale: Floats
    centre: Floats
    size: Floats
    axes: Floats
    along: Floats
    level: float

    @classmethod
    def of(cls, given: Setting) -> _Prepared:
        values = given.x.astype(np.float64)
        mean, spread = values.mean(axis=0), values.std(axis=0)
        # A column that is constant but for rounding must not be blown up to unit size.
        scale = np.where(spread > 1e-6 * np.abs(mean) + 1e-30, spread, np.inf)
        grown = powers(values, mean, scale, LIMIT)
        centre, level = grown.mean(axis=0), float(given.y.mean())
        grown -= centre
        size, axes = np.linalg.eigh(grown.T @ grown / len(grown))
        along = axes.T @ (grown.T @ (given.y - level)) / len(grown)
        return cls(mean, scale, centre, size, axes, along, level)

    def model(self, penalty: float) -> CurvedModel:
        weights = self.axes @ (self.along / (np.maximum(self.size, 0.0) + penalty))
        return CurvedModel(
            Curves(
                self.mean,
                self.scale,
                LIMIT,
                weights[None, :],
                np.array([self.level - float(weights @ self.centre)]),
            )
        )
