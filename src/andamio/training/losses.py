"""What the model got wrong on its held-out part; live losses are later held against it (``loss.*``).

loss.absolute, loss.signed      quantiles of the errors, of a number (``statistics.losses``)
loss.sums.MEASURE               sums of the held-out losses by machine and day (``statistics.dependence``)
loss.expected.edges, .sums      the loss by how sure the answer was (``statistics.expected``)
loss.by_width                   whether sure means a narrow interval, of a number
loss.inside                     share of the held-out rows inside of what was learnt from
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import Outputs
from andamio.statistics.expected import (
    learn_expected,
    share_inside,
    sureness_of_class,
    sureness_of_value,
)
from andamio.statistics.losses import class_losses, clusters_of, error_quantiles, loss_sums, value_losses
from andamio.training.table import Problem

Arrays = dict[str, NDArray[np.generic]]


def loss_reference(problem: Problem, outputs: Outputs, quantiles: NDArray[np.float64]) -> Arrays:
    """Learn from held-out rows and the graph's answers for them; equal rows give equal arrays.

    Args:
        problem: The held-out rows.
        outputs: The graph's answers for them.
        quantiles: Of the training rows' tags, shape ``(numbers, any)``.
    """
    inside: Arrays = {"loss.inside": np.array(share_inside(problem.rows.numbers, quantiles))}
    clusters = clusters_of(problem.assets, problem.times, len(problem))
    if problem.is_regression:
        return inside | _of_values(problem, outputs, clusters)
    return inside | _of_classes(problem, outputs, clusters)


def _of_classes(problem: Problem, outputs: Outputs, clusters: NDArray[np.int64]) -> Arrays:
    decision, probabilities = outputs.decision, outputs.probabilities
    if decision is None or probabilities is None:
        return {}
    losses = class_losses(problem.target.astype(np.int64), decision, problem.positive)
    sure = sureness_of_class(probabilities.astype(np.float64), decision)
    return {**loss_sums(losses, clusters), **learn_expected(sure, losses["accuracy"])}


def _of_values(problem: Problem, outputs: Outputs, clusters: NDArray[np.int64]) -> Arrays:
    if outputs.value is None:
        return {}
    truth, value = problem.target.astype(np.float64), outputs.value.astype(np.float64)
    lower = None if outputs.lower is None else outputs.lower.astype(np.float64)
    upper = None if outputs.upper is None else outputs.upper.astype(np.float64)
    quantiles = error_quantiles(truth, value)
    losses = value_losses(truth, value, lower, upper, quantiles)
    sure = sureness_of_value(value, lower, upper)
    by_width = not np.array_equal(sure, value)
    return {
        **quantiles,
        **loss_sums(losses, clusters),
        **learn_expected(sure, np.abs(value - truth)),
        "loss.by_width": np.array(by_width),
    }
