"""Fit a detector: try what there is, choose, learn what is usual from all rows, and write one graph."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from andamio.contracts.contract import Contract, Feature, TagType
from andamio.errors import text
from andamio.features import FeatureGraph
from andamio.training.anomaly.candidates import Candidate, Usual
from andamio.training.anomaly.choosing import Field, Trial, best
from andamio.training.anomaly.distances import Mahalanobis, PrincipalComponents, RobustMahalanobis
from andamio.training.anomaly.forests import Isolation
from andamio.training.anomaly.networks import Autoencoder
from andamio.training.anomaly.regimes import InRegimes, OperatingPoints
from andamio.training.anomaly.trained import TrainedDetector
from andamio.training.matrix import Matrices
from andamio.training.models import Matrix
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
        set_aside: Rows of the history that were no usual ones and were not learnt from.
    """

    native: TrainedDetector
    chosen: Trial
    trials: tuple[Trial, ...]
    set_aside: int


def fit_detector(
    problem: Problem,
    *,
    excluded: frozenset[str],
    budget_s: float,
    trials: int | None,
    seed: int,
    progress: Progress,
    only: Candidate | None = None,
    features: tuple[Feature, ...] | None = None,
) -> FittedDetector:
    """Fit a detector to all rows of a problem; rows of known anomalies are not learnt from.

    Args:
        problem: The history.
        excluded: Tags that must not reach the model.
        budget_s: Seconds to try in; one candidate is always tried.
        trials: Try exactly so many instead: repeats a run that tried as many.
        seed: Of every draw.
        progress: Told each step as it begins.
        only: The candidate to learn; None chooses.
        features: What is added for windows; None chooses.
    """
    # The last bits of a sum must not depend on how many cores a box has.
    with threadpool_limits(limits=1):
        usual, known = apart_from_known(problem)
        matrices = Matrices(problem.contract, usual.rows, excluded)
        tried = _some(usual)
        fields = {
            found: Field.of(
                usual.take(tried), known, matrices.graph(found), matrices.matrix(found)[tried], seed
            )
            for found in (_smoothings(problem.contract, excluded) if features is None else (features,))
        }
        made = _try(problem.contract, matrices, fields, only, budget_s, trials, progress)
        chosen = best(made)
        progress(Step(text("training {model} on all rows", model=chosen.candidate.title), 0.0, 0.0))
        x = matrices.matrix(chosen.features)
        model, kept = _learn(chosen, x, tried, seed)
        native = TrainedDetector(
            plan=matrices.plan(chosen.features),
            features=matrices.graph(chosen.features),
            model=model,
            base=_base(chosen),
            limit=chosen.limit.level,
            classes=problem.classes,
            positive=problem.positive,
        )
        return FittedDetector(native, chosen, tuple(made), int((~kept).sum()))


def _learn(chosen: Trial, x: Matrix, tried: Index, seed: int) -> tuple[Usual, NDArray[np.bool_]]:
    """Learn from all rows but those that were no usual history."""
    kept = np.ones(len(x), np.bool_)
    model = chosen.candidate.learn(x, seed)
    if chosen.limit.aside.any():
        far = model.raw(x[tried]) > chosen.limit.level
        kept[tried] = ~(chosen.limit.aside & far)
        model = chosen.candidate.learn(x[kept], seed)
    return model, kept


def _smoothings(contract: Contract, excluded: frozenset[str]) -> tuple[tuple[Feature, ...], ...]:
    """Return what may be added for windows: nothing, their means, or means and standard deviations.

    A contract whose own features read the windows has said what it wants.
    """
    if contract.window is None or contract.features:
        return ((),)
    tags = [tag for tag in contract.window.tags if tag not in excluded]
    means = tuple(Feature(f"{tag}_mean", f"mean({tag})") for tag in tags)
    spreads = tuple(Feature(f"{tag}_std", f"std({tag})") for tag in tags)
    taken = set(contract.by_name)
    if any(feature.name in taken for feature in (*means, *spreads)):
        return ((),)
    return ((), means, (*means, *spreads))


def apart_from_known(problem: Problem) -> tuple[Problem, Problem]:
    """Part the rows that are usual, as far as anybody knows, from those of known anomalies."""
    known = problem.target == problem.positive
    return problem.take(np.flatnonzero(~known)), problem.take(np.flatnonzero(known))


def _try(
    contract: Contract,
    matrices: Matrices,
    fields: Mapping[tuple[Feature, ...], Field],
    only: Candidate | None,
    budget_s: float,
    trials: int | None,
    progress: Progress,
) -> list[Trial]:
    """Try the simplest candidate on every set of features, then all candidates on the best of them."""
    begun = time.monotonic()
    made: list[Trial] = []
    plan = _plan(contract, matrices, fields, only)
    proposal: _Proposal | None = next(plan)
    while proposal is not None:
        candidate, found = proposal
        spent = time.monotonic() - begun
        enough = spent > budget_s if trials is None else len(made) >= trials
        if made and enough:
            break
        progress(Step(text("trying {model}", model=candidate.title), spent, budget_s))
        made.append(fields[found].tried(candidate, found))
        proposal = _next(plan, made)
    return made


_Proposal = tuple[Candidate, tuple[Feature, ...]]
_Plan = Generator[_Proposal, list[Trial], None]


def _next(plan: _Plan, made: list[Trial]) -> _Proposal | None:
    try:
        return plan.send(made)
    except StopIteration:
        return None


def _plan(
    contract: Contract,
    matrices: Matrices,
    fields: Mapping[tuple[Feature, ...], Field],
    only: Candidate | None,
) -> _Plan:
    first = Mahalanobis() if only is None else only
    columns = _regime_columns(contract, matrices.graph())
    if columns and only is None:
        first = InRegimes(first, columns)
    made: list[Trial] = []
    for found in fields:
        made = yield first, found
    if only is not None:
        return
    found = best(made).features
    for candidate in _candidates(contract, matrices.graph(found), len(fields[found].x)):
        if candidate != first:
            yield candidate, found


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
