"""Measure a detector: false alarms on usual rows, faults noticed, and known anomalies where there are any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import Outputs
from andamio.contracts.rows import Rows
from andamio.statistics.metrics import average_precision, decisions, roc_auc
from andamio.training.anomaly.faults import Injected, inject
from andamio.training.table import Index, Problem

_ALL = ("recall", "precision", "f1", "accuracy", "roc_auc", "average_precision")


def detector_measures(problem: Problem, outputs: Outputs, rows: Index) -> Mapping[str, float]:
    """Measure the answers of some rows by the metrics of the kind.

    Returns:
        false_alarm_rate, and recall, precision, f1, accuracy, roc_auc and average_precision, which are NaN
        without known anomalies.
    """
    if outputs.decision is None or outputs.value is None:
        raise TypeError("an anomaly graph answers a score and decisions")
    truth, decision = problem.target[rows].astype(np.int64), outputs.decision[rows]
    event = truth == problem.positive
    alarm = decision == problem.positive
    usual = ~event
    found = dict.fromkeys(("false_alarm_rate", *_ALL), float("nan"))
    found["false_alarm_rate"] = float(alarm[usual].mean()) if usual.any() else float("nan")
    if event.any():
        score = outputs.value[rows].astype(np.float64)
        measured = decisions(truth, decision, 2, problem.positive)
        found |= {name: measured[name] for name in ("recall", "precision", "f1", "accuracy")}
        found |= {"roc_auc": roc_auc(event, score), "average_precision": average_precision(event, score)}
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Noticing:
    """How many made-up faults a detector notices on each held-out row that was drawn.

    Attributes:
        caught: Faults noticed on each row, shape ``(rows,)``.
        made: Faults made up on it.
        kinds: Share noticed by kind of fault.
    """

    caught: NDArray[np.float64]
    made: NDArray[np.float64]
    kinds: Mapping[str, float]

    @classmethod
    def measure(cls, problem: Problem, answer: Callable[[Rows], Outputs], seed: int) -> Noticing:
        """Make faults up on the usual rows of a problem, and ask."""
        usual = np.flatnonzero(problem.target != problem.positive)
        faults: Injected | None = inject(problem, seed, usual) if usual.size else None
        caught, made = np.zeros(len(problem)), np.zeros(len(problem))
        if faults is None:
            return cls(caught, made, {})
        alarm = np.asarray(answer(faults.rows).decision == problem.positive)
        np.add.at(made, faults.source, 1.0)
        np.add.at(caught, faults.source, alarm.astype(np.float64))
        return cls(caught, made, faults.shares(alarm))

    def share(self, rows: Index) -> float:
        """Return the share that was noticed on some rows; NaN where none was made up."""
        made = float(self.made[rows].sum())
        return float(self.caught[rows].sum()) / made if made else float("nan")
