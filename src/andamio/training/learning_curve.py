"""What more rows would bring: the errors of models that learnt from ever more rows, continued."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.intervals import resamples
from andamio.statistics.power_law import extrapolate
from andamio.training.judging import main_metric, measure
from andamio.training.likeness import alike
from andamio.training.repeating import Pass, Repeated

DRAWS = 200
MORE_ROWS = 200
GRID = 24
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Point:
    """The metric that is expected of so many labelled rows, with its 95 % interval.

    Attributes:
        rows: Labelled rows in all, those held out included.
        value: Of the metric.
        low: Lower end.
        high: Upper end.
    """

    rows: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """How the main metric grows with the labels.

    Attributes:
        metric: Which.
        better: Whether more of it is better.
        measured: Models that were trained and measured.
        expected: The fitted curve, from the smallest sample to twice or more of what there is.
        more: With ``MORE_ROWS`` more labelled rows, and with twice as many.
        gains: What each of ``more`` would bring, above what the rows of today give.
    """

    metric: str
    better: bool
    measured: tuple[Point, ...]
    expected: tuple[Point, ...]
    more: tuple[Point, ...]
    gains: tuple[Point, ...]

    def facts(self) -> dict[str, object]:
        """Write it as plain values."""
        return asdict(self)


def learning_curve(repeated: Repeated, rows: int, seed: int) -> LearningCurve | None:
    """Draw the curve and continue it.

    The rows are drawn again, the same ones for every sample size, so that the sizes are compared on equal
    terms; each redrawn curve is fitted and continued by itself.

    Args:
        repeated: With its curve; without one there is nothing to continue.
        rows: All labelled rows.
        seed: Of the draws.
    """
    if not repeated.curve:
        return None
    passes = [*repeated.curve, repeated.passes[0]]
    metric, better = main_metric(passes[0].problem)
    total = rows * np.array([p.trained for p in passes]) / passes[-1].trained
    drawn = _drawn(passes, metric, better, repeated, seed)
    if drawn is None:
        return None
    targets = np.array(sorted({rows + MORE_ROWS, 2 * rows}), dtype=np.float64)
    grid = np.unique(np.geomspace(total[0], targets.max(), GRID).round())
    ahead = extrapolate(total, drawn, np.concatenate([grid, targets, [rows]]))
    ahead = np.clip(ahead, 0.0, 1.0 if better else None)
    sign, zero = (-1.0, 1.0) if better else (1.0, 0.0)
    expected = [_point(g, zero + sign * ahead[:, i]) for i, g in enumerate(grid)]
    more = [_point(t, zero + sign * ahead[:, len(grid) + i]) for i, t in enumerate(targets)]
    gains = [_point(t, ahead[:, -1] - ahead[:, len(grid) + i]) for i, t in enumerate(targets)]
    measured = [_point(n, zero + sign * drawn[:, i]) for i, n in enumerate(total)]
    return LearningCurve(metric, better, tuple(measured), tuple(expected), tuple(more), tuple(gains))


def _drawn(passes: Sequence[Pass], metric: str, better: bool, repeated: Repeated, seed: int) -> Floats | None:
    """Measure every sample size on the same redrawn rows; errors, shape ``(draws, sizes)``."""
    problem = passes[0].problem

    def errors(index: NDArray[np.int64]) -> list[float]:
        found: list[Mapping[str, float]] = [measure(p.problem, p.outputs, index) for p in passes]
        return [1.0 - one[metric] if better else one[metric] for one in found]

    whole = np.array(errors(np.arange(len(problem), dtype=np.int64)))
    drawn = np.array([errors(i) for i in resamples(len(problem), alike(problem), draws=DRAWS, seed=seed)])
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    if len(drawn) < DRAWS // 2 or not np.isfinite(whole).all():
        return None
    widened = whole + (drawn - drawn.mean(axis=0)) * np.sqrt(repeated.reuse.inflation)
    return np.asarray(np.clip(widened, 0.0, 1.0 if better else None), np.float64)


def _point(rows: float, values: Floats) -> Point:
    low, middle, high = np.percentile(values, [2.5, 50.0, 97.5]).tolist()
    return Point(round(float(rows)), middle, low, high)
