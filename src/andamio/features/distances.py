"""How far a row lies from what is usual, as pieces of the graph: distances, their least, that of a regime.

All are float32 of shape ``(rows, 1)``, calculated in double: raw tags of different sizes meet in one sum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import spox.opset.ai.onnx.v18 as op
from numpy.typing import NDArray
from spox import Var

from andamio.features.scores import Score, Writing

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Distance:
    """The length of a linear image of the features: ``|features @ weights + shift|``.

    With the whitening matrix of a covariance it is the Mahalanobis distance; with the loadings of principal
    components and of what is left of them, each scaled by its limit, it is the combined index of T² and SPE.

    Args:
        weights: Shape ``(features, directions)``.
        shift: Shape ``(directions,)``.
    """

    weights: Floats
    shift: Floats

    @property
    def width(self) -> int:
        """One column."""
        return 1

    def nodes(self, writing: Writing) -> Var:
        """Multiply, add, and take the length."""
        features = op.cast(writing.features, to=np.float64)
        turned = op.gemm(features, op.const(np.ascontiguousarray(self.weights)), op.const(self.shift))
        return op.cast(op.reduce_l2(turned, op.const(np.array([1])), keepdims=1), to=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Reconstruction:
    """How far a row lies from its own reconstruction by a small network: ``|z - decoded(z)|``.

    ``z`` are the standardised features, ``(features - centre) / scale``; every hidden layer ends in tanh, the
    last one is linear.

    Args:
        centre: Shape ``(features,)``.
        scale: Shape ``(features,)``.
        weights: Of each layer, shape ``(in, out)``.
        biases: Of each layer, shape ``(out,)``.
        whitening: What the residual is multiplied with, shape ``(features, directions)``.
    """

    centre: Floats
    scale: Floats
    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    whitening: Floats

    @property
    def width(self) -> int:
        """One column."""
        return 1

    def nodes(self, writing: Writing) -> Var:
        """Standardise, pass the layers, subtract, and take the length."""
        features = op.cast(writing.features, to=np.float64)
        standard = op.div(op.sub(features, op.const(self.centre)), op.const(self.scale))
        hidden = standard
        for place, (weights, biases) in enumerate(zip(self.weights, self.biases, strict=True)):
            hidden = op.gemm(hidden, op.const(np.ascontiguousarray(weights)), op.const(biases))
            if place < len(self.weights) - 1:
                hidden = op.tanh(hidden)
        left = op.matmul(op.sub(standard, hidden), op.const(np.ascontiguousarray(self.whitening)))
        return op.cast(op.reduce_l2(left, op.const(np.array([1])), keepdims=1), to=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Smallest:
    """The least of several scores: the distance to the nearest operating point."""

    scores: tuple[Score, ...]

    @property
    def width(self) -> int:
        """One column."""
        return 1

    def nodes(self, writing: Writing) -> Var:
        """Take the least, column by column."""
        return op.min([writing.write(score) for score in self.scores])


@dataclass(frozen=True, slots=True, eq=False)
class ByRegime:
    """The score of the regime that the row tells; of one that none was learnt for, the last score.

    Args:
        columns: For each regime the feature column that is above one half in it.
        scores: One for each regime, then the one for all others.
    """

    columns: tuple[int, ...]
    scores: tuple[Score, ...]

    @property
    def width(self) -> int:
        """One column."""
        return 1

    def nodes(self, writing: Writing) -> Var:
        """Choose row by row."""
        chosen = writing.write(self.scores[-1])
        for column, score in zip(self.columns, self.scores, strict=False):
            flag = op.gather(writing.features, op.const(np.array([column])), axis=1)
            is_on = op.greater(flag, op.const(np.float32(0.5)))
            chosen = op.where(is_on, writing.write(score), chosen)
        return chosen


@dataclass(frozen=True, slots=True, eq=False)
class Ratio:
    """``max(0, (score - base) / (limit - base))``: 1 at the limit, never negative."""

    score: Score
    base: float
    limit: float

    @property
    def width(self) -> int:
        """One column."""
        return 1

    def nodes(self, writing: Writing) -> Var:
        """Subtract, divide, and cut at zero; in double, as it was calibrated."""
        raw = op.cast(writing.write(self.score), to=np.float64)
        part = op.div(op.sub(raw, op.const(self.base)), op.const(self.limit - self.base))
        return op.cast(op.max([part, op.const(0.0)]), to=np.float32)
