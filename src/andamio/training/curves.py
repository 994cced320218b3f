"""Draw what a report shows, as plain numbers: curves of the held-out rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import Outputs
from andamio.statistics.metrics import confusion, precision_recall
from andamio.training.table import Problem

POINTS = 100
CLOUD = 400


def curves(problem: Problem, outputs: Outputs) -> Mapping[str, object]:
    """Draw the curves that fit the kind of answer; lists of equal length under each name."""
    if problem.is_regression:
        return _of_values(problem, outputs)
    if outputs.probabilities is None or outputs.decision is None:
        return {}
    truth = problem.target.astype(np.int64)
    drawn: dict[str, object] = {
        "confusion": {
            "classes": list(problem.classes),
            "counts": confusion(truth, outputs.decision, len(problem.classes)),
            "positive": problem.positive,
        }
    }
    if problem.positive is not None:
        event = truth == problem.positive
        score = outputs.probabilities[:, problem.positive].astype(np.float64)
        costs = problem.contract.costs
        drawn["precision_recall"] = _precision_recall(event, score)
        drawn["calibration"] = _calibration(event, score)
        drawn["thresholds"] = _thresholds(
            event, score, None if costs is None else (costs.missed_failure, costs.false_alarm)
        )
        drawn["scores"] = _scores(event, score)
    return drawn


def _precision_recall(event: NDArray[np.bool_], score: NDArray[np.float64]) -> Mapping[str, object]:
    precision, recall, threshold = precision_recall(event, score)
    keep = np.unique(np.searchsorted(recall, np.linspace(0, recall[-1], POINTS)).clip(0, len(recall) - 1))
    return {"precision": precision[keep], "recall": recall[keep], "threshold": threshold[keep]}


def _calibration(event: NDArray[np.bool_], score: NDArray[np.float64]) -> Mapping[str, object]:
    """Compare predicted and observed shares in up to ten bins of equally many rows."""
    parts = [p for p in np.array_split(np.argsort(score, kind="stable"), 10) if p.size]
    return {
        "predicted": [score[p].mean() for p in parts],
        "observed": [event[p].mean() for p in parts],
        "rows": [p.size for p in parts],
    }


def _thresholds(
    event: NDArray[np.bool_], score: NDArray[np.float64], costs: tuple[float, float] | None
) -> Mapping[str, object]:
    grid = np.linspace(0.01, 0.99, 99)
    alarms = score[None, :] >= grid[:, None]
    hits = (alarms & event).sum(axis=1).astype(np.float64)
    false = (alarms & ~event).sum(axis=1).astype(np.float64)
    events = float(event.sum())
    drawn: dict[str, object] = {
        "threshold": grid,
        "f1": 2 * hits / np.maximum(events + hits + false, 1.0),
        "recall": hits / max(events, 1.0),
        "false_alarm_rate": false / max(float((~event).sum()), 1.0),
    }
    if costs is not None:
        drawn["cost_per_row"] = (costs[0] * (events - hits) + costs[1] * false) / max(len(event), 1)
    return drawn


def _scores(event: NDArray[np.bool_], score: NDArray[np.float64]) -> Mapping[str, object]:
    edges = np.linspace(0.0, 1.0, 21)
    inside = score.clip(0.0, 1.0)
    return {
        "edges": edges,
        "events": np.histogram(inside[event], edges)[0],
        "others": np.histogram(inside[~event], edges)[0],
    }


def _of_values(problem: Problem, outputs: Outputs) -> Mapping[str, object]:
    if outputs.value is None:
        return {}
    truth, value = problem.target.astype(np.float64), outputs.value.astype(np.float64)
    shown = np.unique(np.linspace(0, len(truth) - 1, min(CLOUD, len(truth))).astype(np.int64))
    cloud: dict[str, object] = {"actual": truth[shown], "predicted": value[shown]}
    if outputs.lower is not None and outputs.upper is not None:
        cloud |= {"lower": outputs.lower[shown], "upper": outputs.upper[shown]}
    counts, edges = np.histogram(value - truth, bins=30)
    return {"predicted_actual": cloud, "residuals": {"edges": edges, "rows": counts}}
