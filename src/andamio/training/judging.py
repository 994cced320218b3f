"""Measure answers against the truth of a problem, by the metrics that its gates may name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from andamio.bundles import Outputs
from andamio.contracts.contract import Contract
from andamio.contracts.rows import Rows
from andamio.errors import Text
from andamio.statistics.metrics import classification, regression
from andamio.statistics.remaining_life import Numbers, lateness_costs, remaining_life
from andamio.training.anomaly.measuring import detector_measures
from andamio.training.table import Index, Problem

Answer = Callable[[Rows], Outputs]
DIGITS = 6


def measure(problem: Problem, outputs: Outputs, index: Index | None = None) -> Mapping[str, float]:
    """Measure the answers of all rows, or of the rows of an index (repeats allowed).

    Args:
        problem: Rows with their truth.
        outputs: The graph's answers for exactly these rows.
        index: Which rows; None takes all.

    Returns:
        Every metric of the contract's kind by name; NaN where it is undefined.
    """
    rows = np.arange(len(problem), dtype=np.int64) if index is None else index
    if problem.is_anomaly:
        return detector_measures(problem, outputs, rows)
    if problem.is_regression:
        value, lower, upper = outputs.value, outputs.lower, outputs.upper
        truth, told = problem.target[rows].astype(np.float64), _numbers(value, rows)
        measured = regression(
            truth,
            told,
            None if lower is None else _numbers(lower, rows),
            None if upper is None else _numbers(upper, rows),
        )
        return {**measured, **_of_life(problem.contract, truth, told)}
    if outputs.decision is None or outputs.probabilities is None:
        raise TypeError("a classification graph answers probabilities and decisions")
    costs = problem.contract.costs
    return classification(
        problem.target[rows].astype(np.int64),
        outputs.decision[rows],
        outputs.probabilities[rows].astype(np.float64),
        problem.positive,
        None if costs is None else (costs.missed_failure, costs.false_alarm),
    )


def main_metric(problem: Problem) -> tuple[str, bool]:
    """Name the one metric to compare models by, and whether more of it is better."""
    if problem.is_anomaly:
        return ("f1" if (problem.target == problem.positive).any() else "detection"), True
    if problem.is_regression:
        costs = problem.contract.costs
        return ("rmse" if costs is None or costs.lateness is None else "cost_per_row"), False
    if problem.contract.costs is not None and problem.positive is not None:
        return "cost_per_row", False
    return "f1", True


def plain(value: object) -> object:
    """Turn a result into plain JSON: six significant digits, NaN is null, a sentence stays translatable."""
    if isinstance(value, Text):
        return {"sentence": value.template, "values": {k: plain(v) for k, v in value.values.items()}}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return [plain(inner) for inner in value.tolist()]
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(f"{float(value):.{DIGITS}g}") if np.isfinite(value) else None
    return None if value is None else str(value)


def _of_life(contract: Contract, truth: Numbers, told: Numbers) -> Mapping[str, float]:
    """Measure what only remaining life, or a price on being late, asks for."""
    measured = dict(remaining_life(truth, told)) if contract.horizon is not None else {}
    costs = contract.costs
    if costs is not None and costs.lateness is not None:
        spent = lateness_costs(truth, told, *costs.lateness)
        measured["cost_per_row"] = float(spent.mean()) if len(spent) else np.nan
    return measured


def _numbers(values: object, rows: Index) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if values is None:
        raise TypeError("a regression graph answers a value")
    return np.asarray(values, dtype=np.float64)[rows]
