"""Gaussian processes, for few rows: a smooth surface over the tags, each with a length of its own.

The covariance is a squared exponential with a length for each feature (automatic relevance determination),
plus a linear part, plus noise. Lengths, sizes and noise are those of the largest marginal likelihood with
weak priors, found on at most ``LENGTH_ROWS`` distinct rows (copies would say that there is no noise); the
surface is then conditioned on all rows. Two classes are learnt with the same covariance and a logistic
likelihood, at its mode (Laplace).

Source: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), algorithms 2.1 and 3.1,
sections 5.1 and 5.4.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from andamio.errors import Text, text
from andamio.features import Kernel
from andamio.training.candidates import Folds, Rehearsal, Setting, predict_held_out
from andamio.training.linear import link_of
from andamio.training.models import KernelModel, Link, Matrix, linked
from andamio.training.task import Floats, Task

MOST_ROWS = 2000
MOST_ROWS_OF_CLASSES = 800
MOST_FEATURES = 60
LENGTH_ROWS = 400
# By how much the latent surface of two classes is larger than that of their labels.
SIZES = (2.0, 5.0, 12.0)
_STEPS = 40
_NEWTON = 25


def suits(rows: int, features: int, task: Task) -> bool:
    """Tell whether a Gaussian process may be tried: its time grows with the cube of the rows."""
    if task.classes > 2 or features > MOST_FEATURES:
        return False
    return rows <= (MOST_ROWS if task.is_regression else MOST_ROWS_OF_CLASSES)


@dataclass(frozen=True, slots=True)
class GaussianProcess:
    """A Gaussian process; ``size`` is that of the latent surface of two classes."""

    size: float = SIZES[1]
    family: ClassVar[str] = "gaussian_process"
    title: ClassVar[Text] = text("Gaussian process")

    def settings(self) -> Mapping[str, object]:
        """Tell the size."""
        return {"size": self.size}

    def train(self, given: Setting) -> KernelModel:
        """Train on all rows given."""
        return train_process(given, self.size)

    def rehearse(self, given: Setting, folds: Folds) -> Rehearsal:
        """Cross-validate; with two classes, each size."""
        link = link_of(given.task)
        tried = []
        for size in (self.size,) if given.task.is_regression else SIZES:
            margins = predict_held_out(partial(train_process, size=size), given, folds)
            losses = given.task.losses(linked(margins, link), given.y)
            tried.append((float(np.nanmean(losses)), size, margins))
        _, size, margins = min(tried, key=lambda one: one[:2])
        return Rehearsal(GaussianProcess(size), link, margins)


def train_process(given: Setting, size: float) -> KernelModel:
    """Condition a process on rows; for two classes at the mode of the logistic likelihood."""
    centre, spread = _standard(given.x)
    z = (given.x.astype(np.float64) - centre) / spread
    y = given.y.astype(np.float64)
    level, unit = float(y.mean()), float(y.std()) or 1.0
    found = _Covariance.learn(z, (y - level) / unit, given.seed)
    near, line = found.parts(z)
    covariance = near + line
    if given.task.is_regression:
        covariance[np.diag_indices_from(covariance)] += found.noise
        weights = unit * cho_solve(cho_factor(covariance, lower=True), (y - level) / unit)
        intercept = level
    else:
        # A constant of its own, so that the share of events need not be one half.
        constant = float(np.log((y.sum() + 0.5) / (len(y) - y.sum() + 0.5)))
        weights = size * _mode(size * covariance, y, constant)
        intercept = constant
    slope = found.line * (z.T @ weights) / z.shape[1]
    scale = 1.0 / (spread * found.lengths)
    kernel = Kernel(centre, scale, z / found.lengths, found.size * weights, slope * found.lengths, intercept)
    return KernelModel(kernel, link_of(given.task))


@dataclass(frozen=True, slots=True, eq=False)
class _Covariance:
    """Size of the smooth part, a length for each feature, size of the linear part, noise; all variances."""

    size: float
    lengths: Floats
    line: float
    noise: float

    @staticmethod
    def of(logs: Floats) -> _Covariance:
        """Read logarithms: size, lengths, line, noise."""
        return _Covariance(
            float(np.exp(2 * logs[0])),
            np.exp(logs[1:-2]),
            float(np.exp(2 * logs[-2])),
            float(np.exp(2 * logs[-1]) + 1e-6),
        )

    @staticmethod
    def learn(z: Floats, y: Floats, seed: int) -> _Covariance:
        """Find the largest marginal likelihood on some of the distinct rows."""
        _, first = np.unique(np.column_stack([z, y]), axis=0, return_index=True)
        distinct = np.sort(first)
        z, y = z[distinct], y[distinct]
        if len(z) > LENGTH_ROWS:
            rows = np.sort(np.random.default_rng(seed).choice(len(z), LENGTH_ROWS, replace=False))
            z, y = z[rows], y[rows]
        features = z.shape[1]
        start = np.concatenate([[0.0], np.full(features, 0.5 * np.log(features) + 0.5), [-1.0, -1.0]])
        bounds = [(-3.0, 3.0), *[(-2.0, 6.0)] * features, (-6.0, 2.0), (-5.0, 1.0)]
        found = minimize(
            _unlikely,
            start,
            args=(z, y, start),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": _STEPS},
        )
        return _Covariance.of(found.x)

    def parts(self, z: Floats) -> tuple[Floats, Floats]:
        """Compute the smooth and the linear part between rows."""
        a = z / self.lengths
        own = (a * a).sum(axis=1)
        far = np.maximum(own[:, None] + own - 2.0 * a @ a.T, 0.0)
        return self.size * np.exp(-0.5 * far), self.line * (z @ z.T) / z.shape[1]


def _unlikely(logs: Floats, z: Floats, y: Floats, usual: Floats) -> tuple[float, Floats]:
    """Return the negative logarithm of likelihood times prior, and its gradient."""
    now = _Covariance.of(logs)
    near, line = now.parts(z)
    factor = cho_factor(near + line + now.noise * np.eye(len(y)), lower=True)
    weights = cho_solve(factor, y)
    pull = np.outer(weights, weights) - cho_solve(factor, np.eye(len(y)))
    a, pulled = z / now.lengths, pull * near
    by_length = 2.0 * (pulled.sum(axis=1) @ (a * a) - (a * (pulled @ a)).sum(axis=0))
    by_noise = 2.0 * (now.noise - 1e-6) * np.trace(pull)
    gradient = -0.5 * np.concatenate(
        [[2.0 * pulled.sum()], by_length, [2.0 * float((pull * line).sum())], [by_noise]]
    )
    away = (logs - usual) / 1.5
    value = 0.5 * float(y @ weights) + float(np.log(np.diag(factor[0])).sum()) + 0.5 * float(away @ away)
    return value, gradient + away / 1.5


def _mode(covariance: Floats, y: Floats, constant: float) -> Floats:
    """Find the mode of a latent surface by Newton's method; returns the weights of its rows."""
    rows = len(y)
    surface, weights = np.zeros(rows), np.zeros(rows)
    for _ in range(_NEWTON):
        chance = linked(surface + constant, Link.LOGISTIC)
        bend = np.maximum(chance * (1.0 - chance), 1e-9)
        root = np.sqrt(bend)
        aim = bend * surface + (y - chance)
        system = np.eye(rows) + root[:, None] * covariance * root
        weights = aim - root * cho_solve(cho_factor(system, lower=True), root * (covariance @ aim))
        next_surface = covariance @ weights
        moved = float(np.abs(next_surface - surface).max())
        surface = next_surface
        if moved < 1e-8:
            break
    return weights


def _standard(x: Matrix) -> tuple[Floats, Floats]:
    values = x.astype(np.float64)
    centre, spread = values.mean(axis=0), values.std(axis=0)
    return centre, np.where(spread > 1e-6 * np.abs(centre) + 1e-30, spread, 1.0)
