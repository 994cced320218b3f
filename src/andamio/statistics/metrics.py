"""Measure how good answers are: every metric that a gate may name.

An undefined metric (no events, one class) is NaN, so that no gate passes on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Truth = NDArray[np.int64]
Shares = NDArray[np.float64]


def confusion(truth: Truth, decision: Truth, classes: int) -> NDArray[np.int64]:
    """Count the rows by true class (line) and decided class (column); shape ``(classes, classes)``."""
    return np.bincount(truth * classes + decision, minlength=classes * classes).reshape(classes, classes)


def classification(
    truth: Truth,
    decision: Truth,
    probabilities: Shares,
    positive: int | None,
    costs: tuple[float, float] | None = None,
) -> Mapping[str, float]:
    """Measure class answers.

    With a ``positive`` class the metrics speak of it; else they are means over the classes, each against the
    rest (macro averages), and the Brier score sums over the classes.

    Args:
        truth: Class index of every row, shape ``(rows,)``.
        decision: Decided class index, shape ``(rows,)``.
        probabilities: Shape ``(rows, classes)``.
        positive: Index of the event, or None.
        costs: Cost of a missed event and of a false alarm.

    Returns:
        recall, precision, f1, false_alarm_rate, accuracy, roc_auc, average_precision, brier, cost_per_row.
    """
    decided = decisions(truth, decision, probabilities.shape[1], positive, costs)
    return {**decided, **scores(truth, probabilities, positive)}


def decisions(
    truth: Truth,
    decision: Truth,
    classes: int,
    positive: int | None,
    costs: tuple[float, float] | None = None,
) -> Mapping[str, float]:
    """Measure only what the decisions decide; see ``classification``.

    Returns:
        recall, precision, f1, false_alarm_rate, accuracy, cost_per_row.
    """
    kinds = range(classes) if positive is None else (positive,)
    measured = _mean_of([_of_decision(truth == c, decision == c) for c in kinds])
    measured["accuracy"] = float(np.mean(truth == decision)) if len(truth) else np.nan
    measured["cost_per_row"] = np.nan
    if positive is not None and costs is not None and len(truth):
        missed = np.sum((truth == positive) & (decision != positive))
        false = np.sum((truth != positive) & (decision == positive))
        measured["cost_per_row"] = float(costs[0] * missed + costs[1] * false) / len(truth)
    return measured


def scores(truth: Truth, probabilities: Shares, positive: int | None) -> Mapping[str, float]:
    """Measure only what the probabilities tell; see ``classification``.

    Returns:
        roc_auc, average_precision, brier.
    """
    kinds = range(probabilities.shape[1]) if positive is None else (positive,)
    each = [_of_score(truth == c, probabilities[:, c]) for c in kinds]
    measured = _mean_of(each)
    if positive is None:
        measured["brier"] = float(sum(one["brier"] for one in each))
    return measured


def regression(
    truth: Shares, value: Shares, lower: Shares | None, upper: Shares | None
) -> Mapping[str, float]:
    """Measure numeric answers and their intervals, in the unit of the target.

    Args:
        truth: Shape ``(rows,)``.
        value: Answered values, shape ``(rows,)``.
        lower: Lower ends of the prediction intervals, or None.
        upper: Upper ends, or None.

    Returns:
        rmse, mae, r2, bias (mean of answer minus truth), coverage (share of truths inside), interval_width.
    """
    if not len(truth):
        return dict.fromkeys(("rmse", "mae", "r2", "bias", "coverage", "interval_width"), np.nan)
    error = value - truth
    spread = float(np.sum((truth - truth.mean()) ** 2))
    measured = {
        "rmse": float(np.sqrt(np.mean(error**2))),
        "mae": float(np.mean(np.abs(error))),
        "r2": 1.0 - float(np.sum(error**2)) / spread if spread > 0 else np.nan,
        "bias": float(np.mean(error)),
        "coverage": np.nan,
        "interval_width": np.nan,
    }
    if lower is not None and upper is not None:
        measured["coverage"] = float(np.mean((truth >= lower) & (truth <= upper)))
        measured["interval_width"] = float(np.mean(upper - lower))
    return measured


def roc_auc(event: NDArray[np.bool_], score: Shares) -> float:
    """Compute the chance that an event scores above a non-event; ties count half. NaN without both.

    Source: Hanley & McNeil, Radiology 143 (1982).
    """
    events = int(event.sum())
    others = len(event) - events
    if not events or not others:
        return float("nan")
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    sizes = np.diff(last, prepend=-1)
    hits = np.diff(np.cumsum(event[order])[last], prepend=0)
    ranks = float(np.sum((last + 1 - (sizes - 1) / 2.0) * hits))
    return (ranks - events * (events + 1) / 2.0) / (events * others)


def average_precision(event: NDArray[np.bool_], score: Shares) -> float:
    """Compute the mean precision over the events found as the threshold falls; NaN without events."""
    if not event.any():
        return float("nan")
    precision, recall, _ = precision_recall(event, score)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def precision_recall(event: NDArray[np.bool_], score: Shares) -> tuple[Shares, Shares, Shares]:
    """Compute precision and recall at every distinct threshold, the highest first.

    Returns:
        Precision, recall, threshold, each of shape ``(distinct scores,)``.
    """
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    last = np.flatnonzero(np.append(np.diff(ordered) != 0, True))
    hits = np.cumsum(event[order])[last].astype(np.float64)
    return hits / (last + 1.0), hits / max(1, int(event.sum())), ordered[last]


def _mean_of(each: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([one[name] for one in each])) for name in each[0]}


def _of_decision(event: NDArray[np.bool_], alarm: NDArray[np.bool_]) -> dict[str, float]:
    hits = float(np.sum(event & alarm))
    events, alarms, others = float(event.sum()), float(alarm.sum()), float((~event).sum())
    return {
        "recall": hits / events if events else np.nan,
        "precision": hits / alarms if alarms else np.nan,
        "f1": 2 * hits / (events + alarms) if events else np.nan,
        "false_alarm_rate": (alarms - hits) / others if others else np.nan,
    }


def _of_score(event: NDArray[np.bool_], score: Shares) -> dict[str, float]:
    return {
        "roc_auc": roc_auc(event, score),
        "average_precision": average_precision(event, score),
        "brier": float(np.mean((score - event) ** 2)) if len(event) else np.nan,
    }
