"""Make probabilities mean what they say: the steps after a classifier's score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import spox.opset.ai.onnx.v18 as op
from spox import Var

from andamio.features.scores import Score, Writing


@dataclass(frozen=True, slots=True, eq=False)
class Platt:
    """Platt's sigmoid, ``1 / (1 + exp(a * score + b))``, with the signs that scikit-learn uses.

    Source: Platt, Probabilistic outputs for support vector machines (1999).
    """

    score: Score
    a: float
    b: float

    @property
    def width(self) -> int:
        """That of the score."""
        return self.score.width

    def nodes(self, writing: Writing) -> Var:
        """Write the sigmoid of ``-(a * score + b)``."""
        raw = op.mul(writing.write(self.score), op.const(np.float32(-self.a)))
        return op.sigmoid(op.sub(raw, op.const(np.float32(self.b))))


@dataclass(frozen=True, slots=True, eq=False)
class Isotonic:
    """A curve through points, straight between them and level outside: isotonic regression's answer.

    Args:
        score: Shape ``(rows, 1)``.
        x: The scores of the points, rising strictly.
        y: The probabilities at the points, never falling.

    Source: Zadrozny & Elkan, Transforming classifier scores into accurate probability estimates (2002).
    """

    score: Score
    x: tuple[float, ...]
    y: tuple[float, ...]

    @property
    def width(self) -> int:
        """One column."""
        return 1

    def nodes(self, writing: Writing) -> Var:
        """Find the piece of each row by counting the points below it, then interpolate."""
        x, y = np.asarray(self.x, dtype=np.float32), np.asarray(self.y, dtype=np.float32)
        raw = writing.write(self.score)
        if len(x) == 1:
            return op.add(op.mul(raw, op.const(np.float32(0))), op.const(y[0]))
        low, high = op.const(x[0]), op.const(x[-1])
        inside = op.clip(raw, low, high)
        below = op.cast(op.greater(inside, op.const(x[None, 1:-1])), to=np.int64)
        piece = op.reduce_sum(below, op.const(np.array([1])), keepdims=1)
        step = np.diff(x)
        slope = np.diff(y) / step
        return op.add(
            op.mul(op.sub(inside, op.gather(op.const(x[:-1]), piece)), op.gather(op.const(slope), piece)),
            op.gather(op.const(y[:-1]), piece),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Normalised:
    """Probabilities of several classes divided by their sum; all zero becomes all equal."""

    score: Score

    @property
    def width(self) -> int:
        """That of the score."""
        return self.score.width

    def nodes(self, writing: Writing) -> Var:
        """Divide by the sum of each row."""
        given = op.add(writing.write(self.score), op.const(np.float32(1e-30)))
        return op.div(given, op.reduce_sum(given, op.const(np.array([1])), keepdims=1))
