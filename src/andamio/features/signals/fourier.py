"""Fourier's transform as standard ONNX operators: products with small constant matrices.

onnxruntime's own ``DFT`` needs about six times as long for 2,048 samples, and for a length that is no power
of two it is slow (12 ms for 2,053) and exact to three digits only. These are exact to float32, give one row
the same bits as the same row among many, and need no more than ``MatMul``.
"""

from __future__ import annotations

import numpy as np
import spox.opset.ai.onnx.v18 as op
from spox import Var

from andamio.features.signals.split import Matrix, Split


def forward(signals: Var, split: Split) -> Var:
    """Transform signals ``(…, n)`` to coefficients, float32 ``(all, rows, 2 b)``: real, then imaginary."""
    laid_out = op.reshape(signals, _shape(-1, split.a, split.b))
    turned = _turn(op.matmul(constant(split.first), laid_out), split, back=False)
    return op.matmul(turned, constant(split.second))


def backward(coefficients: Var, split: Split, *, quarter: bool = False) -> Var:
    """Transform coefficients back to real signals, float32 ``(all, n)``.

    Args:
        coefficients: As ``forward`` gives them.
        split: The split that made them.
        quarter: Give Hilbert's transform of the signal instead.
    """
    last = split.quarter_turn @ split.back_second if quarter else split.back_second
    return _finish(op.matmul(coefficients, constant(last)), split)


def backward_real(real: Var, split: Split) -> Var:
    """Transform coefficients without an imaginary part, ``(all, rows, b)``, back to signals ``(all, n)``."""
    return _finish(op.matmul(real, constant(split.back_second[: split.b])), split)


def hilbert(signals: Var, split: Split) -> Var:
    """Give Hilbert's transform of signals ``(…, n)``, float32 ``(all, n)``.

    The coefficients themselves are not needed, so the two products in the middle become one.
    """
    laid_out = op.reshape(signals, _shape(-1, split.a, split.b))
    turned = _turn(op.matmul(constant(split.first), laid_out), split, back=False)
    middle = split.second @ split.quarter_turn @ split.back_second
    return _finish(op.matmul(turned, constant(middle)), split)


def constant(values: Matrix) -> Var:
    """Make a float32 constant."""
    return op.const(np.asarray(values, dtype=np.float32))


def _finish(halfway: Var, split: Split) -> Var:
    turned = _turn(halfway, split, back=True)
    pairs = op.reshape(turned, _shape(-1, 2 * split.rows, split.b))
    return op.reshape(op.matmul(constant(split.back_first), pairs), _shape(-1, split.length))


def _turn(values: Var, split: Split, *, back: bool) -> Var:
    """Turn ``x + iy`` by the twiddle: ``(…, rows, 2, b)`` in any layout to ``(all, rows, 2 b)``."""
    cosine, sine = split.turn
    signs = np.array([[-1.0], [1.0]] if back else [[1.0], [-1.0]])
    pairs = op.reshape(values, _shape(-1, split.rows, 2, split.b))
    swapped = op.gather(pairs, op.const(np.array([1, 0])), axis=2)
    # Both of the full shape: onnxruntime stretches a constant along an inner axis at twice the cost.
    both = np.repeat(cosine, 2, axis=1)
    turned = op.add(op.mul(pairs, constant(both)), op.mul(swapped, constant(sine * signs)))
    return op.reshape(turned, _shape(-1, split.rows, 2 * split.b))


def _shape(*sizes: int) -> Var:
    return op.const(np.array(sizes, dtype=np.int64))
