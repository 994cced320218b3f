"""Make chances mean what they say: of all rows told 20 %, one in five should turn out so.

A curve from margins to chances is learnt on predictions of rows that their model had not seen. Which kind of
curve is chosen by cross-validation over those rows; the simple ones win ties.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from sklearn.isotonic import IsotonicRegression

from andamio.features import Combined, Isotonic, Platt, Score
from andamio.training.models import Link, linked, linked_score
from andamio.training.remaining import WithinHorizon
from andamio.training.task import Floats, Target, Task, gain

_PARTS = 5
_FEWEST_EVENTS = 10
_FEWEST_EVENTS_FOR_CURVE = 60
# With so many rows the model's own chances stand; fewer leave room for what they have not shown.
_MANY_ROWS = 2_000


class Calibration(Protocol):
    """A curve from margins to answers."""

    @property
    def name(self) -> str:
        """Its kind, for programs."""

    def apply(self, margin: Floats) -> Floats:
        """Turn margins into answers, shape ``(rows, width)``."""

    def score(self, margin: Score) -> Score:
        """Write it into the graph."""


@dataclass(frozen=True, slots=True)
class AsIs:
    """The model's own link; a little of each class is mixed in where a model may say never."""

    link: Link
    floor: float = 0.0
    classes: int = 1
    name: str = "none"

    def apply(self, margin: Floats) -> Floats:
        """Apply the link."""
        answer = linked(margin, self.link)
        return answer if not self.floor else (1 - self.floor) * answer + self.floor / self.classes

    def score(self, margin: Score) -> Score:
        """Write the link."""
        own = linked_score(margin, self.link)
        return own if not self.floor else Combined((own,), (1 - self.floor,), self.floor / self.classes)


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """Platt's ``1 / (1 + exp(a * margin + b))``."""

    a: float
    b: float
    name: str = "platt"

    def apply(self, margin: Floats) -> Floats:
        """Apply the sigmoid."""
        return linked(-(self.a * margin + self.b), Link.LOGISTIC)

    def score(self, margin: Score) -> Score:
        """Write the sigmoid."""
        return Platt(margin, self.a, self.b)


@dataclass(frozen=True, slots=True)
class Curve:
    """Isotonic regression: points joined by straight lines, level outside."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    name: str = "isotonic"

    def apply(self, margin: Floats) -> Floats:
        """Interpolate."""
        return np.interp(margin, self.x, self.y)

    def score(self, margin: Score) -> Score:
        """Write the curve."""
        return Isotonic(margin, self.x, self.y)


@dataclass(frozen=True, slots=True)
class Tempered:
    """Softmax of margins that are divided by a temperature: above one makes the model less sure."""

    temperature: float
    floor: float = 0.0
    classes: int = 1
    name: str = "temperature"

    def apply(self, margin: Floats) -> Floats:
        """Divide, then apply softmax."""
        return AsIs(Link.SOFTMAX, self.floor, self.classes).apply(margin / self.temperature)

    def score(self, margin: Score) -> Score:
        """Write both."""
        cooler = Combined((margin,), (1.0 / self.temperature,))
        return AsIs(Link.SOFTMAX, self.floor, self.classes).score(cooler)


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """The chosen calibration, and answers of held-out rows by calibrations that had not seen them."""

    calibration: Calibration
    answers: Floats


def calibrate(margins: Floats, link: Link, target: Target, task: Task) -> Calibrated:
    """Choose and learn a calibration.

    Args:
        margins: Of rows that their model had not seen, shape ``(rows, width)``; NaN rows are left out.
        link: The model's own link.
        target: Shape ``(rows,)``.
        task: A number (nothing to calibrate), two classes or several.
    """
    if task.horizon is not None:
        within = WithinHorizon(task.horizon)
        return Calibrated(within, within.apply(margins))
    if task.is_regression:
        return Calibrated(AsIs(link), margins)
    known = np.isfinite(margins).all(axis=1)
    best: tuple[Learner, Floats] | None = None
    for learner in _learners(link, target[known], task):
        answers = np.full_like(margins, np.nan)
        answers[known] = _cross_fitted(learner, margins[known], target[known])
        if best is not None:
            less, error = gain(task.losses(best[1], target), task.losses(answers, target))
            if not less > error:
                continue
        best = learner, answers
    if best is None:
        raise ValueError("no calibration was tried")
    return Calibrated(best[0](margins[known], target[known]), best[1])


Learner = Callable[[Floats, Target], Calibration]


def _learners(link: Link, target: Target, task: Task) -> list[Learner]:
    """List what may be tried, the simplest first."""
    unseen = _unseen(len(target), task.classes)
    if not task.is_binary:
        own = AsIs(link, unseen if link is Link.SOFTMAX else max(0.02, unseen), task.classes)
        temper = partial(_temper, floor=unseen, classes=task.classes)
        return [lambda _margin, _target: own, *([temper] if link is Link.SOFTMAX else [])]
    events = int(min(target.sum(), len(target) - target.sum()))
    as_is = AsIs(link, unseen if link is Link.LOGISTIC else max(0.01, unseen), 2)
    learners: list[Learner] = [lambda _margin, _target: as_is]
    if events >= _FEWEST_EVENTS:
        learners.append(_platt)
    if events >= _FEWEST_EVENTS_FOR_CURVE:
        learners.append(_isotonic)
    return learners


def _unseen(rows: int, classes: int) -> float:
    """Return the weight of the classes that no row has shown: sixty rows in a row are no proof of never.

    Each class is counted once more than it was seen, so no chance falls below ``1 / (rows + classes)``.

    Source: Laplace's rule of succession.
    """
    return 0.0 if rows >= _MANY_ROWS else classes / (rows + classes)


def _cross_fitted(learner: Learner, margin: Floats, target: Target) -> Floats:
    part = np.empty(len(target), dtype=np.int64)
    # Every class is dealt out evenly, in the order of its margins.
    order = np.lexsort((margin[:, 0], target))
    part[order] = np.arange(len(target)) % _PARTS
    answers = np.empty_like(margin)
    for p in range(_PARTS):
        inside = part == p
        if inside.any():
            answers[inside] = learner(margin[~inside], target[~inside]).apply(margin[inside])
    return answers


def _platt(margin: Floats, target: Target) -> Sigmoid:
    """Fit Platt's sigmoid by Newton's method on standardised margins, with his smoothed targets."""
    raw = margin[:, 0]
    centre, spread = float(raw.mean()), float(raw.std()) or 1.0
    z = np.column_stack([(raw - centre) / spread, np.ones(len(raw))])
    events = float(target.sum())
    aim = np.where(target == 1, (events + 1) / (events + 2), 1 / (len(target) - events + 2))
    weights = np.array([1.0, float(np.log((events + 1) / (len(target) - events + 1)))])
    for _ in range(50):
        chance = linked(z @ weights, Link.LOGISTIC)
        slope = z.T @ (chance - aim)
        bend = (z * (chance * (1 - chance))[:, None]).T @ z + 1e-6 * np.eye(2)
        step = np.linalg.solve(bend, slope)
        weights = weights - np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-10:
            break
    a = -float(weights[0]) / spread
    return Sigmoid(a, -float(weights[1]) - a * centre)


def _isotonic(margin: Floats, target: Target) -> Curve:
    """Fit isotonic regression, keep clear of 0 and 1, and thin points that nearly touch.

    Without the thinning a step would turn the last bit of a float32 margin into another chance.
    """
    raw = margin[:, 0]
    low = 1.0 / (len(target) + 2)
    fitted = IsotonicRegression(y_min=low, y_max=1 - low, out_of_bounds="clip").fit(raw, target)
    x, y = fitted.X_thresholds_, fitted.y_thresholds_
    least = max((x[-1] - x[0]) / 400, 1e-6)
    keep = [0]
    for place in range(1, len(x)):
        if x[place] - x[keep[-1]] >= least:
            keep.append(place)
    return Curve(tuple(x[keep].tolist()), tuple(y[keep].tolist()))


def _temper(margin: Floats, target: Target, floor: float = 0.0, classes: int = 1) -> Tempered:
    """Choose the temperature of the lowest loss from a grid that rises by 5 %."""
    rows, labels = np.arange(len(target)), target.astype(np.int64)
    grid = 1.05 ** np.arange(-30, 61)
    losses = []
    for temperature in grid:
        chance = Tempered(float(temperature), floor, classes).apply(margin)[rows, labels]
        losses.append(float(-np.log(np.maximum(chance, 1e-12)).mean()))
    return Tempered(float(grid[int(np.argmin(losses))]), floor, classes)
