"""What the model got wrong on its held-out part; live losses are later held against it (``loss.*``).

loss.absolute, loss.signed     quantiles of the errors, of a number (``statistics.losses``)
loss.sums.MEASURE              sums of the held-out losses by machine and day (``statistics.dependence``)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import Outputs
from andamio.statistics.losses import class_losses, clusters_of, error_quantiles, loss_sums, value_losses
from andamio.training.table import Problem


def loss_reference(problem: Problem, outputs: Outputs) -> dict[str, NDArray[np.generic]]:
    """Learn from held-out rows and the graph's answers for them; equal rows give equal arrays."""
    clusters = clusters_of(problem.assets, problem.times, len(problem))
    if not problem.is_regression:
        if outputs.decision is None:
            return {}
        losses = class_losses(problem.target.astype(np.int64), outputs.decision, problem.positive)
        return dict(loss_sums(losses, clusters))
    if outputs.value is None:
        return {}
    truth, value = problem.target.astype(np.float64), outputs.value.astype(np.float64)
    lower = None if outputs.lower is None else outputs.lower.astype(np.float64)
    upper = None if outputs.upper is None else outputs.upper.astype(np.float64)
    quantiles = error_quantiles(truth, value)
    losses = value_losses(truth, value, lower, upper, quantiles)
    return {**quantiles, **loss_sums(losses, clusters)}
