"""Tell tags as they would be in the machine's commonest operating condition, inside the graph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import spox.opset.ai.onnx.v18 as op
from spox import Var

from andamio.contracts.contract import Contract
from andamio.statistics.conditions import Conditions, Samples, find_conditions


def learn_conditions(contract: Contract, numbers: Samples) -> Conditions | None:
    """Find the conditions that ``[window] conditions`` names from the latest values of training rows.

    Args:
        contract: Which tags tell the condition, and which have windows.
        numbers: Shape ``(rows, k)``.
    """
    window = contract.window
    if window is None or not window.conditions:
        return None
    names = [tag.name for tag in contract.numbers]
    levelled = window.levelled
    told, values = (numbers[:, [names.index(tag) for tag in tags]] for tags in (window.conditions, levelled))
    return find_conditions(window.conditions, told, levelled, values)


def level_numbers(conditions: Conditions | None, contract: Contract, numbers: Samples) -> Samples:
    """Level the latest values of rows, shape ``(rows, k)``, as the graph does."""
    if conditions is None:
        return numbers
    return conditions.packed([tag.name for tag in contract.numbers], numbers)


def levelled(conditions: Conditions, names: Sequence[str], samples: Var) -> Var:
    """Write the nodes that level samples.

    Every step is done on each sample by itself, so that one row gives what it gives among many.

    Args:
        conditions: What was learnt.
        names: The tags of the samples.
        samples: Shape ``(rows, names, samples)``, NaN where missing.

    Returns:
        The same shape; NaN too where the condition is not known.
    """
    distance: Var | None = None
    for place, tag in enumerate(conditions.tags):
        column = op.const(np.array([names.index(tag)], np.int64))
        centres = op.const(conditions.centres[None, :, place, None])
        apart = op.mul(
            op.sub(op.gather(samples, column, axis=1), centres), op.const(conditions.per_size[place])
        )
        square = op.mul(apart, apart)
        distance = square if distance is None else op.add(distance, square)
    if distance is None:
        return samples
    unknown = op.isnan(op.gather(distance, op.const(np.int64(0)), axis=1))
    nearest = op.arg_min(distance, axis=1, keepdims=0)
    place_of = op.where(unknown, op.const(np.int64(len(conditions))), nearest)
    mean, gain, usual = conditions.tables(names)
    own_mean, own_gain = (
        op.transpose(op.gather(op.const(table), place_of, axis=1), perm=[1, 0, 2]) for table in (mean, gain)
    )
    return op.add(op.mul(op.sub(samples, own_mean), own_gain), op.const(usual[None, :, None]))
