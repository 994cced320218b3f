"""Ask which raw tags the answers rest on: shuffle one at a time and see how much is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from andamio.bundles import Outputs
from andamio.contracts.contract import Contract
from andamio.contracts.rows import Rows
from andamio.statistics.conditions import Conditions
from andamio.training.judging import Answer, measure
from andamio.training.table import Problem

MOST_ROWS = 2000
REPEATS = 3


@dataclass(frozen=True, slots=True)
class Importance:
    """What is lost when one tag tells nothing.

    Attributes:
        tag: The raw tag.
        loss: How much worse the metric becomes, in its own unit; negative means nothing is lost.
        metric: By which it is measured.
    """

    tag: str
    loss: float
    metric: str


def importances(
    problem: Problem, answer: Answer, seed: int, conditions: Conditions | None = None
) -> list[Importance]:
    """Measure every tag's importance on held-out rows, the most important first; its window goes with it.

    Average precision for classes, root mean square error for numbers; the mean of three shuffles. Where there
    are operating conditions, tags are exchanged as they would read in the commonest one.

    Source: Breiman, Machine Learning 45 (2001), section 10.
    """
    rng = np.random.default_rng(seed)
    if len(problem) > MOST_ROWS:
        problem = problem.take(np.sort(rng.choice(len(problem), MOST_ROWS, replace=False)))
    metric, lost = _loss(problem, answer)
    found, places = [], _places(problem.contract)
    told = _level(conditions, problem.contract, problem.rows)
    for declared in problem.contract.inputs:
        losses = []
        for _ in range(REPEATS):
            shuffled = _shuffled(told, places[declared.name], rng.permutation(len(problem)))
            losses.append(lost(answer(_level(conditions, problem.contract, shuffled, back=True))))
        found.append(Importance(declared.name, float(np.mean(losses)), metric))
    return sorted(found, key=lambda one: (-one.loss, one.tag))


def _level(conditions: Conditions | None, contract: Contract, rows: Rows, *, back: bool = False) -> Rows:
    if conditions is None:
        return rows
    numbers, signals = [one.name for one in contract.numbers], [one.tag for one in contract.signals]
    return conditions.told(rows, numbers, signals, back=back)


@dataclass(slots=True)
class _Places:
    """Where the values of one tag stand in each table of the rows."""

    numbers: list[int] = field(default_factory=list)
    categories: list[int] = field(default_factory=list)
    signals: list[slice] = field(default_factory=list)


def _places(contract: Contract) -> Mapping[str, _Places]:
    """Find every tag once: a spectrum has thousands of them."""
    found = {declared.name: _Places() for declared in contract.inputs}
    for column, one in enumerate(contract.numbers):
        found[one.name].numbers.append(column)
    for column, one in enumerate(contract.categories):
        found[one.name].categories.append(column)
    for signal in contract.signals:
        found[signal.tag].signals.append(signal.columns)
    return found


def _shuffled(rows: Rows, places: _Places, order: NDArray[np.int64]) -> Rows:
    """Give each row another row's value of one tag."""
    numbers, categories, signals = rows.numbers.copy(), rows.categories.copy(), rows.signals
    numbers[:, places.numbers] = numbers[order][:, places.numbers]
    categories[:, places.categories] = categories[order][:, places.categories]
    if signals is not None and places.signals:
        signals = signals.copy()
        for columns in places.signals:
            signals[:, columns] = signals[order, columns]
    return structs.replace(rows, numbers=numbers, categories=categories, signals=signals)


def _loss(problem: Problem, answer: Answer) -> tuple[str, Callable[[Outputs], float]]:
    """Return the metric, and what tells how much worse other answers are; a detector's score merely moves."""
    before = answer(problem.rows)
    if problem.is_anomaly:
        return "shift", lambda shuffled: _moved(before, shuffled)
    metric, sign = ("rmse", 1.0) if problem.is_regression else ("average_precision", -1.0)
    whole = measure(problem, before)[metric]
    return metric, lambda shuffled: sign * (measure(problem, shuffled)[metric] - whole)


def _moved(before: Outputs, after: Outputs) -> float:
    if before.value is None or after.value is None:
        raise TypeError("an anomaly graph answers a score")
    return float(np.mean(np.abs(after.value.astype(np.float64) - before.value.astype(np.float64))))
