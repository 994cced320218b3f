"""Signals made of signals: parts, differences, smoothing, the envelope, the cepstrum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import spox.opset.ai.onnx.v18 as op
from numpy.typing import NDArray
from spox import Var

from andamio.features.signals.fourier import backward, backward_real, filtered
from andamio.features.signals.spectra import Spectrum
from andamio.features.signals.stacks import Number, Stack, along, as_var, axes, cut, flat, number, weigh
from andamio.features.terms import Step

# The logarithm's floor: this share of the mean power, 100 dB below it.
_FLOOR = 1e-10
# What is left of a sample's weight when it no longer counts in float32.
_NOTHING = 1e-9


def next_stack(stack: Stack, step: Step, numbers: Sequence[Number]) -> Stack:
    """Make the stack that a step makes of a stack."""
    samples, length = stack.samples, stack.length
    settings = [int(value) for value in step.settings if not isinstance(value, str)]
    match step.name:
        case "last":
            return Stack(cut(samples, length - settings[0], length), stack.many, settings[0], stack.rate_hz)
        case "lag":
            rest = length - settings[0]
            return Stack(cut(samples, 0, rest), stack.many, rest, stack.rate_hz)
        case "difference":
            rest = length - settings[0]
            change = op.sub(cut(samples, settings[0], length), cut(samples, 0, rest))
            return Stack(change, stack.many, rest, stack.rate_hz)
        case "rolling_mean" | "rolling_std":
            rolled = _rolled(stack, settings[0], spread=step.name == "rolling_std")
            return Stack(rolled, stack.many, length - settings[0] + 1, stack.rate_hz)
        case "ewma":
            return Stack(_ewma(stack, settings[0]), stack.many, length, stack.rate_hz)
        case "envelope":
            return _envelope(stack, numbers)
        case "cepstrum":
            half = _cepstrum(Spectrum(stack, str(step.settings[0])))
            return Stack(half, stack.many, length // 2 + 1, None)
    raise KeyError(step.name)


def _rolled(stack: Stack, samples: int, *, spread: bool) -> Var:
    """Return mean or standard deviation of each run of samples, by differences of running sums in double."""

    def run(values: Var) -> Var:
        sums = op.pad(op.cumsum(values, op.const(np.int64(2))), axes(0, 0, 1, 0, 0, 0))
        rest = stack.length - samples + 1
        total = op.sub(cut(sums, samples, stack.length + 1), cut(sums, 0, rest))
        return op.mul(total, op.const(np.float64(1 / samples)))

    moved = op.cast(stack.moved, to=np.float64)
    mean = run(moved)
    if not spread:
        return op.add(op.cast(mean, to=np.float32), stack.origin)
    variance = op.sub(run(op.mul(moved, moved)), op.mul(mean, mean))
    return op.cast(op.sqrt(op.max([variance, op.const(np.float64(0))])), to=np.float32)


def _ewma(stack: Stack, span: int) -> Var:
    """Return ``y = w x + (1 - w) y_before`` with ``w = 2 / (span + 1)``, from ``y = x`` at the first sample.

    Each round doubles how far back a sample reaches, so that 2,048 samples take eleven.
    """
    weight = 2 / (span + 1)
    smoothed, reach = op.mul(stack.moved, number(weight)), 1
    # The first sample is the origin: moved, it is zero, and its own weight of one changes nothing.
    while reach < stack.length and (1 - weight) ** reach > _NOTHING:
        earlier = op.pad(cut(smoothed, 0, stack.length - reach), axes(0, 0, reach, 0, 0, 0))
        smoothed = op.add(smoothed, op.mul(earlier, number((1 - weight) ** reach)))
        reach *= 2
    return op.add(smoothed, stack.origin)


def _envelope(stack: Stack, edges: Sequence[Number]) -> Stack:
    """Return the size of the analytic signal, over a band where edges are given.

    Source: Randall & Antoni, Mechanical Systems and Signal Processing 25 (2011), 485-520.
    """
    spectrum = Spectrum(stack, "none")
    split = spectrum.split
    known: Callable[[], Var] | None = None
    if not edges:
        real, (turned,) = stack.centred, filtered(stack.centred, split, None, quarters=[True])
        known = partial(_mean_square_of_all, stack)
    elif all(isinstance(edge, float) for edge in edges):
        low, high = edges
        within = ((spectrum.hertz >= low) & (spectrum.hertz <= high)).astype(np.float64)
        real, turned = filtered(stack.centred, split, within, quarters=[False, True])
        known = partial(_mean_square_within, spectrum, within)
    else:
        kept = _band(spectrum, *edges)
        real, turned = (backward(kept, split, quarter=quarter) for quarter in (False, True))
    real, turned = (op.reshape(part, axes(-1, stack.many, stack.length)) for part in (real, turned))
    size = op.sqrt(op.add(op.mul(real, real), op.mul(turned, turned)))
    return Stack(size, stack.many, stack.length, stack.rate_hz, known)


def _mean_square_of_all(stack: Stack) -> Var:
    """Return an envelope's mean square without a transform.

    Hilbert's transform keeps every line but the last one, which stands for half the rate (Parseval).
    """
    variance = stack.mean_of(stack.squared)
    twice = op.add(variance, variance)
    if stack.length % 2:
        return twice
    last = flat(weigh(stack.centred, np.cos(np.pi * np.arange(stack.length)) / stack.length), stack.many)
    return op.sub(twice, op.mul(last, last))


def _mean_square_within(spectrum: Spectrum, within: NDArray[np.float64]) -> Var:
    """Return the mean square of a band's envelope from the spectrum: every line twice, both ends once."""
    ends = (spectrum.split.frequencies == 0) | (2 * spectrum.split.frequencies == spectrum.split.length)
    return spectrum.weighed([within * np.where(ends, 1.0, 2.0) * spectrum.to_mean_square])


def _band(spectrum: Spectrum, low: Number, high: Number) -> Var:
    """Return the coefficients inside a band that differs from row to row."""
    split = spectrum.split
    size = 2 * split.rows * split.b
    ordered = op.transpose(spectrum.coefficients, perm=[1, 0, 2])
    laid_out = op.reshape(ordered, axes(-1, spectrum.stack.many, size))
    hertz = spectrum.hertz
    each = along(np.concatenate([hertz, hertz], axis=1).ravel())
    inside = op.and_(op.greater_or_equal(each, as_var(low)), op.less_or_equal(each, as_var(high)))
    # Multiplied, not chosen: a missing sample must stay missing.
    kept = op.mul(laid_out, op.cast(inside, to=np.float32))
    return op.transpose(op.reshape(kept, axes(-1, split.rows, 2 * split.b)), perm=[1, 0, 2])


def _cepstrum(spectrum: Spectrum) -> Var:
    """Return the real cepstrum up to half the window: the spectrum's logarithm, transformed back.

    Source: Bogert, Healy & Tukey (1963); Randall (2011), section 3.6.
    """
    stack, split = spectrum.stack, spectrum.split
    power = op.reshape(spectrum.power, axes(-1, 1, split.rows * split.b))
    floor = weigh(power, split.weights.ravel() * (_FLOOR / split.length))
    lifted = op.add(spectrum.power, floor)
    # In double, because a float32 logarithm of one row may differ in its last bit from that among many.
    logarithm = op.cast(op.log(op.cast(lifted, to=np.float64)), to=np.float32)
    # Half of it is that of the size.
    whole = backward_real(op.transpose(logarithm, perm=[1, 0, 2]), split, 0.5)
    laid_out = op.reshape(whole, axes(-1, stack.many, stack.length))
    return cut(laid_out, 0, stack.length // 2 + 1)
