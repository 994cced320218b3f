"""A small network over signals as features: convolutions along the samples, their mean, a weighted sum.

Signals of one length are its channels. They are standardised, pass some convolutions with a stride, each cut
off at zero, and the mean over time of the last ones is weighed into one column for each answer. What the
network makes of a row is a feature like any other: it is seen by monitoring, explained, and answered from.

``values`` computes the same in numpy, apart from onnxruntime, so that the graph can be held to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import spox.opset.ai.onnx.v18 as op
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from spox import Var

from andamio.features.signals.stacks import axes

NETWORK_COLUMN = "network."
Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]
_AT_ONCE = 256


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One convolution, with what normalised it folded in; what is below zero is cut off behind it.

    Attributes:
        weights: Shape ``(out, in, kernel)``.
        bias: Shape ``(out,)``.
        stride: Samples from one place to the next.
    """

    weights: Singles
    bias: Singles
    stride: int

    def length(self, samples: int) -> int:
        """Count the places of a signal of so many samples."""
        return (samples - int(self.weights.shape[2])) // self.stride + 1


class Stages(Protocol):
    """How the convolutions are computed: in float32, or in whole numbers of 8 bits."""

    def nodes(self, x: Var) -> Var:
        """Write them; standardised samples ``(rows, channels, samples)`` in, ``(rows, out, places)`` out."""

    def values(self, x: Singles) -> Doubles:
        """Compute them in numpy."""

    @property
    def layers(self) -> Sequence[Layer]:
        """The convolutions, in float32."""


@dataclass(frozen=True, slots=True, eq=False)
class Floating:
    """Convolutions in float32."""

    layers: tuple[Layer, ...]

    def nodes(self, x: Var) -> Var:
        """Write each convolution and its cut."""
        for layer in self.layers:
            x = op.relu(op.conv(x, op.const(layer.weights), op.const(layer.bias), strides=[layer.stride]))
        return x

    def values(self, x: Singles) -> Doubles:
        """Compute them in double precision."""
        out: Doubles = x.astype(np.float64)
        for layer in self.layers:
            out = np.maximum(
                convolved(out, layer.weights.astype(np.float64), layer.stride) + layer.bias[:, None], 0
            )
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A trained network.

    Attributes:
        signals: The names of its channels, in their order; all of ``samples`` samples.
        samples: Of each channel.
        mean: What is taken off each channel, shape ``(channels,)``.
        scale: What it is multiplied by then, shape ``(channels,)``.
        stages: The convolutions.
        head: Weights of the means over time, shape ``(columns, out)``.
        intercept: Shape ``(columns,)``.
        instead: What stands in each column where a sample is missing, shape ``(columns,)``.
    """

    signals: tuple[str, ...]
    samples: int
    mean: Singles
    scale: Singles
    stages: Stages
    head: Doubles
    intercept: Doubles
    instead: Singles

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the features that it makes."""
        return tuple(f"{NETWORK_COLUMN}{place + 1}" for place in range(len(self.head)))

    @property
    def parameters(self) -> int:
        """How many numbers it has learnt."""
        convolutions = sum(layer.weights.size + layer.bias.size for layer in self.stages.layers)
        return int(convolutions + self.head.size + self.intercept.size)

    def standardised(self, x: Singles) -> Singles:
        """Standardise samples, ``(rows, channels, samples)``, to the bit as the graph does."""
        return np.asarray((x - self.mean[:, None]) * self.scale[:, None])

    def nodes(self, channels: Var) -> Var:
        """Write it over samples of shape ``(rows, channels, samples)``; float32 ``(rows, columns)``."""
        many, places = len(self.signals), self._places
        x = op.sub(channels, op.const(self.mean[None, :, None]))
        x = op.mul(x, op.const(self.scale[None, :, None]))
        # A cut at zero would hide a missing sample, so what is missing goes another way.
        whole = op.reshape(op.matmul(x, op.const(np.zeros((self.samples, 1), np.float32))), axes(-1, many))
        hole = op.matmul(whole, op.const(np.zeros((many, 1), np.float32)))
        x = self.stages.nodes(op.where(op.isnan(x), op.const(np.float32(0)), x))
        # Means as products: their bits do not depend on where in memory a row begins.
        mean = op.matmul(x, op.const(np.full((places, 1), 1 / places, np.float32)))
        mean = op.cast(op.reshape(mean, axes(-1, self.head.shape[1])), to=np.float64)
        total = op.gemm(mean, op.const(np.ascontiguousarray(self.head.T)), op.const(self.intercept))
        total = op.add(op.cast(total, to=np.float32), hole)
        return op.where(op.isnan(op.sub(total, total)), op.const(self.instead[None, :]), total)

    def values(self, channels: Singles) -> Doubles:
        """Compute the same in numpy, shape ``(rows, columns)``."""
        parts = [self._values(channels[at : at + _AT_ONCE]) for at in range(0, len(channels), _AT_ONCE)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.head)))

    def _values(self, channels: Singles) -> Doubles:
        x = self.standardised(channels)
        known = np.isfinite(x).all(axis=(1, 2))
        total = np.tile(self.instead.astype(np.float64), (len(x), 1))
        total[known] = self.pooled(channels[known]) @ self.head.T + self.intercept
        return total

    def pooled(self, channels: Singles) -> Doubles:
        """Compute the means over time, shape ``(rows, out)``."""
        return np.asarray(self.stages.values(self.standardised(channels)).mean(axis=2))

    @property
    def _places(self) -> int:
        places = self.samples
        for layer in self.stages.layers:
            places = layer.length(places)
        return places


def convolved(x: Doubles, weights: Doubles, stride: int) -> Doubles:
    """Convolve ``(rows, in, samples)`` with ``(out, in, kernel)`` at every ``stride``-th place."""
    out, inside, kernel = weights.shape
    windows = sliding_window_view(x, kernel, axis=2)[:, :, ::stride]
    flat = windows.transpose(0, 2, 1, 3).reshape(len(x), -1, inside * kernel)
    return np.asarray((flat @ weights.reshape(out, -1).T).transpose(0, 2, 1))
