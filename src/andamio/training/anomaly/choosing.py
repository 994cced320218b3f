"""Choose among candidates without labels: who notices most made-up faults within the same budget of alarms.

Stability needs no measure of its own. A candidate whose scores differ from one stretch of the history to the
next gets a higher limit from the same budget, and then notices less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from andamio.features import FeatureGraph, run_features
from andamio.training.anomaly.blocks import Blocks, Unseen
from andamio.training.anomaly.candidates import Candidate
from andamio.training.anomaly.faults import Injected, inject
from andamio.training.anomaly.limits import Limit, set_limit
from andamio.training.models import Matrix
from andamio.training.table import Problem

FEWEST_LABELS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One candidate on the history.

    Attributes:
        candidate: What was tried.
        limit: Its limit, from rows that its models had not seen.
        base: Its median on usual rows.
        noticed: Share of the made-up faults that it noticed, by kind.
        recall: Share of the known anomalies that it noticed; None where fewer than five are known.
        power: What it is chosen by: the mean share of faults noticed, and of known anomalies.
        error: Its standard error.
    """

    candidate: Candidate
    limit: Limit
    base: float
    noticed: Mapping[str, float]
    recall: float | None
    power: float
    error: float


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """What all candidates are tried on.

    Attributes:
        problem: Usual rows.
        x: Their features.
        injected: The same rows with faults, and their features; None where no fault could be made up.
        known: Features of known anomalies, shape ``(anomalies, features)``.
        blocks: The history in blocks of time.
        seed: Of every draw.
    """

    problem: Problem
    x: Matrix
    injected: tuple[Injected, Matrix] | None
    known: Matrix
    blocks: Blocks
    seed: int

    @classmethod
    def of(cls, problem: Problem, known: Problem, graph: FeatureGraph, x: Matrix, seed: int) -> Field:
        """Make it: inject the faults, and compute all features."""
        faults = inject(problem, seed)
        return cls(
            problem,
            x,
            None if faults is None else (faults, run_features(graph, faults.rows)),
            run_features(graph, known.rows) if len(known) else x[:0],
            Blocks.of(problem),
            seed,
        )

    def tried(self, candidate: Candidate) -> Trial:
        """Try a candidate: set its limit, trim what was no usual history, and see what it notices."""
        kept = np.ones(len(self.x), np.bool_)
        unseen = self.blocks.look(candidate, self.x, kept, self.seed)
        limit = set_limit(self.problem, unseen.raw)
        kept = ~(limit.aside & (unseen.raw > limit.level))
        if not kept.all():
            unseen = self.blocks.look(candidate, self.x, kept, self.seed)
            limit = set_limit(self.problem, unseen.raw)
        noticed, power, error = self._noticed(unseen, limit)
        recall = self._recall(unseen, limit)
        if recall is not None:
            power = (power + recall) / 2
        base = float(np.median(unseen.raw[kept]))
        return Trial(candidate, limit, base, noticed, recall, power, error)

    def _noticed(self, unseen: Unseen, limit: Limit) -> tuple[Mapping[str, float], float, float]:
        if self.injected is None:
            return {}, 0.0, 0.0
        faults, x = self.injected
        found = unseen.score(x, unseen.block[faults.source]) >= limit.level
        power = float(found.mean())
        return faults.shares(found), power, float(np.sqrt(power * (1 - power) / len(found)))

    def _recall(self, unseen: Unseen, limit: Limit) -> float | None:
        if len(self.known) < FEWEST_LABELS:
            return None
        found = [model.raw(self.known) >= limit.level for model in unseen.models]
        return float(np.mean(found))


def best(trials: Sequence[Trial]) -> Trial:
    """Return the trial with the most power; of those within a standard error the first and simplest."""
    most = max(trials, key=lambda trial: trial.power)
    return next(trial for trial in trials if trial.power >= most.power - most.error)
