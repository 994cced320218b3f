"""Limits that keep a promise: so many false alarms a month, for this plant's autocorrelation and history.

A plant's rows are simulated (each column's autoregression, driven by blocks of its own residuals), the
charts are learnt anew from as many simulated rows as history has, and run over fresh ones. So the limits
hold what autocorrelation does, and what a short history does not know. Then each part of the real history is
watched by charts learnt from the other parts: where it wanders by itself, the limits give way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import lfilter
from scipy.stats import poisson

from andamio.statistics.drift.charts import CHARTS, Charts, fit_charts, settled
from andamio.statistics.drift.context import Table, fit_levels
from andamio.statistics.drift.sums import CUSUMS, LANES
from andamio.statistics.drift.whitening import product

_LEARNINGS, _STREAMS = 12, 4
_LONGEST = 12_288
_REST = 500
_BLUR = 0.3  # share of the shocks' spread drawn afresh, so that the largest are not only the known ones
# Charts of single rows: in long stretches the blocks bring the same few largest rows again and again, so
# their tail is learnt from stretches that are short beside history.
_ROWS = slice(len(CUSUMS), None)
_REUSE = 10
_SPARE = 1.4  # times as rare as asked for: what a simulation cannot know, and that limits are estimates
_FOLDS = 5
_FEWEST_FOLDED = 200
_ROOM = 1.1
_EULER = 0.5772156649
# The chart for small lasting offsets is the slowest, and gets half of the error budget.
_WEIGHTS = np.array([0.5] + [0.5 / (len(CHARTS) - 1)] * (len(CHARTS) - 1))


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of the charts.

    Attributes:
        values: One a chart, shape ``(charts,)``.
        wandered: Whether history moved more by itself than its own simulation, so that limits gave way.
    """

    values: Table
    wandered: bool


def calibrate(
    charts: Charts, z: Table, terms: Table, *, rows_per_alarm: float, seed: int = 0
) -> tuple[Charts, Limits]:
    """Find the limits with one false alarm in ``rows_per_alarm`` rows.

    Args:
        charts: Learnt from ``z``.
        z: Standardised history, shape ``(rows, columns)``.
        terms: What levels are explained by, shape ``(rows, terms)``; they are learnt anew as well.
        rows_per_alarm: The budget.
        seed: Of the simulation.

    Returns:
        The charts, less sensitive for columns that wander, and their limits.
    """
    values = _simulated_limits(charts, z, terms, rows_per_alarm, np.random.default_rng(seed))
    if len(z) < _FEWEST_FOLDED:
        return charts, Limits(values, wandered=False)
    return _given_way(charts, z, terms, values, rows_per_alarm)


def _simulated_limits(
    charts: Charts, z: Table, terms: Table, rows_per_alarm: float, random: np.random.Generator
) -> Table:
    """Find limits by simulation.

    Source: the sieve of Bühlmann, Bernoulli 3 (1997), driven by smoothed blocks of residuals; largest values
    of stretches after Gumbel, by L-moments (Hosking, J. R. Stat. Soc. B 52 (1990)).
    """
    length = int(min(rows_per_alarm, _LONGEST))
    source = _Source.of(charts, z)
    parts = max(1, round(length / np.clip(len(z) / _REUSE, 500, length)))
    peaks = np.concatenate([_learnt_anew(source, terms, length, parts, random) for _ in range(_LEARNINGS)])
    largest = peaks.max(axis=1)
    place, scale = _gumbel(largest)
    row_place, row_scale = _gumbel(peaks.reshape(-1, len(CHARTS))[:, _ROWS])
    place[_ROWS], scale[_ROWS] = row_place + row_scale * np.log(parts), row_scale
    joint = ((largest - place) / scale + np.log(_WEIGHTS)).max(axis=1)
    joint_place, joint_scale = _gumbel(joint[:, None])
    stretches = np.log(_SPARE * rows_per_alarm / length)
    reduced = min(float(joint_place[0] + joint_scale[0] * stretches), stretches)
    return np.asarray(place + scale * (reduced - np.log(_WEIGHTS)))


@dataclass(frozen=True, slots=True)
class _Source:
    """Makes rows like those of history: its autoregressions, its shocks, and what shocks have in common."""

    charts: Charts
    shocks: Table
    common: Table
    block: int

    @classmethod
    def of(cls, charts: Charts, z: Table) -> _Source:
        filled = settled(z)
        begun = np.concatenate([np.zeros((len(filled), charts.own.lags)), filled], axis=1)
        shocks = charts.own.residuals(begun)
        shocks -= shocks.mean(axis=1, keepdims=True)
        covariance = product(shocks, shocks.T) / shocks.shape[1]
        covariance[np.diag_indices_from(covariance)] += 1e-6
        return cls(charts, shocks, np.linalg.cholesky(covariance), _block(shocks))

    def rows(self, count: int, random: np.random.Generator) -> Table:
        """Simulate rows, shape ``(count, columns)``."""
        total = count + _REST
        starts = random.integers(0, self.shocks.shape[1] - self.block + 1, total // self.block + 1)
        places = (starts[:, None] + np.arange(self.block)).ravel()[:total]
        drawn = np.take(self.shocks, places, axis=1)
        drawn *= np.sqrt(1 - _BLUR**2)
        drawn += product(_BLUR * self.common, random.standard_normal(drawn.shape))
        own = self.charts.own
        for j, row in enumerate(drawn):
            drawn[j] = lfilter([own.spread[j]], np.concatenate([[1.0], -own.phi[:, j]]), row)
        return np.asarray(drawn[:, _REST:].T)


def _learnt_anew(
    source: _Source, terms: Table, length: int, parts: int, random: np.random.Generator
) -> Table:
    """Simulate a history, learn from it, and return the largest values in parts of fresh streams.

    Returns:
        Shape ``(streams, parts, charts)``.
    """
    past = source.rows(len(terms), random)
    weights, spread = fit_levels(terms, past)
    learnt = fit_charts((past - product(terms, weights)) / spread)
    found = []
    for _ in range(_STREAMS):
        then = (random.integers(len(terms)) + np.arange(length)) % len(terms)
        fresh = (source.rows(length, random) - product(terms[then], weights)) / spread
        values = learnt.run(fresh, learnt.fresh())
        found.append([part.max(axis=0) for part in np.array_split(values, parts)])
    return np.array(found)


def _block(shocks: Table) -> int:
    """Return how many rows a block needs for what correlation the shocks have left.

    Source: Carlstein, Annals of Statistics 14 (1986), for an autoregression of one lag.
    """
    count, left = shocks.shape[1], [0.0]
    for signal in (shocks, shocks**2, (shocks**2).sum(axis=0, keepdims=True)):
        centred = signal - signal.mean(axis=1, keepdims=True)
        variance = np.maximum((centred**2).sum(axis=1), 1e-12)
        left.append(float(np.quantile((centred[:, 1:] * centred[:, :-1]).sum(axis=1) / variance, 0.9)))
    found = min(max(left), 0.9)
    return int(np.clip(np.ceil((2 * found / (1 - found**2)) ** (2 / 3) * count ** (1 / 3)), 3, count // 4))


def _given_way(
    charts: Charts, z: Table, terms: Table, values: Table, rows_per_alarm: float
) -> tuple[Charts, Limits]:
    """Watch each part of history by charts of the other parts; where that alarms too often, give way."""
    peaks, columns, episodes = np.zeros(len(CHARTS)), np.zeros((len(CUSUMS), z.shape[1])), 0
    for fold in np.array_split(np.arange(len(z)), _FOLDS):
        others = np.setdiff1d(np.arange(len(z)), fold)
        weights, spread = fit_levels(terms[others], z[others])
        learnt = fit_charts((z[others] - terms[others] @ weights) / spread)
        state = learnt.fresh()
        state.sums.peaks = columns
        seen = learnt.run((z[fold] - terms[fold] @ weights) / spread, state)
        over = np.asarray((seen > values).any(axis=1))
        episodes += int(over[0]) + int((over[1:] & ~over[:-1]).sum())
        peaks = np.maximum(peaks, seen.max(axis=0))
    if episodes <= poisson.ppf(0.95, len(z) / rows_per_alarm):
        return charts, Limits(values, wandered=False)
    scale = charts.scale.copy()
    for i, (source, _, _) in enumerate(CUSUMS):
        calmer = np.maximum(1.0, _ROOM * columns[LANES.index(i)] / values[i])
        scale[source] = np.minimum(scale[source], charts.scale[source] / calmer)
    sums = len(CUSUMS)
    values = np.concatenate([values[:sums], np.maximum(values[sums:], _ROOM * peaks[sums:])])
    return replace(charts, scale=scale), Limits(values, wandered=True)


def _gumbel(largest: Table) -> tuple[Table, Table]:
    """Fit place and scale to largest values, shape ``(stretches, charts)``, by L-moments."""
    ordered = np.sort(largest, axis=0)
    mean = ordered.mean(axis=0)
    rising = np.linspace(0.0, 1.0, len(ordered))[:, None]
    scale = np.maximum((2 * (rising * ordered).mean(axis=0) - mean) / np.log(2), 1e-9)
    return mean - _EULER * scale, scale


def fewest_rows(columns: int) -> int:
    """Return below how many rows nothing is learnt."""
    return max(50, 2 * columns)
