"""The power spectrum of a stack, and what is taken from it.

Each coefficient speaks for a cell of frequencies, half a line to each side. A band takes of a cell's power
the share that lies inside it, so that a band that follows the shaft's speed never jumps from line to line,
one narrower than a line is never empty, and bands that meet share out all of the energy (Parseval).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import spox.opset.ai.onnx.v18 as op
from numpy.typing import NDArray
from spox import Var

from andamio.features.signals.fourier import by_row, constant, forward
from andamio.features.signals.split import Split, split_of
from andamio.features.signals.stacks import Number, Stack, along, as_var, axes, cut, flat, number, weigh
from andamio.features.signals.tapers import window_samples

Values = NDArray[np.float64]


class Spectrum:
    """The spectrum of a stack's signals, their mean taken off, under a window function."""

    def __init__(self, stack: Stack, window: str) -> None:
        split = split_of(stack.length)
        if split is None or stack.rate_hz is None:
            raise KeyError(stack.length)
        self.stack = stack
        self.window = window
        self.split: Split = split
        self.rate_hz: float = stack.rate_hz
        self.taper = window_samples(window, stack.length)

    @property
    def coefficients(self) -> Var:
        """Fourier's coefficients, ``(rows of the split, rows * many, 2 b)``."""
        return self.stack.once(("coefficients", self.window), self._coefficients)

    @property
    def squares(self) -> Var:
        """The squares of real and imaginary parts, shaped as the coefficients."""
        return self.stack.once(("squares", self.window), lambda: op.mul(self.coefficients, self.coefficients))

    @property
    def power(self) -> Var:
        """The squared size of each coefficient, ``(rows * many, rows of the split, b)``."""
        return self.stack.once(("power", self.window), self._power)

    @property
    def lines(self) -> Var:
        """The squared size of coefficients 0 to ``n // 2`` by frequency, ``(rows, many, n // 2 + 1)``."""
        return self.stack.once(("lines", self.window), self._lines)

    @property
    def hertz(self) -> Values:
        """The frequency of each coefficient in Hz, ``(rows of the split, b)``."""
        return np.asarray(self.split.frequencies * (self.rate_hz / self.stack.length), np.float64)

    @property
    def frequencies(self) -> Values:
        """The frequencies of ``lines``, in Hz."""
        return np.asarray(
            np.arange(self.stack.length // 2 + 1) * (self.rate_hz / self.stack.length), np.float64
        )

    @property
    def times(self) -> Values:
        """How many of the ``n`` coefficients each of ``lines`` stands for: 1 or 2."""
        line = np.arange(self.stack.length // 2 + 1)
        return np.where((line == 0) | (2 * line == self.stack.length), 1.0, 2.0)

    @property
    def to_mean_square(self) -> float:
        """What a squared size is multiplied by to be a part of the mean square of the samples."""
        return 1 / (self.stack.length**2 * float(np.mean(self.taper**2)))

    @property
    def to_amplitude(self) -> float:
        """What a size is multiplied by to be the amplitude of a sine (of a line between the two ends)."""
        return 2 / float(np.sum(self.taper))

    def sums(self, bands: Sequence[tuple[float, float, float]]) -> Var:
        """Sum the mean square times ``f ** exponent`` over known bands ``(low, high, exponent)``.

        Returns:
            Shape ``(rows, many * bands)``, the bands of one signal side by side.
        """
        resolution, frequencies = self.rate_hz / self.stack.length, self.hertz
        columns = []
        for low, high, exponent in bands:
            share = _share(frequencies, resolution, self.rate_hz / 2, low, high)
            columns.append(share * _power_of(frequencies, exponent) * self.to_mean_square)
        return self.weighed(columns)

    def weighed(self, columns: Sequence[Values]) -> Var:
        """Sum the squared sizes of all ``n`` coefficients under weights ``(rows of the split, b)``.

        Returns:
            Shape ``(rows, many * columns)``, those of one signal side by side.
        """
        weights = np.stack([column * self.split.weights for column in columns], axis=2)
        summed = by_row(self.squares, constant(np.concatenate([weights, weights], axis=1)))
        whole = weigh(op.transpose(summed, perm=[1, 2, 0]), np.ones(self.split.rows))
        return flat(whole, self.stack.many * len(columns))

    def following_sums(self, lows: Var, highs: Var, exponent: float) -> Var:
        """Sum the mean square times ``f ** exponent`` over bands that differ from row to row.

        Args:
            lows: The lower ends in Hz, ``(rows, bands)``.
            highs: The upper ends.
            exponent: Of the frequency.

        Returns:
            Shape ``(rows, many, bands)``.
        """
        start, end = self._cells()
        factor = self.times * _power_of(self.frequencies, exponent) * self.to_mean_square / (end - start)
        weighted = self.stack.once(
            ("weighted", self.window, exponent), lambda: op.mul(self.lines, along(factor))
        )
        upper = op.min([op.unsqueeze(highs, axes(1)), _down(end)])
        lower = op.max([op.unsqueeze(lows, axes(1)), _down(start)])
        inside = op.relu(op.sub(upper, lower))
        return op.matmul(weighted, inside)

    def inside(self, low: Number, high: Number) -> Var | Values:
        """Tell which lines have a part of their cell in a band: known beforehand, or row by row."""
        start, end = self._cells()
        if isinstance(low, float) and isinstance(high, float):
            return (start <= high) & (end >= low)
        return op.and_(
            op.less_or_equal(along(start), as_var(high)), op.greater_or_equal(along(end), as_var(low))
        )

    def _cells(self) -> tuple[Values, Values]:
        half = self.rate_hz / self.stack.length / 2
        middle = self.frequencies
        return np.maximum(middle - half, 0.0), np.minimum(middle + half, self.rate_hz / 2)

    def _coefficients(self) -> Var:
        samples = self.stack.centred
        if self.window != "none":
            samples = op.mul(samples, along(self.taper))
        return forward(samples, self.split)

    def _power(self) -> Var:
        b = self.split.b
        both = op.add(cut(self.squares, 0, b), cut(self.squares, b, 2 * b))
        return op.transpose(both, perm=[1, 0, 2])

    def _lines(self) -> Var:
        power = flat(self.power, self.split.rows * self.split.b)
        ordered = op.gather(power, op.const(self.split.natural), axis=1)
        return op.reshape(ordered, axes(-1, self.stack.many, self.stack.length // 2 + 1))


def spread(spectrum: Spectrum, order: int) -> Var:
    """Return the spread of the power about its centroid in Hz (``order`` 2), or its kurtosis (4).

    Source: Peeters, A large set of audio features for sound description (2004), section 6.1.
    """
    stack, lines = spectrum.stack, spectrum.lines
    total = weigh(lines, spectrum.times)
    centroid = op.div(weigh(lines, spectrum.times * spectrum.frequencies), total)
    distance = op.sub(along(spectrum.frequencies), centroid)
    square = op.mul(distance, distance)
    second = op.div(weigh(op.mul(lines, square), spectrum.times), total)
    if order == 2:
        return flat(op.sqrt(second), stack.many)
    fourth = op.div(weigh(op.mul(lines, op.mul(square, square)), spectrum.times), total)
    return flat(op.div(fourth, op.mul(second, second)), stack.many)


def amplitude(spectrum: Spectrum, low: Number, high: Number) -> Var:
    """Return the largest amplitude of a line in a band, ``(rows, many)``."""
    scale = np.where(spectrum.times == 1.0, 0.5, 1.0) * spectrum.to_amplitude
    within = spectrum.inside(low, high)
    if isinstance(within, Var):
        lines = op.where(within, op.mul(op.sqrt(spectrum.lines), along(scale)), number(0.0))
    else:
        places = op.const(np.flatnonzero(within))
        lines = op.mul(op.sqrt(op.gather(spectrum.lines, places, axis=2)), along(scale[within]))
    return op.add(op.reduce_max(lines, axes(-1), keepdims=0), spectrum.stack.hole)


def peaks(spectrum: Spectrum, low: Number, high: Number, nth: int) -> tuple[Var, Var]:
    """Return frequency and amplitude of the ``nth`` highest local maximum in a band, ``(rows, many)`` each.

    Both are NaN where there are fewer.
    """
    stack, lines, many = spectrum.stack, spectrum.lines, stack_lines(spectrum)
    here, before, after = cut(lines, 1, many - 1), cut(lines, 0, many - 2), cut(lines, 2, many)
    summit = op.and_(op.greater(here, before), op.greater_or_equal(here, after))
    within = spectrum.inside(low, high)
    inner = cut_truth(within, many) if isinstance(within, Var) else op.const(within[None, None, 1:-1])
    found, places = op.top_k(op.where(op.and_(summit, inner), here, number(0.0)), op.const(np.array([nth])))
    size, place = cut(found, nth - 1, nth), cut(places, nth - 1, nth)
    there = op.greater(size, number(0.0))
    resolution = spectrum.rate_hz / stack.length
    nowhere = number(float("nan"))
    number_of_line = op.add(op.cast(place, to=np.float32), number(1.0))
    frequency = op.where(there, op.mul(number_of_line, number(resolution)), nowhere)
    height = op.where(there, op.mul(op.sqrt(size), number(spectrum.to_amplitude)), nowhere)
    return flat(frequency, stack.many), flat(height, stack.many)


def stack_lines(spectrum: Spectrum) -> int:
    """Return how many lines the spectrum has."""
    return spectrum.stack.length // 2 + 1


def cut_truth(within: Var, many: int) -> Var:
    """Leave the first and the last line out."""
    return cut(within, 1, many - 1)


def _share(frequencies: Values, resolution: float, highest: float, low: float, high: float) -> Values:
    start = np.maximum(frequencies - resolution / 2, 0.0)
    end = np.minimum(frequencies + resolution / 2, highest)
    part: Values = np.clip(np.minimum(end, high) - np.maximum(start, low), 0.0, None) / (end - start)
    return part


def _power_of(frequencies: Values, exponent: float) -> Values:
    """Return ``f ** exponent``; to integrate, that of angular frequency, and nothing at zero."""
    if exponent >= 0:
        return frequencies**exponent
    angular = 2 * np.pi * frequencies
    result: Values = np.where(angular > 0, np.where(angular > 0, angular, 1.0) ** exponent, 0.0)
    return result


def _down(values: Values) -> Var:
    return op.const(values.astype(np.float32)[None, :, None])
