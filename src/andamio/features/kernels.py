"""A sum of kernels around the rows that were learnt from, as a piece of the graph."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import spox.opset.ai.onnx.v18 as op
from numpy.typing import NDArray
from spox import Var

from andamio.features.scores import Writing

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """``sum_i weights_i exp(-|z - points_i|² / 2) + slope · z + intercept``; ``z = (x - centre) * scale``.

    Distances are ``|z|² - 2 z·p + |p|²`` of centred and scaled values, in double: raw tags such as 1,500 rpm
    would leave no digits for a small difference.

    Attributes:
        centre: Shape ``(features,)``.
        scale: One over the length over which each feature matters, shape ``(features,)``.
        points: Rows learnt from, centred and scaled, shape ``(points, features)``.
        weights: Shape ``(points,)``.
        slope: Shape ``(features,)``.
        intercept: A number.
    """

    centre: Floats
    scale: Floats
    points: Floats
    weights: Floats
    slope: Floats
    intercept: float

    @property
    def width(self) -> int:
        """One column."""
        return 1

    def values(self, x: NDArray[np.float32]) -> Floats:
        """Compute the same with numpy, shape ``(rows, 1)``."""
        z = (x.astype(np.float64) - self.centre) * self.scale
        far = (z * z).sum(axis=1)[:, None] - 2.0 * z @ self.points.T + (self.points**2).sum(axis=1)
        near = np.exp(-0.5 * np.maximum(far, 0.0))
        return np.asarray((near @ self.weights + z @ self.slope + self.intercept)[:, None])

    def nodes(self, writing: Writing) -> Var:
        """Centre, scale, measure the distances, weigh the kernels; all in double."""
        features = op.cast(writing.features, to=np.float64)
        z = op.mul(op.sub(features, op.const(self.centre)), op.const(self.scale))
        own = op.reduce_sum(op.mul(z, z), op.const(np.array([1])), keepdims=True)
        across = op.matmul(z, op.const(np.ascontiguousarray(-2.0 * self.points.T)))
        far = op.add(op.add(own, across), op.const((self.points**2).sum(axis=1)[None, :]))
        near = op.exp(op.mul(op.max([far, op.const(np.float64(0.0))]), op.const(np.float64(-0.5))))
        total = op.matmul(near, op.const(self.weights[:, None]))
        line = op.gemm(z, op.const(self.slope[:, None]), op.const(np.array([self.intercept])))
        return op.cast(op.add(total, line), to=np.float32)
