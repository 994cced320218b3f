"""The best that one and the same answer for all rows can do: what a model must beat to be one."""

from __future__ import annotations

import msgspec
import numpy as np

from andamio.bundles import Outputs
from andamio.training.judging import main_metric, measure
from andamio.training.table import Problem


def best_constant(problem: Problem, dummy: Outputs) -> Outputs:
    """Let the dummy decide for the one class that the main metric likes best on these very rows.

    A threshold chosen for F1 may make a model raise the alarm always, and that alone beats a dummy that
    never does. A model is better than always the same answer only where it is better than the best of them.

    Args:
        problem: The rows with their truth.
        dummy: Its answers for exactly these rows; of a number they stay as they are.
    """
    if not problem.classes or dummy.decision is None:
        return dummy
    metric, more = main_metric(problem)

    def loss(one: Outputs) -> float:
        value = measure(problem, one)[metric]
        return np.inf if not np.isfinite(value) else -value if more else value

    same = [
        msgspec.structs.replace(dummy, decision=np.full_like(dummy.decision, number))
        for number in range(len(problem.classes))
    ]
    return min(same, key=loss)
