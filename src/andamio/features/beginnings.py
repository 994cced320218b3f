"""Stand in for the samples before a window's beginning: the mean of those that there are."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import spox.opset.ai.onnx.v18 as op
from spox import Var

from andamio.features.signals.stacks import axes, number, weigh


def begun(samples: Var, names: Sequence[str], imputed: Collection[str], length: int) -> Var:
    """Fill what is missing before the first known sample with the mean of the known ones.

    A mean over a window of which only the end is there is then the mean of what is there. The first sample,
    held, would carry its noise into every mean: with 20 samples of 80, as much as three quarters of it.

    Args:
        samples: Shape ``(rows, names, length)``.
        names: Of the windows.
        imputed: Those that are filled.
        length: Samples of each window.
    """
    missing = op.isnan(samples)
    known = op.cast(op.not_(missing), to=np.int64)
    first_place = op.arg_max(known, axis=2)
    first = op.gather_elements(samples, first_place, axis=2)
    # Less the first one, so that the mean of what never moves is exactly that.
    moved = op.where(missing, number(0.0), op.sub(samples, first))
    count = op.cast(op.reduce_sum(known, axes(2)), to=np.float32)
    mean = op.add(first, op.div(weigh(moved, np.ones(length)), count))
    before = op.less(op.const(np.arange(length, dtype=np.int64)[None, None, :]), first_place)
    if not all(name in imputed for name in names):
        filled = np.array([name in imputed for name in names])[None, :, None]
        before = op.and_(before, op.const(filled))
    return op.where(before, mean, samples)
