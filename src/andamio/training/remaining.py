"""From what a model of remaining life says to what is answered: within the horizon, and on the cheaper side.

Where an hour too late costs more than an hour too early, the cheapest answer is no longer the middle of what
may be, but a lower quantile of it: ``early / (early + late)``. The shift from the one to the other is
learnt from errors on rows that the model had not seen, every machine weighing the same.

Source: Koenker & Bassett, Regression quantiles (1978), for the quantile that costs in proportion ask for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Costs
from andamio.features import Combined, Limited, Score
from andamio.training.table import Problem
from andamio.training.task import Floats, Target

Groups = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WithinHorizon:
    """A calibration for remaining life: shifted to the cheaper side, and kept within 0 and the horizon."""

    horizon: float
    shift: float = 0.0
    name: str = "horizon"

    def apply(self, margin: Floats) -> Floats:
        """Shift and limit."""
        return self.limited(margin + self.shift)

    def limited(self, life: Floats) -> Floats:
        """Keep lives within 0 and the horizon."""
        return np.clip(life, 0.0, self.horizon)

    def score(self, margin: Score) -> Score:
        """Write both."""
        shifted = Combined((margin,), (1.0,), self.shift) if self.shift else margin
        return Limited(shifted, 0.0, self.horizon)


def within_horizon(
    horizon: float, margin: Floats, truth: Target, costs: Costs | None, groups: Groups | None
) -> WithinHorizon:
    """Choose the shift that costs least on rows that the model had not seen.

    Args:
        horizon: At which answers are capped.
        margin: Out-of-fold predictions, shape ``(rows,)``; NaN where there is none.
        truth: Remaining life, capped, shape ``(rows,)``.
        costs: Of being late and early; None, or both the same, shifts nothing.
        groups: The machine of each row; None: every row counts the same.
    """
    prices = None if costs is None else costs.lateness
    if prices is None or prices[0] == prices[1]:
        return WithinHorizon(horizon)
    late, early = prices
    known = np.isfinite(margin)
    share = early / (early + late)
    weights = even_weights(int(known.sum()), None if groups is None else groups[known])
    shift = weighted_quantile(np.asarray(truth[known] - margin[known], dtype=np.float64), weights, share)
    return WithinHorizon(horizon, float(np.float32(shift)))


def machines(problem: Problem) -> Groups | None:
    """Number the machine of each row of a remaining life; None where machines have no name."""
    if problem.assets is None or problem.contract.horizon is None or not problem.is_regression:
        return None
    return np.unique(problem.assets.astype(str), return_inverse=True)[1].astype(np.int64)


def even_weights(rows: int, groups: Groups | None) -> Floats:
    """Weigh rows so that every group weighs the same and all together weigh one; shape ``(rows,)``."""
    if groups is None:
        return np.full(rows, 1.0 / max(rows, 1))
    _, place, counts = np.unique(groups, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / (len(counts) * counts[place]))


def weighted_quantile(values: Floats, weights: Floats, share: float) -> float:
    """Return the least value at which the weights of all values up to it reach a share of the whole.

    >>> weighted_quantile(np.array([3.0, 1.0, 2.0]), np.array([0.5, 0.25, 0.25]), 0.5)
    2.0
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) >= share * weights.sum() - 1e-12
    return float(values[order][int(np.argmax(reached))])
