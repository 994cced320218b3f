"""Choose among candidates without labels: who notices most made-up faults within the same budget of alarms.

A candidate whose scores differ from one stretch of the history to the next gets a higher limit from the same
budget, and then notices less. How much of its lead is luck is told by leaving out each tenth of the history
in turn: limit and share are found again without it, for all candidates alike. A candidate wins over a simpler
one only by a lead of two standard errors.

Source: Shao & Tu, The Jackknife and Bootstrap (1995), section 2.3 (delete-a-group jackknife of a paired
difference).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Feature
from andamio.features import FeatureGraph, run_features
from andamio.training.anomaly.blocks import Blocks, Unseen, pieces
from andamio.training.anomaly.candidates import Candidate, Floats
from andamio.training.anomaly.faults import Injected, inject
from andamio.training.anomaly.limits import Limit, Stretches
from andamio.training.models import Matrix
from andamio.training.table import Index, Problem

FEWEST_LABELS = 5
TENTHS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One candidate on the history.

    Attributes:
        candidate: What was tried.
        found: The features that it reads beside those of the contract.
        limit: Its limit, from rows that its models had not seen.
        base: Its median on usual rows.
        noticed: Share of the made-up faults that it noticed, by kind.
        recall: Share of the known anomalies that it noticed; None where fewer than five are known.
        power: What it is chosen by: the mean share of faults noticed, and of known anomalies.
        without: The same without each tenth of the history, shape ``(tenths,)``.
    """

    candidate: Candidate
    found: tuple[Feature, ...]
    limit: Limit
    base: float
    noticed: Mapping[str, float]
    recall: float | None
    power: float
    without: Floats

    def lead_error(self, other: Trial) -> float:
        """Measure the standard error of its lead over another, from the history without each tenth."""
        lead = self.without - other.without
        return float(np.sqrt((len(lead) - 1) * np.mean(np.square(lead - lead.mean()))))


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """What all candidates are tried on.

    Attributes:
        problem: Usual rows.
        x: Their features.
        injected: The same rows with faults, and their features; None where no fault could be made up.
        known: Features of known anomalies, shape ``(anomalies, features)``.
        blocks: The history in blocks of time.
        tenths: The tenth of the history of each row, shape ``(rows,)``.
        seed: Of every draw.
        found: The features that the contract does not name.
    """

    problem: Problem
    x: Matrix
    injected: tuple[Injected, Matrix] | None
    known: Matrix
    blocks: Blocks
    tenths: Index
    seed: int
    found: tuple[Feature, ...] = ()

    @classmethod
    def of(
        cls,
        problem: Problem,
        known: Problem,
        graph: FeatureGraph,
        x: Matrix,
        seed: int,
        found: tuple[Feature, ...] = (),
    ) -> Field:
        """Make it: inject the faults, and compute all features."""
        faults = inject(problem, seed)
        return cls(
            problem,
            x,
            None if faults is None else (faults, run_features(graph, faults.rows)),
            run_features(graph, known.rows) if len(known) else x[:0],
            Blocks.of(problem),
            pieces(problem, TENTHS),
            seed,
            found,
        )

    def tried(self, candidate: Candidate) -> Trial:
        """Try a candidate: set its limit, trim what was no usual history, and see what it notices."""
        kept = np.ones(len(self.x), np.bool_)
        unseen = self.blocks.look(candidate, self.x, kept, self.seed)
        cut = Stretches.of(self.problem, unseen.raw)
        limit = cut.limit(unseen.raw)
        kept = ~(limit.aside & (unseen.raw > limit.level))
        if not kept.all():
            unseen = self.blocks.look(candidate, self.x, kept, self.seed)
            cut = Stretches.of(self.problem, unseen.raw)
            limit = cut.limit(unseen.raw)
        asked = _Asked.of(self, unseen)
        every = np.ones(len(self.x), np.bool_)
        without = [
            asked.power(cut.limit(unseen.raw, self.tenths != tenth).level, self.tenths != tenth)
            for tenth in range(TENTHS)
            if (self.tenths != tenth).any()
        ]
        return Trial(
            candidate,
            self.found,
            limit,
            base=float(np.median(unseen.raw[kept])),
            noticed=asked.noticed(limit.level),
            recall=asked.recall(limit.level),
            power=asked.power(limit.level, every),
            without=np.array(without),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What a candidate's models score made-up faults and known anomalies.

    Attributes:
        faults: Where any could be made up.
        raw: The score of each, shape ``(faults,)``.
        known: That of each known anomaly by each model, shape ``(models, anomalies)``.
    """

    faults: Injected | None
    raw: Floats
    known: Floats

    @classmethod
    def of(cls, field: Field, unseen: Unseen) -> _Asked:
        known = np.array([model.raw(field.known) for model in unseen.models]) if len(field.known) else None
        if field.injected is None:
            faults, raw = None, np.zeros(0)
        else:
            faults, x = field.injected
            raw = unseen.score(x, unseen.block[faults.source])
        return cls(faults, raw, np.zeros((len(unseen.models), 0)) if known is None else known)

    def noticed(self, level: float) -> Mapping[str, float]:
        """Return the share noticed of each kind of fault."""
        return {} if self.faults is None else self.faults.shares(self.raw >= level)

    def recall(self, level: float) -> float | None:
        """Return the share noticed of known anomalies; None of few."""
        return float((self.known >= level).mean()) if self.known.shape[1] >= FEWEST_LABELS else None

    def power(self, level: float, rows: NDArray[np.bool_]) -> float:
        """Return the share noticed of the faults in some rows, to one half that of known anomalies."""
        of_faults = 0.0
        if self.faults is not None:
            inside = rows[self.faults.source]
            of_faults = float((self.raw[inside] >= level).mean()) if inside.any() else 0.0
        recall = self.recall(level)
        return of_faults if recall is None else (of_faults + recall) / 2


def best(trials: Sequence[Trial]) -> Trial:
    """Return the trial with the most power, or the first and simplest over which its lead may be luck."""
    most = max(trials, key=lambda trial: trial.power)
    return next(trial for trial in trials if most.power - trial.power <= 2 * most.lead_error(trial))
