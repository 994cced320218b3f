"""Fourier's transform as standard ONNX operators: products with small constant matrices.

Between the two products of a transform stands a turn (the twiddle). It is made part of the second product, a
matrix for each row of coefficients, which saves four passes over the numbers; only long signals, whose
matrices would be large, are turned for themselves. The graph holds what these matrices are made of, which is
little, and onnxruntime makes them when it loads.

onnxruntime's own ``DFT`` needs about six times as long for 2,048 samples, and for a length that is no power
of two it is slow (12 ms for 2,053) and exact to three digits only. These are exact to float32, give one row
the same bits as the same row among many, and need no more than ``MatMul``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import spox.opset.ai.onnx.v18 as op
from spox import Var

from andamio.features.signals.split import Matrix, Split


def forward(signals: Var, split: Split) -> Var:
    """Transform signals ``(…, n)`` to coefficients, float32 ``(rows, all, 2 b)``: real, then imaginary."""
    half = _halfway(signals, split)
    if split.folds:
        return by_row(_exchanged(half, split), _turned(split, split.second))
    return _exchanged(op.matmul(_turn(half, split, back=False), constant(split.second)), split)


def backward(coefficients: Var, split: Split, *, quarter: bool = False) -> Var:
    """Transform coefficients back to real signals, float32 ``(all, n)``.

    Args:
        coefficients: As ``forward`` gives them.
        split: The split that made them.
        quarter: Give Hilbert's transform of the signal instead.
    """
    return _back(coefficients, split, _last(split, quarter=quarter))


def backward_real(real: Var, split: Split, factor: float) -> Var:
    """Transform coefficients without an imaginary part, ``(rows, all, b)``, back to signals ``(all, n)``.

    Args:
        real: The coefficients.
        split: The split that made them.
        factor: What they are multiplied by.
    """
    return _back(real, split, factor * split.back_second[: split.b])


def filtered(signals: Var, split: Split, kept: Matrix | None, *, quarters: Sequence[bool]) -> list[Var]:
    """Keep some of the coefficients of signals ``(…, n)`` and transform back, each float32 ``(all, n)``.

    The coefficients themselves are not needed, so that the products in the middle become one.

    Args:
        signals: The signals.
        split: A split of their length.
        kept: What each coefficient is multiplied by, ``(rows, b)``; None to keep all.
        quarters: For each result, whether it is Hilbert's transform.
    """
    both = None if kept is None else constant(np.concatenate([kept, kept], axis=1)[:, None, :])
    if not split.folds:
        found = forward(signals, split)
        found = found if both is None else op.mul(found, both)
        return [backward(found, split, quarter=quarter) for quarter in quarters]
    half = _exchanged(_halfway(signals, split), split)
    there = _turned(split, split.second)
    there = there if both is None else op.mul(there, both)
    return [
        _finish(
            by_row(half, _turned_back(split, op.matmul(there, constant(_last(split, quarter=quarter))))),
            split,
        )
        for quarter in quarters
    ]


def by_row(values: Var, tables: Var) -> Var:
    """Multiply ``(rows, all, m)`` by a table for each row, ``(rows, m, k)``.

    Halved and doubled, which changes no bit: onnxruntime makes the factor part of the product, and thereby
    takes for a row alone the same way as for many, and not another one whose last bit differs. It does so
    with its extended optimizations, which are part of its default; with fewer the last bits may differ.
    """
    return op.mul(op.matmul(values, op.mul(tables, op.const(np.float32(0.5)))), op.const(np.float32(2.0)))


def constant(values: Matrix) -> Var:
    """Make a float32 constant."""
    return op.const(np.asarray(values, dtype=np.float32))


def _halfway(signals: Var, split: Split) -> Var:
    return op.matmul(constant(split.first), op.reshape(signals, _shape(-1, split.a, split.b)))


def _exchanged(values: Var, split: Split) -> Var:
    """Bring ``(all, rows, …)``, in any layout, to ``(rows, all, …)``."""
    return op.transpose(op.reshape(values, _shape(-1, split.rows, 2 * split.b)), perm=[1, 0, 2])


def _last(split: Split, *, quarter: bool) -> Matrix:
    return split.quarter_turn @ split.back_second if quarter else split.back_second


def _back(coefficients: Var, split: Split, last: Matrix) -> Var:
    if split.folds:
        return _finish(by_row(coefficients, _turned_back(split, constant(last))), split)
    halfway = op.matmul(op.transpose(coefficients, perm=[1, 0, 2]), constant(last))
    return _finish(op.transpose(_turn(halfway, split, back=True), perm=[1, 0, 2]), split)


def _finish(turned: Var, split: Split) -> Var:
    pairs = op.reshape(op.transpose(turned, perm=[1, 0, 2]), _shape(-1, 2 * split.rows, split.b))
    return op.reshape(op.matmul(constant(split.back_first), pairs), _shape(-1, split.length))


def _turned(split: Split, second: Matrix) -> Var:
    """Make the turn a part of the transform after it: ``(2 b, k)`` to ``(rows, 2 b, k)``."""
    cosine, sine = (np.concatenate([part, part], axis=2).swapaxes(1, 2) for part in split.turn)
    signs = np.repeat([1.0, -1.0], split.b)[:, None]
    swapped = np.roll(second, split.b, axis=0)
    return op.add(
        op.mul(constant(cosine), constant(second)), op.mul(constant(sine), constant(-signs * swapped))
    )


def _turned_back(split: Split, last: Var) -> Var:
    """Make the turn back a part of the transform before it: ``(…, k, 2 b)`` to ``(rows, k, 2 b)``."""
    cosine, sine = (np.concatenate([part, part], axis=2) for part in split.turn)
    signs = np.repeat([1.0, -1.0], split.b)
    swapped = op.gather(last, op.const(np.roll(np.arange(2 * split.b), split.b)), axis=-1)
    return op.add(op.mul(last, constant(cosine)), op.mul(swapped, constant(-sine * signs)))


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
