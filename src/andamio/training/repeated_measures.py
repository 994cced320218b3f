"""Measure what repeated learning answered: every metric with an interval that knows of the reuse of rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import Outputs
from andamio.statistics.intervals import Interval, resamples
from andamio.statistics.resampled import (
    Reuse,
    plain_interval,
    pseudo_values,
    share_interval,
    size_interval,
    sum_interval,
)
from andamio.training.judging import main_metric, measure
from andamio.training.likeness import alike
from andamio.training.repeating import Pass, Repeated
from andamio.training.table import Index, Problem

DRAWS = 100
SHARES = ("recall", "precision", "f1", "false_alarm_rate", "accuracy", "coverage")
DECIDED = ("recall", "precision", "false_alarm_rate")
RANKINGS = ("roc_auc", "average_precision")
SIZES = ("rmse", "mae", "brier", "interval_width")
# A difference of two shares, which cannot be more than one.
SHARE_APART = "difference of shares"
Measure = Callable[[Index], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric over all passes, and what its interval is made from.

    Attributes:
        metric: Its name.
        value: Mean over the passes.
        variance: Of the value of one pass, were its folds independent.
        counted: What a share is a share of: events, alarms, rows; infinite for what is no share.
        reuse: How often rows were used.
    """

    metric: str
    value: float
    variance: float
    counted: float
    reuse: Reuse

    def interval(self, more: float = 1.0) -> Interval:
        """Give the interval; with ``more`` times the labels, were the value to stay."""
        variance = self.variance / more
        if self.metric in SHARES:
            return _share(self.metric, self.value, variance, self.counted * more, self.reuse)
        if self.metric in RANKINGS:
            return share_interval(self.value, variance, self.counted * more, self.reuse)
        if self.metric in SIZES:
            found = size_interval(self.value, variance, self.reuse)
            if self.metric != "brier" or not 0 < self.value < 1:
                return found
            # Alike errors of all rows know nothing of a mistake that none of them was.
            most = share_interval(self.value, 0.0, self.counted * more, self.reuse).high
            return Interval(self.value, found.low, max(found.high, most))
        if self.metric == "r2":
            rest = size_interval(1.0 - self.value, variance, self.reuse)
            return Interval(self.value, 1.0 - rest.high, 1.0 - rest.low)
        found = plain_interval(self.value, variance, self.reuse)
        if self.metric == SHARE_APART:
            return Interval(self.value, max(found.low, -1.0), min(found.high, 1.0))
        return found

    @property
    def certainty(self) -> float:
        """How many of its standard errors the value is away from nothing, with its sign."""
        return self.value / math.sqrt(max(self.variance * self.reuse.inflation, 1e-30))


def measured(repeated: Repeated, seed: int) -> dict[str, Measured]:
    """Measure every metric of the contract's kind over all passes."""
    reuse = repeated.reuse
    found: dict[str, list[tuple[float, float]]] = {}
    for one in repeated.passes:
        for name, pair in spread(one, _of(one.problem, one.outputs), seed).items():
            found.setdefault(name, []).append(pair)
    first = repeated.passes[0]
    counts = _counts(first.problem, first.outputs)
    return {
        name: Measured(name, *_mean(pairs), counts.get(name, math.inf), reuse)
        for name, pairs in found.items()
    }


def measured_once(problem: Problem, outputs: Outputs, seed: int) -> dict[str, Measured]:
    """Measure one held-out part whose rows were used once: shares of few rows get limits of few rows."""
    rows = len(problem)
    reuse = Reuse(splits=rows, folds=rows, ratio=0.0)
    measure_rows, counts = _of(problem, outputs), _counts(problem, outputs)
    whole = measure_rows(np.arange(rows, dtype=np.int64))
    drawn = [measure_rows(index) for index in resamples(rows, alike(problem), draws=DRAWS, seed=seed)]
    return {
        name: Measured(
            name,
            float(value),
            _variance(np.array([d[name] for d in drawn], dtype=np.float64)),
            counts.get(name, math.inf),
            reuse,
        )
        for name, value in whole.items()
    }


def intervals(found: Mapping[str, Measured], problem: Problem) -> dict[str, Interval]:
    """Give every metric's interval; the cost per row from those of its two shares."""
    ends = {name: one.interval() for name, one in found.items()}
    costs = problem.contract.costs
    if costs is not None and problem.positive is not None and math.isfinite(found["recall"].value):
        share = float(np.mean(problem.target == problem.positive))
        recall = ends["recall"]
        missed = Interval(1.0 - recall.value, 1.0 - recall.high, 1.0 - recall.low)
        parts = [
            (costs.missed_failure * share, missed),
            (costs.false_alarm * (1.0 - share), ends["false_alarm_rate"]),
        ]
        ends["cost_per_row"] = sum_interval(parts)
    return ends


def without_certainty(
    found: Mapping[str, Interval], problem: Problem, outputs: Outputs, groups: Index | None
) -> dict[str, Interval]:
    """Give shares of 0 and 1 the limits of as many rows: redrawn rows never show what none of them did.

    Args:
        found: Metrics with their bootstrap intervals.
        problem: The rows that were measured.
        outputs: Their answers.
        groups: Rows that are alike, which count as one; None where none are.
    """
    counts = _counts(problem, outputs)
    alone = 1.0 if groups is None else len(np.unique(groups)) / len(problem)
    told = dict(found)
    for name in set(SHARES) & set(counts) & set(found):
        one = found[name]
        if one.low == one.high and one.value in (0.0, 1.0) and counts[name] > 0:
            once = Reuse(splits=len(problem), folds=len(problem), ratio=0.0)
            told[name] = share_interval(one.value, 0.0, max(counts[name] * alone, 1.0), once)
    return told


def difference(repeated: Repeated, name: str, seed: int) -> Measured:
    """Measure how much the chosen model is above a simpler one in the main metric, on the same rows."""
    metric, _ = main_metric(repeated.passes[0].problem)
    pairs = []
    for one in repeated.passes:
        chosen, simple = _of(one.problem, one.outputs), _of(one.problem, one.simpler[name])

        def apart(index: Index, chosen: Measure = chosen, simple: Measure = simple) -> Mapping[str, float]:
            return {metric: _or_zero(chosen(index)[metric]) - _or_zero(simple(index)[metric])}

        pairs.append(spread(one, apart, seed)[metric])
    kind = SHARE_APART if metric in SHARES else "difference"
    return Measured(kind, *_mean(pairs), math.inf, repeated.reuse)


def spread(one: Pass, measure_rows: Measure, seed: int) -> dict[str, tuple[float, float]]:
    """Measure one pass: each metric with its variance, the mean of that over rows and that over folds.

    Rows (or groups of rows that are alike) are drawn again; folds are left out one at a time. The first knows
    nothing of how models of different folds differ, the second is itself unsure with few folds.

    What a threshold decides (recall against false alarms) may be all or nothing from one model to the next,
    and one model is put to work, not the mean of five. So there the folds' variance counts in full, as far as
    it is more than the rows of a fold explain.
    """
    every = np.arange(len(one.problem), dtype=np.int64)
    whole = measure_rows(every)
    drawn = [measure_rows(i) for i in resamples(len(every), alike(one.problem), draws=DRAWS, seed=seed)]
    parts = np.unique(one.fold)
    without = [measure_rows(every[one.fold != f]) for f in parts]
    found = {}
    for name, value in whole.items():
        rows = _variance(np.array([d[name] for d in drawn], dtype=np.float64))
        folds = pseudo_values(value, np.array([w[name] for w in without], dtype=np.float64))
        between = float(folds.var(ddof=1)) / len(parts) if np.isfinite(folds).all() else math.nan
        known = [v for v in (rows, between) if math.isfinite(v)]
        variance = float(np.mean(known)) if known else math.nan
        if name in DECIDED and len(known) == 2:
            variance += max(0.0, float(folds.var(ddof=1)) - len(parts) * rows)
        found[name] = (float(value), variance)
    return found


def _of(problem: Problem, outputs: Outputs) -> Measure:
    return lambda index: measure(problem, outputs, index)


def _share(metric: str, value: float, variance: float, counted: float, reuse: Reuse) -> Interval:
    """Give a share's interval; F1 is no share, but it rises with one: of hits among events and alarms."""
    if metric != "f1" or not math.isfinite(value):
        return share_interval(value, variance, counted, reuse)
    hits = value / (2.0 - value)
    slope = 2.0 / (2.0 - value) ** 2
    found = share_interval(hits, variance * slope * slope, counted, reuse)
    return Interval(value, *(2.0 * end / (1.0 + end) for end in (found.low, found.high)))


def _counts(problem: Problem, outputs: Outputs) -> dict[str, float]:
    rows = float(len(problem))
    if problem.is_regression or outputs.decision is None:
        return {"coverage": rows}
    if problem.positive is None:
        least = float(np.bincount(problem.target.astype(np.int64)).min()) * len(problem.classes)
        return {"accuracy": rows, "brier": rows, **dict.fromkeys((*SHARES[:4], *RANKINGS), least)}
    events = problem.target == problem.positive
    alarms = outputs.decision == problem.positive
    few = float(min(events.sum(), (~events).sum()))
    return {
        "recall": float(events.sum()),
        "precision": float(alarms.sum()),
        "f1": float((events | alarms).sum()),
        "false_alarm_rate": float((~events).sum()),
        "accuracy": rows,
        "brier": rows,
        # A ranking of k events tells about as much as two shares of k: Hanley & McNeil (1982).
        "roc_auc": 2.0 * few,
        "average_precision": few,
    }


def _mean(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    values = np.array(pairs, dtype=np.float64)
    known = values[np.isfinite(values).all(axis=1)]
    if not len(known):
        return float(values[:, 0].mean()), math.nan
    return float(known[:, 0].mean()), float(known[:, 1].mean())


def _variance(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(known.var(ddof=1)) if 2 * len(known) >= len(values) and len(known) > 1 else math.nan


def _or_zero(value: float) -> float:
    return value if math.isfinite(value) else 0.0
