"""Fill the missing samples of a signal whose contract says ``missing = "impute"``."""

from __future__ import annotations

import numpy as np
import spox.opset.ai.onnx.v18 as op
from spox import Var

from andamio.features.signals.stacks import axes, number


def filled(samples: Var, length: int) -> Var:
    """Draw a straight line over missing samples, and hold the outermost known ones to the ends.

    A signal without any known sample stays missing.

    Args:
        samples: Shape ``(rows, many, length)``.
        length: Samples of each signal.
    """
    missing = op.isnan(samples)
    known = op.cast(op.not_(missing), to=np.int64)
    counted = op.cumsum(known, op.const(np.int64(2)))
    place = op.const(np.arange(length)[None, None, :])
    nowhere = op.const(np.int64(-1))
    # Slot k holds the place of the k-th known sample; slot 0 and those beyond the last hold -1.
    slots = op.expand(nowhere, op.add(op.shape(samples), axes(0, 0, 2)))
    standing = op.where(missing, nowhere, op.add(place, op.mul(known, op.const(np.int64(0)))))
    slots = op.scatter_elements(slots, counted, standing, axis=2, reduction="max")
    before = op.gather_elements(slots, counted, axis=2)
    after = op.gather_elements(slots, op.add(counted, op.const(np.int64(1))), axis=2)
    none_before, none_after = op.less(before, op.const(np.int64(0))), op.less(after, op.const(np.int64(0)))
    left = op.where(none_before, after, before)
    right = op.where(none_after, before, after)
    first = op.const(np.int64(0))
    low = op.gather_elements(samples, op.max([left, first]), axis=2)
    high = op.gather_elements(samples, op.max([right, first]), axis=2)
    one_sided = op.equal(left, right)
    apart = op.cast(op.max([op.sub(right, left), op.const(np.int64(1))]), to=np.float32)
    share = op.div(op.cast(op.sub(place, left), to=np.float32), apart)
    share = op.where(one_sided, number(0.0), share)
    between = op.add(low, op.mul(op.sub(high, low), share))
    return op.where(missing, between, samples)
