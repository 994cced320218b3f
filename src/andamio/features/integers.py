"""The convolutions of a network in whole numbers of 8 bits, as onnxruntime computes them from QDQ nodes.

Static quantisation: every tensor has a scale that was found beforehand on rows that were learnt from.
Weights are symmetric, one scale for each output channel, and have seven bits: processors without VNNI add
two products of an unsigned and a signed byte in 16 bits, which eight bits overflow, and the same row would
then be answered differently on another box.

``values`` repeats the whole arithmetic in numpy: sums are exact, and are scaled and rounded as onnxruntime
does, half to even.

Source: Jacob et al., Quantization and training of neural networks for efficient integer-arithmetic-only
inference, CVPR (2018), section 2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import spox.opset.ai.onnx.v18 as op
from numpy.typing import NDArray
from spox import Var

from andamio.features.networks import Doubles, Layer, Network, Singles, convolved

# Of 255 steps a standardised signal takes these: zero lies in the middle.
_MIDDLE = 128
_MOST_WEIGHT = 63
# How far the largest number seen is cut, where finer steps below are worth it.
_CUTS = (1.0, 0.8, 0.6, 0.45, 0.3)
_LOOKED_AT = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class WholeLayer:
    """One convolution in whole numbers.

    Attributes:
        layer: The same in float32.
        weights: int8, shape ``(out, in, kernel)``.
        bias: int32, shape ``(out,)``.
        entering: Scale of what comes in.
        scales: Of the weights, shape ``(out,)``.
        leaving: Scale of what goes out.
    """

    layer: Layer
    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    entering: np.float32
    scales: Singles
    leaving: np.float32


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """Convolutions in whole numbers of 8 bits."""

    whole: tuple[WholeLayer, ...]

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The convolutions as they were in float32."""
        return tuple(one.layer for one in self.whole)

    def nodes(self, x: Var) -> Var:
        """Write each convolution between a pair of nodes that round, which onnxruntime makes one."""
        zero = np.uint8(_MIDDLE)
        for one in self.whole:
            x = _rounded(x, one.entering, zero)
            weights = op.dequantize_linear(
                op.const(one.weights),
                op.const(one.scales),
                op.const(np.zeros(len(one.scales), np.int8)),
                axis=0,
            )
            bias = op.dequantize_linear(
                op.const(one.bias),
                op.const((one.entering * one.scales).astype(np.float32)),
                op.const(np.zeros(len(one.scales), np.int32)),
                axis=0,
            )
            x = op.relu(op.conv(x, weights, bias, strides=[one.layer.stride]))
            zero = np.uint8(0)
        return _rounded(x, self.whole[-1].leaving, zero)

    def values(self, x: Singles) -> Doubles:
        """Compute the same in numpy."""
        step, zero = self.whole[0].entering, _MIDDLE
        whole = np.clip(np.rint(x / step) + zero, 0, 255).astype(np.float64) - zero
        for one in self.whole:
            summed = convolved(whole, one.weights.astype(np.float64), one.layer.stride) + one.bias[:, None]
            scale = (one.entering * one.scales / one.leaving).astype(np.float32)
            whole = np.clip(np.rint(summed.astype(np.float32) * scale[:, None]), 0, 255).astype(np.float64)
        return np.asarray(whole * float(self.whole[-1].leaving))


def in_whole_numbers(network: Network, channels: Singles) -> Network:
    """Return a network whose convolutions are computed in whole numbers of 8 bits.

    Args:
        network: In float32.
        channels: Rows that it has learnt from, shape ``(rows, channels, samples)``: what its scales are for.
    """
    known = channels[np.isfinite(channels).all(axis=(1, 2))]
    x = network.standardised(known).astype(np.float64)
    entering = _step(x, 255 - _MIDDLE)
    whole = []
    for layer in network.stages.layers:
        x = np.maximum(convolved(x, layer.weights.astype(np.float64), layer.stride) + layer.bias[:, None], 0)
        leaving = _step(x, 255)
        whole.append(_whole(layer, entering, leaving))
        entering = leaving
    return replace(network, stages=Whole(tuple(whole)))


def _whole(layer: Layer, entering: np.float32, leaving: np.float32) -> WholeLayer:
    largest = np.abs(layer.weights).max(axis=(1, 2))
    scales = (np.where(largest > 0, largest, 1.0) / _MOST_WEIGHT).astype(np.float32)
    weights = np.rint(layer.weights / scales[:, None, None]).astype(np.int8)
    bias = np.rint(layer.bias.astype(np.float64) / (float(entering) * scales)).astype(np.int32)
    return WholeLayer(layer, weights, bias, entering, scales, leaving)


def _rounded(x: Var, step: np.float32, zero: np.uint8) -> Var:
    scale, middle = op.const(step), op.const(zero)
    return op.dequantize_linear(op.quantize_linear(x, scale, middle), scale, middle)


def _step(x: Doubles, steps: int) -> np.float32:
    """Find the step that loses least of some numbers: the largest may be cut for the sake of all others."""
    flat = np.abs(x.reshape(-1))
    largest = float(flat.max(initial=0.0)) or 1.0
    looked = flat[:: max(1, len(flat) // _LOOKED_AT)]

    def lost(cut: float) -> float:
        step = cut * largest / steps
        return float(np.square(np.minimum(np.rint(looked / step), steps) * step - looked).mean())

    return np.float32(min(_CUTS, key=lost) * largest / steps)
