"""What is taken from the samples themselves: means of powers, extremes, order, how they follow each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import spox.opset.ai.onnx.v18 as op
from spox import Var

from andamio.features.signals.stacks import Stack, axes, cut, flat, number, weigh
from andamio.features.terms import Step


def _mean(stack: Stack, _: Step) -> Var:
    return flat(op.add(stack.origin, stack.offset), stack.many)


def _moment_2(stack: Stack, _: Step) -> Var:
    return stack.mean_of(stack.squared)


def _moment_3(stack: Stack, _: Step) -> Var:
    return stack.mean_of(op.mul(stack.squared, stack.centred))


def _moment_4(stack: Stack, _: Step) -> Var:
    return stack.mean_of(op.mul(stack.squared, stack.squared))


def _mean_square(stack: Stack, _: Step) -> Var:
    """Add the square of the mean to the variance, which nearly every set of features takes anyway."""
    if stack.mean_square is not None:
        return stack.mean_square()
    mean = _mean(stack, _)
    return op.add(_known(stack, "moment_2"), op.mul(mean, mean))


def _mean_size(stack: Stack, _: Step) -> Var:
    return stack.mean_of(stack.size)


def _mean_root(stack: Stack, _: Step) -> Var:
    return stack.mean_of(op.sqrt(stack.size))


def _peak(stack: Stack, _: Step) -> Var:
    return op.max([_known(stack, "highest"), op.neg(_known(stack, "lowest"))])


def _highest(stack: Stack, _: Step) -> Var:
    return op.add(op.reduce_max(stack.samples, axes(-1), keepdims=0), stack.hole)


def _lowest(stack: Stack, _: Step) -> Var:
    return op.add(op.reduce_min(stack.samples, axes(-1), keepdims=0), stack.hole)


def _median(stack: Stack, _: Step) -> Var:
    half = stack.length // 2
    upper, _places = op.top_k(stack.samples, op.const(np.array([half + 1])))
    middle = cut(upper, half, half + 1)
    if stack.length % 2 == 0:
        middle = op.mul(op.add(middle, cut(upper, half - 1, half)), number(0.5))
    return op.add(flat(middle, stack.many), stack.hole)


def _latest(stack: Stack, _: Step) -> Var:
    return flat(cut(stack.samples, stack.length - 1, stack.length), stack.many)


def _slope(stack: Stack, _: Step) -> Var:
    """Least squares: the sum of ``(t - mean t) (x - mean x)`` over that of ``(t - mean t)^2``."""
    time = np.arange(stack.length) - (stack.length - 1) / 2
    return flat(weigh(stack.centred, time / np.sum(time**2)), stack.many)


def _lagged(stack: Stack, step: Step) -> Var:
    lag = int(step.settings[0])
    early = cut(stack.centred, 0, stack.length - lag)
    late = cut(stack.centred, lag, stack.length)
    equal = np.full(stack.length - lag, 1 / stack.length)
    return flat(weigh(op.mul(early, late), equal), stack.many)


def _zero_crossings(stack: Stack, _: Step) -> Var:
    above = op.cast(op.greater_or_equal(stack.samples, number(0.0)), to=np.float32)
    changed = op.abs(op.sub(cut(above, 1, stack.length), cut(above, 0, stack.length - 1)))
    return op.add(op.reduce_sum(changed, axes(-1), keepdims=0), stack.hole)


def _entropy(stack: Stack, step: Step) -> Var:
    """Shannon's entropy of a histogram: the counts come from how many samples reach each edge."""
    bins = int(step.settings[0])
    low = op.reduce_min(stack.samples, axes(-1))
    spread = op.sub(op.reduce_max(stack.samples, axes(-1)), low)
    share = op.unsqueeze(op.div(op.sub(stack.samples, low), spread), axes(-1))
    edges = np.append(np.arange(bins) / bins, np.inf).astype(np.float32)
    reached = op.cast(op.greater_or_equal(share, op.const(edges)), to=np.float32)
    counts = op.reduce_sum(reached, axes(2), keepdims=0)
    inside = op.sub(cut(counts, 0, bins), cut(counts, 1, bins + 1))
    # In double, because a float32 logarithm of one row may differ in its last bit from that among many.
    part = op.mul(op.cast(inside, to=np.float64), op.const(np.float64(1 / stack.length)))
    surprise = op.mul(part, op.log(op.max([part, op.const(np.float64(1e-300))])))
    total = op.cast(op.neg(op.reduce_sum(surprise, axes(-1), keepdims=0)), to=np.float32)
    # Nothing over the spread is NaN where there is none.
    return op.add(total, op.add(stack.hole, flat(op.div(op.mul(spread, number(0.0)), spread), stack.many)))


def _known(stack: Stack, name: str) -> Var:
    return stack.once(Step(name), lambda: MOMENTS[name](stack, Step(name)))


MOMENTS: Mapping[str, Callable[[Stack, Step], Var]] = {
    "mean": _mean,
    "moment_2": _moment_2,
    "moment_3": _moment_3,
    "moment_4": _moment_4,
    "mean_square": _mean_square,
    "mean_size": _mean_size,
    "mean_root": _mean_root,
    "peak": _peak,
    "highest": _highest,
    "lowest": _lowest,
    "median": _median,
    "latest": _latest,
    "slope": _slope,
    "lagged": _lagged,
    "zero_crossings": _zero_crossings,
    "entropy": _entropy,
}
