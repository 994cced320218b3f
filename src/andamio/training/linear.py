"""The simple candidate: ridge and logistic regression on standardised features, folded back to raw ones."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from andamio.errors import Text, text
from andamio.training.candidates import Folds, Rehearsal, Setting, predict_held_out
from andamio.training.models import LinearModel, Link, Matrix, linked
from andamio.training.task import Floats, Target, Task

# On the squared standardised weights, per row.
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)


@dataclass(frozen=True, slots=True)
class LinearFit:
    """Ridge or logistic regression; cross-validation chooses the penalty."""

    penalty: float = 1e-3
    family: ClassVar[str] = "linear"
    title: ClassVar[Text] = text("linear model")

    def settings(self) -> Mapping[str, object]:
        """Tell the penalty."""
        return {"penalty": self.penalty}

    def train(self, given: Setting) -> LinearModel:
        """Train with the chosen penalty."""
        return train_linear(given, self.penalty)

    def rehearse(self, given: Setting, folds: Folds) -> Rehearsal:
        """Cross-validate each penalty and keep the best."""
        tried = []
        for penalty in PENALTIES:
            margins = predict_held_out(partial(train_linear, penalty=penalty), given, folds)
            losses = given.task.losses(linked(margins, link_of(given.task)), given.y)
            tried.append((float(np.nanmean(losses)), penalty, margins))
        _, penalty, margins = min(tried, key=lambda one: one[:2])
        return Rehearsal(LinearFit(penalty), link_of(given.task), margins)


def link_of(task: Task) -> Link:
    """Choose how a sum becomes an answer: as it is, or by the logistic function or softmax."""
    return Link.IDENTITY if task.is_regression else Link.LOGISTIC if task.is_binary else Link.SOFTMAX


@dataclass(frozen=True, slots=True)
class _Standard:
    """Standardised features; when there are more features than rows, turned into as many as rows.

    A penalty on the sum of squares keeps the weights in the space that the rows span, so the turned
    problem has the same answer and is small.
    """

    z: Floats
    mean: Floats
    scale: Floats
    turn: Floats | None

    def model(self, weights: Floats, intercept: Floats, link: Link) -> LinearModel:
        """Fold the standardisation into weights, shape ``(width, columns of z)``."""
        turned = weights if self.turn is None else weights @ self.turn
        raw = turned / self.scale
        return LinearModel(raw, intercept - raw @ self.mean, link)


def train_linear(given: Setting, penalty: float) -> LinearModel:
    """Train a linear model with a penalty on the squared standardised weights, per row."""
    standard = _standardise(given.x)
    if given.task.is_regression:
        return _ridge(standard, given.y, penalty)
    solver = LogisticRegression(C=1.0 / (penalty * len(given.y)), max_iter=300, tol=1e-5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a loose optimum is judged by its own score
        solver.fit(standard.z, given.y)
    return standard.model(solver.coef_, solver.intercept_, link_of(given.task))


def _standardise(x: Matrix) -> _Standard:
    values = x.astype(np.float64)
    mean = values.mean(axis=0)
    spread = values.std(axis=0)
    # A column that is constant but for rounding must not be blown up to unit size.
    moving = spread > 1e-6 * np.abs(mean) + 1e-30
    scale = np.where(moving, spread, 1.0)
    z = np.where(moving, (values - mean) / scale, 0.0)
    if z.shape[1] <= z.shape[0]:
        return _Standard(z, mean, scale, None)
    left, size, turn = np.linalg.svd(z, full_matrices=False)
    return _Standard(left * size, mean, scale, turn)


def _ridge(standard: _Standard, y: Target, penalty: float) -> LinearModel:
    rows, columns = standard.z.shape
    centre = float(y.mean())
    gram = standard.z.T @ standard.z + penalty * rows * np.eye(columns)
    weights = np.linalg.solve(gram, standard.z.T @ (y - centre))
    return standard.model(weights[None, :], np.array([centre]), Link.IDENTITY)
