"""A linear model that may bend: each feature with its square and its cube."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import spox.opset.ai.onnx.v18 as op
from numpy.typing import NDArray
from spox import Var

from andamio.features.scores import Writing


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """A sum of one cubic for each feature: ``[z, z², z³] @ coefficients.T + intercept``.

    ``z`` is the standardised feature, kept within ``limit`` so that no cube runs away beyond what was seen.

    Args:
        mean: Of each feature, shape ``(features,)``.
        scale: Its spread, shape ``(features,)``.
        limit: How many spreads from the mean are believed.
        coefficients: Shape ``(outputs, 3 * features)``: of all first powers, then squares, then cubes.
        intercept: Shape ``(outputs,)``.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    limit: float
    coefficients: NDArray[np.float64]
    intercept: NDArray[np.float64]

    @property
    def width(self) -> int:
        """One column for each output."""
        return len(self.coefficients)

    def values(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Answer without a graph, shape ``(rows, outputs)``."""
        grown = powers(features.astype(np.float64), self.mean, self.scale, self.limit)
        return np.asarray(grown @ self.coefficients.T + self.intercept)

    def nodes(self, writing: Writing) -> Var:
        """Standardise, clip, multiply; in double, since large powers cancel in one sum."""
        raw = op.cast(writing.features, to=np.float64)
        z = op.div(op.sub(raw, op.const(self.mean)), op.const(self.scale))
        z = op.clip(z, op.const(np.float64(-self.limit)), op.const(np.float64(self.limit)))
        square = op.mul(z, z)
        powers = op.concat([z, square, op.mul(square, z)], axis=1)
        weights = op.const(np.ascontiguousarray(self.coefficients.T))
        return op.cast(op.gemm(powers, weights, op.const(self.intercept)), to=np.float32)


def powers(
    values: NDArray[np.float64], mean: NDArray[np.float64], scale: NDArray[np.float64], limit: float
) -> NDArray[np.float64]:
    """Return standardised features, their squares and their cubes, shape ``(rows, 3 * features)``."""
    z = np.clip((values - mean) / scale, -limit, limit)
    square = z * z
    return np.hstack([z, square, square * z])
