"""Signals made of signals: parts, differences, smoothing, the envelope, the cepstrum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import spox.opset.ai.onnx.v18 as op
from spox import Var

from andamio.features.signals.fourier import backward, backward_real, constant, hilbert
from andamio.features.signals.spectra import Spectrum
from andamio.features.signals.stacks import Number, Stack, along, as_var, axes, cut, number, weigh
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
            return Stack(_envelope(stack, numbers), stack.many, length, stack.rate_hz)
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


def _envelope(stack: Stack, edges: Sequence[Number]) -> Var:
    """Return the size of the analytic signal, over a band where edges are given.

    Source: Randall & Antoni, Mechanical Systems and Signal Processing 25 (2011), 485-520.
    """
    spectrum = Spectrum(stack, "none")
    split = spectrum.split
    shape = axes(-1, stack.many, stack.length)
    if not edges:
        real, turned = stack.centred, op.reshape(hilbert(stack.centred, split), shape)
    else:
        kept = _band(spectrum, *edges)
        real = op.reshape(backward(kept, split), shape)
        turned = op.reshape(backward(kept, split, quarter=True), shape)
    return op.sqrt(op.add(op.mul(real, real), op.mul(turned, turned)))


def _band(spectrum: Spectrum, low: Number, high: Number) -> Var:
    split = spectrum.split
    frequency = split.frequencies * (spectrum.rate_hz / split.length)
    both = np.concatenate([frequency, frequency], axis=1)
    if isinstance(low, float) and isinstance(high, float):
        return op.mul(spectrum.coefficients, constant(((both >= low) & (both <= high)).astype(np.float64)))
    size = 2 * split.rows * split.b
    laid_out = op.reshape(spectrum.coefficients, axes(-1, spectrum.stack.many, size))
    each = along(both.ravel())
    inside = op.and_(op.greater_or_equal(each, as_var(low)), op.less_or_equal(each, as_var(high)))
    # Multiplied, not chosen: a missing sample must stay missing.
    kept = op.mul(laid_out, op.cast(inside, to=np.float32))
    return op.reshape(kept, axes(-1, split.rows, 2 * split.b))


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
    whole = backward_real(op.mul(logarithm, number(0.5)), split)
    laid_out = op.reshape(whole, axes(-1, stack.many, stack.length))
    return cut(laid_out, 0, stack.length // 2 + 1)
