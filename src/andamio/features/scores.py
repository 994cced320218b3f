"""What turns features into numbers: models and the small steps after them, as pieces that combine.

A ``Score`` knows how to write itself as ONNX nodes. A calibrated ensemble is written as it reads:

    Platt(Average((export_lightgbm(booster), export_forest(forest))), a=-1.3, b=0.2)

Every score gives float32 of shape ``(rows, width)``. Used twice, the same object is computed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import spox.opset.ai.onnx.v18 as op
from numpy.typing import ArrayLike, NDArray
from spox import Var


@dataclass(slots=True)
class Writing:
    """A graph being written: its inputs by name, its features, and the scores written so far."""

    arguments: dict[str, Var]
    features: Var
    names: tuple[str, ...]
    written: dict[int, tuple[Score, Var]] = field(default_factory=dict)

    def write(self, score: Score) -> Var:
        """Write a score, or return what it gave when it was written before."""
        known = self.written.get(id(score))
        if known is None:
            known = self.written[id(score)] = (score, score.nodes(self))
        return known[1]


class Score(Protocol):
    """Anything that can be written into the graph as float32 ``(rows, width)``."""

    @property
    def width(self) -> int:
        """The number of columns it gives."""

    def nodes(self, writing: Writing) -> Var:
        """Add its nodes and return its result."""


def _floats(values: ArrayLike) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float64).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """A linear model: ``features @ coefficients.T + intercept``.

    Args:
        coefficients: Shape ``(outputs, features)``.
        intercept: Shape ``(outputs,)``.
    """

    coefficients: NDArray[np.float64]
    intercept: NDArray[np.float64]

    @property
    def width(self) -> int:
        """One column for each output."""
        return len(self.coefficients)

    def nodes(self, writing: Writing) -> Var:
        """Multiply and add at once; in double, since raw tags of different sizes meet in one sum."""
        features = op.cast(writing.features, to=np.float64)
        weights = op.const(np.ascontiguousarray(self.coefficients.T))
        total = op.gemm(features, weights, op.const(self.intercept))
        return op.cast(total, to=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Always:
    """A model that answers the same whatever it is asked: the dummy that others must beat."""

    values: tuple[float, ...]

    @property
    def width(self) -> int:
        """One column for each value."""
        return len(self.values)

    def nodes(self, writing: Writing) -> Var:
        """Repeat the values for each row."""
        rows = op.gather(op.shape(writing.features), op.const(np.array([0])), axis=0)
        shape = op.concat([rows, op.const(np.array([self.width]))], axis=0)
        return op.expand(op.const(_floats([self.values])), shape)


@dataclass(frozen=True, slots=True, eq=False)
class Combined:
    """A weighted sum of scores plus a constant: an ensemble, or an interval's limit.

    ``Combined((value,), (1.0,), -q)`` is a constant distance below a value;
    ``Combined((value, spread), (1.0, -q))`` one that grows with the row's own uncertainty.
    """

    scores: tuple[Score, ...]
    weights: tuple[float, ...]
    constant: float = 0.0

    @property
    def width(self) -> int:
        """The width that all its scores share."""
        return self.scores[0].width

    def nodes(self, writing: Writing) -> Var:
        """Add the weighted scores from left to right."""
        total: Var | None = None
        for score, weight in zip(self.scores, self.weights, strict=True):
            term = writing.write(score)
            if weight != 1.0:
                term = op.mul(term, op.const(np.float32(weight)))
            total = term if total is None else op.add(total, term)
        if total is None:
            return writing.write(Always((self.constant,)))
        return op.add(total, op.const(np.float32(self.constant))) if self.constant else total


def average(scores: Sequence[Score], weights: Sequence[float] | None = None) -> Combined:
    """Average scores of one width; ``weights`` need not add up to one."""
    shares = np.asarray(weights if weights is not None else [1.0] * len(scores), dtype=np.float64)
    return Combined(tuple(scores), tuple((shares / shares.sum()).tolist()))


@dataclass(frozen=True, slots=True, eq=False)
class Logistic:
    """``1 / (1 + exp(-scale * (score + shift)))``, column by column."""

    score: Score
    scale: float = 1.0
    shift: float = 0.0

    @property
    def width(self) -> int:
        """That of the score."""
        return self.score.width

    def nodes(self, writing: Writing) -> Var:
        """Scale, then apply the sigmoid."""
        raw = writing.write(self.score)
        if self.shift:
            raw = op.add(raw, op.const(np.float32(self.shift)))
        if self.scale != 1.0:
            raw = op.mul(raw, op.const(np.float32(self.scale)))
        return op.sigmoid(raw)


@dataclass(frozen=True, slots=True, eq=False)
class Softmax:
    """Turn raw scores of all classes into probabilities."""

    score: Score

    @property
    def width(self) -> int:
        """That of the score."""
        return self.score.width

    def nodes(self, writing: Writing) -> Var:
        """Apply softmax over the columns."""
        return op.softmax(writing.write(self.score), axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Exponential:
    """``exp(score) + shift``: for models of a logarithm (``shift=-1`` undoes ``log1p``)."""

    score: Score
    shift: float = 0.0

    @property
    def width(self) -> int:
        """That of the score."""
        return self.score.width

    def nodes(self, writing: Writing) -> Var:
        """Apply the exponential."""
        grown = op.exp(writing.write(self.score))
        return op.add(grown, op.const(np.float32(self.shift))) if self.shift else grown


@dataclass(frozen=True, slots=True, eq=False)
class Limited:
    """A score kept between two numbers."""

    score: Score
    low: float
    high: float

    @property
    def width(self) -> int:
        """That of the score."""
        return self.score.width

    def nodes(self, writing: Writing) -> Var:
        """Clip."""
        return op.clip(
            writing.write(self.score), op.const(np.float32(self.low)), op.const(np.float32(self.high))
        )


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """Some columns of a score, in a given order."""

    score: Score
    columns: tuple[int, ...]

    @property
    def width(self) -> int:
        """The number of columns chosen."""
        return len(self.columns)

    def nodes(self, writing: Writing) -> Var:
        """Gather the columns."""
        return op.gather(writing.write(self.score), op.const(np.array(self.columns, dtype=np.int64)), axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """Scores side by side: one calibrated column for each class, say."""

    scores: tuple[Score, ...]

    @property
    def width(self) -> int:
        """The sum of their widths."""
        return sum(score.width for score in self.scores)

    def nodes(self, writing: Writing) -> Var:
        """Join the columns."""
        return op.concat([writing.write(score) for score in self.scores], axis=1)
