"""Prediction intervals that keep their promise: conformal quantiles of out-of-fold errors.

An error that the model made on rows it had not seen is what it will make on new ones. The interval reaches as
far as the promised share of those errors, everywhere alike or, where it makes the intervals narrower, in
proportion to a small model of the error's size.

Source: Barber et al., Predictive inference with the jackknife+ (2021), the cross-validation form; Lei et al.,
Distribution-free predictive inference for regression (2018), section 5.2, for the proportional form; Dunn et
al., Distribution-free prediction sets for two-layer hierarchical models (2023), for rows of few machines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from andamio.features import Combined, Exponential, Score
from andamio.training.boosting import Boosting, BoostingSettings
from andamio.training.candidates import Folds, Setting, predict_held_out
from andamio.training.models import Matrix, Model
from andamio.training.remaining import Groups, even_weights, weighted_quantile
from andamio.training.table import Index
from andamio.training.task import Floats, Task

_SPREAD = BoostingSettings(
    learning_rate=0.05, leaves=4, least_rows=20, columns=0.8, rows=0.8, l2=5.0, bins=255, rounds=60
)
_FEWEST_ROWS = 200
# The error model must make intervals narrower by this share, or it is not worth its trees.
_WORTH = 0.03
_NUMBER = Task(0)
FEWEST_GROUPS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """How far an interval reaches to both sides.

    Attributes:
        coverage: The share of new rows that it is to hold.
        reach: Half its width; times the spread where there is a model of it.
        spread: Model of the logarithm of the error's size; None when all rows are alike.
        width: Mean full width on the training rows.
    """

    coverage: float
    reach: float
    spread: Model | None
    width: float

    def half(self, x: Matrix) -> Floats:
        """Return half the width of each row, shape ``(rows,)``."""
        if self.spread is None:
            return np.full(len(x), self.reach)
        return np.asarray(self.reach * np.exp(self.spread.margin(x)[:, 0]))

    def scores(self, value: Score) -> tuple[Score, Score]:
        """Write both limits into the graph."""
        if self.spread is None:
            return Combined((value,), (1.0,), -self.reach), Combined((value,), (1.0,), self.reach)
        size = Exponential(self.spread.score())
        return Combined((value, size), (1.0, -self.reach)), Combined((value, size), (1.0, self.reach))


def conformal_quantile(errors: Floats, coverage: float) -> float:
    """Return the ``ceil((n + 1) * coverage)``-th smallest error; the largest where that is beyond all.

    >>> conformal_quantile(np.arange(1.0, 10.0), 0.8)
    8.0
    """
    place = min(math.ceil((len(errors) + 1) * coverage - 1e-9), len(errors))
    return float(np.sort(errors)[place - 1])


def grouped_quantile(errors: Floats, coverage: float, groups: Groups) -> float:
    """Return the conformal quantile for a row of a machine that was not seen.

    The errors of one machine are alike, so that its thousand rows tell little more than one. Every machine
    weighs the same, and the new one counts as one more of which nothing is known.

    Args:
        errors: Shape ``(rows,)``.
        coverage: The share to hold.
        groups: The machine of each row, shape ``(rows,)``.

    Returns:
        The least error that holds ``(machines + 1) * coverage / machines`` of the evened rows; the largest
        where that is beyond all.
    """
    machines = len(np.unique(groups))
    share = (machines + 1) * coverage / machines
    if share >= 1.0:
        return float(errors.max())
    return weighted_quantile(errors, even_weights(len(errors), groups), share)


def learn_interval(
    given: Setting,
    value: Floats,
    folds: Folds,
    coverage: float,
    groups: Groups | None = None,
    even: bool = False,
) -> Interval:
    """Learn the interval from out-of-fold predictions.

    Args:
        given: Features and target of the training rows.
        value: Out-of-fold predictions, shape ``(rows,)``; NaN where there is none.
        folds: Those that the predictions were made on.
        coverage: The share to hold.
        groups: The machine of each row, where rows of one machine are alike; None where rows are not.
        even: Reach as far everywhere: a model of the error's size has a weight of its own.
    """
    known = np.flatnonzero(np.isfinite(value))
    error = np.abs(given.y[known] - value[known])
    plain = _quantile(error, coverage, groups, known)
    alike = Interval(coverage, plain, None, 2 * plain)
    least = 0.05 * float(np.median(error))
    if even or len(known) < _FEWEST_ROWS or not least > 0:
        return alike
    errors = Setting(given.x[known], np.log(error + least), _NUMBER, given.seed)
    places = np.full(len(value), -1, dtype=np.int64)
    places[known] = np.arange(len(known))
    inner = [_within(train, test, places) for train, test in folds]
    candidate = Boosting(_SPREAD)
    logs = predict_held_out(candidate.train, errors, [f for f in inner if min(map(len, f)) > 50])[:, 0]
    there = np.isfinite(logs)
    if there.sum() < _FEWEST_ROWS:
        return alike
    size = np.exp(logs[there])
    reach = _quantile(error[there] / size, coverage, groups, known[there])
    width = 2 * reach * float(size.mean())
    if width > (1 - _WORTH) * 2 * _quantile(error[there], coverage, groups, known[there]):
        return alike
    return Interval(coverage, reach, candidate.train(errors), width)


def _quantile(errors: Floats, coverage: float, groups: Groups | None, rows: Index) -> float:
    if groups is None or len(np.unique(groups[rows])) < FEWEST_GROUPS:
        return conformal_quantile(errors, coverage)
    return grouped_quantile(errors, coverage, groups[rows])


def _within(
    train: np.ndarray[tuple[int], np.dtype[np.int64]],
    test: np.ndarray[tuple[int], np.dtype[np.int64]],
    places: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    inside = places[train], places[test]
    return inside[0][inside[0] >= 0], inside[1][inside[1] >= 0]
