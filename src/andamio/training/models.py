"""Trained models in one form: a margin from features, a link to the answer, and their piece of the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from andamio.features import (
    Combined,
    Curves,
    Kernel,
    Linear,
    Logistic,
    Score,
    Selected,
    Softmax,
    Trees,
    export_dummy,
    export_forest,
    export_lightgbm,
    export_linear,
)
from andamio.training.task import Floats

Matrix = NDArray[np.float32]
Thresholds = Mapping[int, NDArray[np.float32]]


class Link(StrEnum):
    """How a margin becomes an answer."""

    IDENTITY = "identity"
    LOGISTIC = "logistic"
    SOFTMAX = "softmax"


class Model(Protocol):
    """Anything that was trained and can be written into the graph."""

    @property
    def link(self) -> Link:
        """How its margin becomes an answer."""

    def margin(self, x: Matrix) -> Floats:
        """Answer before the link, shape ``(rows, width)``, in the library's own arithmetic."""

    def score(self) -> Score:
        """Its margin as a piece of the graph."""

    def thresholds(self) -> Thresholds:
        """The split points of its trees by feature column."""


def linked(margin: Floats, link: Link) -> Floats:
    """Turn margins into answers."""
    if link is Link.LOGISTIC:
        return 0.5 * (1.0 + np.tanh(0.5 * margin))
    if link is Link.SOFTMAX:
        grown = np.exp(margin - margin.max(axis=1, keepdims=True))
        return np.asarray(grown / grown.sum(axis=1, keepdims=True))
    return margin


def linked_score(score: Score, link: Link) -> Score:
    """Write the link into the graph."""
    if link is Link.LOGISTIC:
        return Logistic(score)
    return Softmax(score) if link is Link.SOFTMAX else score


@dataclass(frozen=True, slots=True, eq=False)
class ConstantModel:
    """The dummy: the mean, or the share of each class."""

    values: tuple[float, ...]
    link: Link = Link.IDENTITY

    def margin(self, x: Matrix) -> Floats:
        """Repeat the values."""
        return np.tile(np.array(self.values, dtype=np.float64), (len(x), 1))

    def score(self) -> Score:
        """Export it."""
        return export_dummy(self.values)

    def thresholds(self) -> Thresholds:
        """A constant splits nothing."""
        return {}


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """Weights on the raw features; standardisation is already folded into them.

    Attributes:
        coefficients: Shape ``(width, features)``.
        intercept: Shape ``(width,)``.
        link: Identity for numbers, logistic or softmax for classes.
    """

    coefficients: Floats
    intercept: Floats
    link: Link

    def margin(self, x: Matrix) -> Floats:
        """Multiply and add, in double precision as the graph does."""
        return np.asarray(x.astype(np.float64) @ self.coefficients.T + self.intercept)

    def score(self) -> Linear:
        """Export it."""
        return export_linear(self.coefficients, self.intercept)

    def thresholds(self) -> Thresholds:
        """A linear model splits nothing."""
        return {}


@dataclass(frozen=True, slots=True, eq=False)
class KernelModel:
    """A Gaussian process: kernels around the rows that it learnt from."""

    kernel: Kernel
    link: Link

    def margin(self, x: Matrix) -> Floats:
        """Weigh the kernels, in double precision as the graph does."""
        return self.kernel.values(x)

    def score(self) -> Kernel:
        """Export it."""
        return self.kernel

    def thresholds(self) -> Thresholds:
        """A smooth surface splits nothing."""
        return {}


@dataclass(frozen=True, slots=True, eq=False)
class CurvedModel:
    """A sum of one cubic for each feature."""

    curves: Curves
    link: Link = Link.IDENTITY

    def margin(self, x: Matrix) -> Floats:
        """Raise, multiply and add, in double precision as the graph does."""
        return self.curves.values(x)

    def score(self) -> Curves:
        """Export it."""
        return self.curves

    def thresholds(self) -> Thresholds:
        """A curve splits nothing."""
        return {}


@dataclass(frozen=True, slots=True, eq=False)
class BoostedModel:
    """LightGBM's trees; ``shift`` takes back what class weights did to the margins, one for each column."""

    booster: Any
    width: int
    link: Link
    shift: tuple[float, ...] = ()

    def margin(self, x: Matrix, rounds: int | None = None) -> Floats:
        """Ask LightGBM for raw scores, of the first rounds only if told so."""
        told = self.booster.predict(x, raw_score=True, num_threads=1, num_iteration=rounds or -1)
        raw = np.asarray(told, dtype=np.float64)
        return raw.reshape(len(x), self.width) + (np.array(self.shift) if self.shift else 0.0)

    def score(self) -> Score:
        """Export the trees, then the shift where there is one."""
        raw = export_lightgbm(self.booster, raw=True)
        if not any(self.shift):
            return raw
        return Combined((raw, export_dummy(self.shift)), (1.0, 1.0))

    def thresholds(self) -> Thresholds:
        """Return its split points."""
        return _tree_thresholds(export_lightgbm(self.booster, raw=True))


@dataclass(frozen=True, slots=True, eq=False)
class ForestModel:
    """A forest of scikit-learn: the mean of its leaves, or the chance of each class."""

    forest: Any
    is_binary: bool
    is_regression: bool
    link: Link = Link.IDENTITY

    def margin(self, x: Matrix) -> Floats:
        """Ask scikit-learn."""
        if self.is_regression:
            return np.asarray(self.forest.predict(x), dtype=np.float64)[:, None]
        chances = np.asarray(self.forest.predict_proba(x), dtype=np.float64)
        return chances[:, 1:] if self.is_binary else chances

    def score(self) -> Score:
        """Export the trees."""
        trees = export_forest(self.forest)
        return Selected(trees, (1,)) if self.is_binary else trees

    def thresholds(self) -> Thresholds:
        """Return its split points."""
        return export_forest(self.forest).thresholds()


@dataclass(frozen=True, slots=True, eq=False)
class BlendedModel:
    """A weighted average of the answers of several models."""

    models: Sequence[Model]
    weights: tuple[float, ...]
    link: Link = field(default=Link.IDENTITY)

    def margin(self, x: Matrix) -> Floats:
        """Average the linked answers."""
        parts = (linked(m.margin(x), m.link) * w for m, w in zip(self.models, self.weights, strict=True))
        return np.asarray(sum(parts))

    def score(self) -> Score:
        """Export every part and the average."""
        return Combined(tuple(linked_score(m.score(), m.link) for m in self.models), self.weights)

    def thresholds(self) -> Thresholds:
        """Return the split points of all parts."""
        found: dict[int, NDArray[np.float32]] = {}
        for model in self.models:
            for column, values in model.thresholds().items():
                found[column] = np.union1d(found.get(column, values), values)
        return found


def _tree_thresholds(score: Score) -> Thresholds:
    return score.thresholds() if isinstance(score, Trees) else {}
