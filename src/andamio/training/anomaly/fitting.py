"""Fit a detector: try what there is, choose, learn what is usual from all rows, and write one graph."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from andamio.contracts.contract import Contract, Feature, TagType
from andamio.errors import text
from andamio.features import FeatureGraph
from andamio.training.anomaly.blocks import in_time
from andamio.training.anomaly.candidates import Candidate, Usual
from andamio.training.anomaly.choosing import Field, Trial, best
from andamio.training.anomaly.distances import Mahalanobis, PrincipalComponents, RobustMahalanobis
from andamio.training.anomaly.forecasts import Forecast, lagged
from andamio.training.anomaly.forests import Isolation
from andamio.training.anomaly.networks import Autoencoder
from andamio.training.anomaly.regimes import InRegimes, OperatingPoints
from andamio.training.anomaly.trained import TrainedDetector
from andamio.training.matrix import Matrices
from andamio.training.models import Matrix
from andamio.training.purging import purged
from andamio.training.study import Progress, Step
from andamio.training.table import Index, Problem

# Candidates are compared on this many rows at most; the chosen one learns from all.
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class FittedDetector:
    """What fitting leaves.

    Attributes:
        native: The chosen detector; call it with rows for its own answers.
        chosen: The trial that won.
        trials: All trials, in the order of their simplicity.
        found: What was added for windows.
        set_aside: Rows of the history that were no usual ones and were not learnt from.
    """

    native: TrainedDetector
    chosen: Trial
    trials: tuple[Trial, ...]
    found: tuple[Feature, ...]
    set_aside: int


def fit_detector(
    problem: Problem,
    *,
    excluded: frozenset[str],
    budget_s: float,
    trials: int | None,
    seed: int,
    progress: Progress,
    only: Trial | None = None,
) -> FittedDetector:
    """Fit a detector to all rows of a problem; rows of known anomalies are not learnt from.

    Args:
        problem: The history.
        excluded: Tags that must not reach the model.
        budget_s: Seconds to try in; one candidate is always tried.
        trials: Try exactly so many instead: repeats a run that tried as many.
        seed: Of every draw.
        progress: Told each step as it begins.
        only: The trial whose candidate is to be learnt; None chooses.
    """
    # The last bits of a sum must not depend on how many cores a box has.
    with threadpool_limits(limits=1):
        usual, known = apart_from_known(problem)
        usual = usual.take(np.concatenate(in_time(usual)))
        windowed = problem.contract.window is not None
        matrices = Matrices(problem.contract, usual.rows, excluded, suggest=not windowed)
        tried = _some(usual)
        offers = _Offers(problem.contract, excluded, matrices, usual.take(tried), known, tried, seed)
        made = _try(offers.all() if only is None else offers.of(only), budget_s, trials, progress)
        chosen = best(made)
        found = chosen.found
        graph, x = matrices.graph(found), matrices.matrix(found)
        progress(Step(text("training {model} on all rows", model=chosen.candidate.title), 0.0, 0.0))
        model, kept = _learn(chosen, x, tried, seed)
        native = TrainedDetector(
            plan=matrices.plan(found),
            features=graph,
            model=model,
            base=_base(chosen),
            limit=chosen.limit.level,
            classes=problem.classes,
            positive=problem.positive,
        )
        return FittedDetector(native, chosen, tuple(made), found, int((~kept).sum()))


@dataclass(frozen=True, slots=True, eq=False)
class _Offers:
    """What is tried on a history, each candidate with the features that it reads."""

    contract: Contract
    excluded: frozenset[str]
    matrices: Matrices
    usual: Problem
    known: Problem
    tried: Index
    seed: int

    def field(self, found: tuple[Feature, ...]) -> tuple[Field, FeatureGraph]:
        """Compute features, with some that were found."""
        graph, x = self.matrices.graph(found), self.matrices.matrix(found)[self.tried]
        return Field.of(self.usual, self.known, graph, x, self.seed, found), graph

    def of(self, trial: Trial) -> Iterator[tuple[Field, Candidate]]:
        """Offer the candidate of a trial alone."""
        yield self.field(trial.found)[0], trial.candidate

    def all(self) -> Iterator[tuple[Field, Candidate]]:
        """Offer what suits, the simplest first; something always does."""
        found = smoothed(self.contract, self.excluded)
        field, graph = self.field(found)
        offered = list(_candidates(self.contract, graph, len(self.usual))) or [Mahalanobis()]
        yield from ((field, candidate) for candidate in offered[:2])
        yield from self._forecasts()
        yield from ((field, candidate) for candidate in offered[2:])

    def _forecasts(self) -> Iterator[tuple[Field, Candidate]]:
        window, before = self.contract.window, lagged(self.contract, self.excluded)
        if window is None or not before:
            return
        field, graph = self.field(before)
        names = graph.names
        latest = tuple(names.index(tag) for tag in window.tags if tag in names)
        candidate = Forecast(latest, tuple(names.index(feature.name) for feature in before))
        if candidate.suits(len(self.usual), len(names)):
            columns = _regime_columns(self.contract, graph)
            yield field, InRegimes(candidate, columns) if columns else candidate


def _learn(chosen: Trial, x: Matrix, tried: Index, seed: int) -> tuple[Usual, NDArray[np.bool_]]:
    """Learn from all rows but those that were no usual history."""
    kept = np.ones(len(x), np.bool_)
    model = chosen.candidate.learn(x, seed)
    if chosen.limit.aside.any():
        far = model.raw(x[tried]) > chosen.limit.level
        kept[tried] = ~(chosen.limit.aside & far)
        model = chosen.candidate.learn(x[kept], seed)
    return model, kept


def smoothed(contract: Contract, excluded: frozenset[str]) -> tuple[Feature, ...]:
    """Return what is added for windows: the mean of each, beside the latest value, and nothing else.

    The many features that suit a classifier would each add noise to a distance from the usual.
    A contract whose own features read its windows has said what it wants.
    """
    if contract.window is None or contract.features:
        return ()
    tags = [tag for tag in contract.window.tags if tag not in excluded]
    return tuple(Feature(_free(f"{tag}_mean", contract), f"mean({tag})") for tag in tags)


def _free(name: str, contract: Contract) -> str:
    """Return a name that no input has."""
    return name if name not in contract.by_name else _free(f"{name}_", contract)


def apart_from_known(problem: Problem) -> tuple[Problem, Problem]:
    """Part the rows that are usual, as far as anybody knows, from those of known anomalies.

    A row whose window reaches into a known anomaly is neither.
    """
    known = problem.target == problem.positive
    bad = np.flatnonzero(known)
    return problem.take(purged(problem, np.flatnonzero(~known), bad)), problem.take(bad)


def _try(
    offers: Iterable[tuple[Field, Candidate]], budget_s: float, trials: int | None, progress: Progress
) -> list[Trial]:
    begun = time.monotonic()
    made: list[Trial] = []
    for field, candidate in offers:
        spent = time.monotonic() - begun
        enough = spent > budget_s if trials is None else len(made) >= trials
        if made and enough:
            break
        progress(Step(text("trying {model}", model=candidate.title), spent, budget_s))
        made.append(field.tried(candidate))
    return made


def _candidates(contract: Contract, graph: FeatureGraph, rows: int) -> Iterator[Candidate]:
    """Yield what suits, the simplest first."""
    columns = _regime_columns(contract, graph)
    plain: tuple[Candidate, ...] = (
        Mahalanobis(),
        PrincipalComponents(),
        RobustMahalanobis(),
        Isolation(),
        Autoencoder(),
    )
    points: tuple[Candidate, ...] = (
        () if columns else tuple(OperatingPoints(Mahalanobis(), count) for count in (2, 3, 4))
    )
    for candidate in (*plain[:3], *points, *plain[3:]):
        if candidate.suits(rows, len(graph.names)):
            yield InRegimes(candidate, columns) if columns else candidate


def _regime_columns(contract: Contract, graph: FeatureGraph) -> tuple[int, ...]:
    """Return the feature columns that tell the declared regime."""
    regime = contract.anomaly.regime
    if regime is None:
        return ()
    tag = contract.by_name[regime]
    named = [regime] if tag.type is TagType.BOOLEAN else [f"{regime}={value}" for value in tag.values]
    return tuple(graph.names.index(name) for name in named if name in graph.names)


def _base(chosen: Trial) -> float:
    """Return where the score begins: at nothing for a distance, at the usual for a forest, never zero."""
    return chosen.base if chosen.candidate.family == Isolation.family else 0.0


def _some(problem: Problem) -> Index:
    """Return all rows; of too many every second or third one and so on, in their order."""
    step = max(1, -(-len(problem) // MOST_ROWS))
    return np.arange(0, len(problem), step, dtype=np.int64)
