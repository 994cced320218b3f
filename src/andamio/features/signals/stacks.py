"""Signals of one length side by side, and what is computed of them once however often it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeAlias

import numpy as np
import spox.opset.ai.onnx.v18 as op
from numpy.typing import NDArray
from spox import Var

from andamio.features.signals.split import split_of

# Of a step: a number known beforehand, or one a row, shape (rows, 1, 1).
Number: TypeAlias = "float | Var"


class Stack:
    """Signals of equal length, float32 ``(rows, many, length)``, oldest sample first.

    Attributes:
        samples: The signals.
        many: How many there are.
        length: Samples of each.
        rate_hz: Samples a second, or None.
        mean_square: Makes the mean of the squares, ``(rows, many)``, where that takes less than the samples.
    """

    def __init__(
        self,
        samples: Var,
        many: int,
        length: int,
        rate_hz: float | None,
        mean_square: Callable[[], Var] | None = None,
    ) -> None:
        self.samples = samples
        self.many = many
        self.length = length
        self.rate_hz = rate_hz
        self.mean_square = mean_square
        self._known: dict[Hashable, Var] = {}

    def once(self, key: Hashable, make: Callable[[], Var]) -> Var:
        """Return what was made under a key, making it the first time."""
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]

    @property
    def origin(self) -> Var:
        """The first sample, ``(rows, many, 1)``."""
        return self.once("origin", lambda: cut(self.samples, 0, 1))

    @property
    def moved(self) -> Var:
        """The samples less the first one: exactly zero where nothing moves, small where it moves little."""
        return self.once("moved", lambda: op.sub(self.samples, self.origin))

    @property
    def offset(self) -> Var:
        """The mean of ``moved``, ``(rows, many, 1)``."""
        return self.once("offset", lambda: self._mean(self.moved))

    @property
    def centred(self) -> Var:
        """The samples less their mean."""
        return self.once("centred", lambda: op.sub(self.moved, self.offset))

    @property
    def squared(self) -> Var:
        """The square of ``centred``."""
        return self.once("squared", lambda: op.mul(self.centred, self.centred))

    @property
    def size(self) -> Var:
        """The samples without their sign."""
        return self.once("size", lambda: op.abs(self.samples))

    @property
    def hole(self) -> Var:
        """Zero; NaN where a sample is missing. Shape ``(rows, many)``."""
        return self.once("hole", lambda: flat(op.mul(self.offset, number(0.0)), self.many))

    def mean_of(self, values: Var) -> Var:
        """Return the mean over the samples, ``(rows, many)``."""
        return flat(self._mean(values), self.many)

    def _mean(self, values: Var) -> Var:
        """Return the mean over the samples, ``(rows, many, 1)``: of columns, then of those."""
        split = split_of(self.length)
        if split is None:
            return weigh(values, np.full(self.length, 1 / self.length))
        laid_out = op.reshape(values, axes(-1, split.a, split.b))
        above = op.matmul(op.const(np.ones((1, split.a), np.float32)), laid_out)
        return op.reshape(weigh(above, np.full(split.b, 1 / self.length)), axes(-1, self.many, 1))


def weigh(values: Var, weights: NDArray[np.float64]) -> Var:
    """Sum ``(rows, many, samples)`` under one weight a sample, shape ``(rows, many, 1)``.

    As a product, because onnxruntime's sums depend in their last bit on where in memory a row begins, so
    that one row would not give what the same row gives among many.
    """
    return op.matmul(values, op.const(weights.astype(np.float32)[:, None]))


def axes(*places: int) -> Var:
    """Name axes."""
    return op.const(np.array(places, dtype=np.int64))


def number(value: float) -> Var:
    """Make a float32 constant."""
    return op.const(np.float32(value))


def along(values: NDArray[np.float64]) -> Var:
    """Make a float32 constant of one number a sample, shape ``(1, 1, samples)``."""
    return op.const(values.astype(np.float32)[None, None, :])


def cut(values: Var, start: int, end: int) -> Var:
    """Return the samples from ``start`` to before ``end``."""
    return op.slice(values, axes(start), axes(end), axes(-1))


def flat(values: Var, columns: int) -> Var:
    """Return ``(rows, columns)`` of what has as many numbers a row."""
    return op.reshape(values, axes(-1, columns))


def as_var(value: Number) -> Var:
    """Return a number of a step as a tensor that broadcasts over ``(rows, many, samples)``."""
    return number(value) if isinstance(value, float) else value
