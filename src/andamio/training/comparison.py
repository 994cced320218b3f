"""Ask whether a simpler model is as good: the same rows, the same draws, the difference."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from andamio.bundles import Outputs
from andamio.errors import Text, text
from andamio.statistics.intervals import Interval, bootstrap
from andamio.statistics.metrics import decisions
from andamio.training.judging import main_metric, measure
from andamio.training.table import Index, Problem

TITLES = {"dummy": text("always the same answer"), "linear": text("linear model")}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A simpler model beside the chosen one.

    Attributes:
        name: Of the simpler model, as "linear".
        metric: By which they are compared.
        better: Whether more of the metric is better.
        metrics: All metrics of the simpler model.
        difference: Chosen minus simpler, with its 95 % confidence interval.
        as_good: Whether the difference could be nothing, or is in favour of the simpler one.
        sentence: The answer in words.
    """

    name: str
    metric: str
    better: bool
    metrics: Mapping[str, float]
    difference: Interval
    as_good: bool
    sentence: Text


def compare(
    problem: Problem, chosen: Outputs, simpler: Outputs, name: str, groups: Index | None, seed: int
) -> Comparison:
    """Compare two models on the same held-out rows by a paired bootstrap of the main metric."""
    metric, _ = main_metric(problem)

    def difference(index: Index) -> dict[str, float]:
        return {metric: _read(problem, chosen, metric, index) - _read(problem, simpler, metric, index)}

    found = bootstrap(difference, len(problem), groups, seed=seed)[metric]
    return compared(problem, measure(problem, chosen), measure(problem, simpler), name, found)


def compared(
    problem: Problem, chosen: Mapping[str, float], simpler: Mapping[str, float], name: str, found: Interval
) -> Comparison:
    """Tell what a difference of the main metric means."""
    metric, more = main_metric(problem)
    gain = found.low if more else -found.high
    as_good = not (math.isfinite(gain) and gain > 0)
    return Comparison(
        name,
        metric,
        more,
        simpler,
        found,
        as_good,
        _sentence(name, metric, chosen[metric], simpler[metric], found, as_good),
    )


def _read(problem: Problem, outputs: Outputs, metric: str, index: Index) -> float:
    """Read a metric; F1 without an alarm or an event is zero here, so that a dummy can be compared."""
    if problem.is_regression or outputs.decision is None:
        return measure(problem, outputs, index)[metric]
    costs = problem.contract.costs
    value = decisions(
        problem.target[index].astype(np.int64),
        outputs.decision[index],
        len(problem.classes),
        problem.positive,
        None if costs is None else (costs.missed_failure, costs.false_alarm),
    )[metric]
    return 0.0 if metric == "f1" and not np.isfinite(value) else value


def _sentence(
    name: str, metric: str, value: float, simple: float, difference: Interval, as_good: bool
) -> Text:
    holes = {
        "name": TITLES.get(name, name),
        "metric": metric,
        "simple": round(simple, 4),
        "value": round(value, 4),
        "low": round(difference.low, 4),
        "high": round(difference.high, 4),
    }
    if as_good:
        return text(
            "The simpler model ({name}) is as good: {metric} {simple} against {value};"
            " the difference lies between {low} and {high}.",
            **holes,
        )
    return text(
        "The chosen model beats the simpler one ({name}): {metric} {value} against {simple};"
        " the difference lies between {low} and {high}.",
        **holes,
    )
