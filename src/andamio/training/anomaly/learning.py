"""Learn a detector for the pipeline that proves, measures and describes every candidate."""

from __future__ import annotations

from functools import partial

from andamio.errors import UsageError, text
from andamio.features import Sister
from andamio.training.anomaly.choosing import Trial
from andamio.training.anomaly.fitting import FittedDetector, fit_detector
from andamio.training.anomaly.within import within
from andamio.training.judging import plain
from andamio.training.learnt import Learnt
from andamio.training.pruning import Pruned
from andamio.training.study import Progress, Step
from andamio.training.table import Problem


def learn_detector(
    problem: Problem,
    *,
    excluded: frozenset[str],
    budget_s: float,
    trials: int | None,
    seed: int,
    progress: Progress,
    only: frozenset[str] = frozenset(),  # noqa: ARG001  few rows are not repeated here
    sister: Sister | None = None,
) -> Learnt:
    """Fit the detector that notices most within its budget of false alarms; see ``fitting.fit_detector``.

    What is returned can be learnt ``again`` from all rows: the held-out ones say how well the choice does on
    rows it has not seen, and then are history as any other.

    Raises:
        UsageError: A sister is named, and nobody foretells here what she could help with.
    """
    if sister is not None:
        raise UsageError(
            text('{model} has kind = "anomaly": it learns what is usual from its own rows only',
                 model=problem.contract.name),
            fix=text("leave --from out"),
        )  # fmt: skip
    fitted = fit_detector(
        problem, excluded=excluded, budget_s=budget_s, trials=trials, seed=seed, progress=progress
    )
    refit = partial(_only, problem, excluded, seed)
    fitted, pruned = within(fitted, problem.contract.limits.model_mb, refit)
    won = next(trial for trial in fitted.trials if trial.candidate == fitted.chosen.candidate)
    return _learnt(problem, fitted, excluded, seed, fitted.trials, won, pruned)


def _only(problem: Problem, excluded: frozenset[str], seed: int, trial: Trial) -> FittedDetector:
    return fit_detector(
        problem,
        excluded=excluded,
        budget_s=0.0,
        trials=1,
        seed=seed,
        progress=_quiet,
        only=trial,
    )


def _again(
    trials: tuple[Trial, ...],
    chosen: Trial,
    excluded: frozenset[str],
    seed: int,
    pruned: Pruned | None,
    problem: Problem,
) -> Learnt:
    fitted = _only(problem, excluded, seed, chosen)
    return _learnt(problem, fitted, excluded, seed, trials, chosen, pruned)


def _learnt(
    problem: Problem,
    fitted: FittedDetector,
    excluded: frozenset[str],
    seed: int,
    trials: tuple[Trial, ...],
    won: Trial,
    pruned: Pruned | None,
) -> Learnt:
    chosen, native = fitted.chosen, fitted.native
    candidate = chosen.candidate
    return Learnt(
        name=candidate.family,
        title=candidate.title,
        graph=native.graph(),
        info=native.info(problem.contract),
        native=native,
        native_features=native.answer,
        record={
            "params": {"family": candidate.family, **candidate.settings()},
            "trials": len(trials),
            "found": [{"name": one.name, "expression": one.expression} for one in fitted.found],
            "limit": plain(chosen.limit.level),
            "stretches": chosen.limit.stretches,
            "alarms_allowed_in_the_history": plain(chosen.limit.allowed),
            "history_vouches_for_the_budget": chosen.limit.vouched,
            "rows_set_aside": fitted.set_aside,
            **({} if pruned is None else {"pruned": pruned.facts()}),
        },
        standings=tuple(_standing(trial, won) for trial in trials),
        again=partial(_again, trials, chosen, excluded, seed, pruned),
        conditions=native.plan.conditions,
    )


def _standing(trial: Trial, chosen: Trial) -> object:
    return plain(
        {
            "family": trial.candidate.family,
            "title": trial.candidate.title,
            "metric": "detection",
            "score": trial.power,
            "error": trial.lead_error(chosen),
            "noticed": trial.noticed,
            "recall": trial.recall,
            "chosen": trial.candidate == chosen.candidate,
        }
    )


def _quiet(_step: Step) -> None:
    """The steps of learning again are told by whoever asked for it."""
