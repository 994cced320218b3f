"""Tune boosted trees with Optuna: a trial depends on the seed and earlier trials, never on the clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace

import optuna

from andamio.contracts.contract import Feature
from andamio.errors import text
from andamio.training.boosting import Boosting, BoostingSettings, least_rate, share_of_columns
from andamio.training.task import Task
from andamio.training.trials import Proposal, Strategy, Trial

MOST_TRIALS = 200


def tune_boosting(
    found: tuple[Feature, ...],
    start: Trial,
    settings: BoostingSettings,
    shape: tuple[int, int],
    task: Task,
    seed: int,
) -> Strategy:
    """Propose settings around what has done best so far, at most ``MOST_TRIALS`` times.

    Args:
        found: Found features that every proposal uses.
        start: The trial of the default settings with these features.
        settings: The default settings.
        shape: Training rows and features.
        task: What is learnt.
        seed: Of the sampler.

    Source of the sampler: Bergstra et al., Algorithms for hyper-parameter optimization (2011).
    """
    study = _study(seed)
    space = dict(_space(shape, task))
    known = {name: asdict(settings)[name] for name in space}
    study.add_trial(optuna.trial.create_trial(params=known, distributions=space, value=start.score))
    best = start.score
    for number in range(1, MOST_TRIALS + 1):
        asked = study.ask(space)
        chosen = replace(settings, **asked.params)
        said = text("tuning boosted trees, attempt {n}; best so far {best}", n=number, best=best)
        trial = yield Proposal(Boosting(chosen), found, said)
        study.tell(asked, trial.score)
        best = min(best, trial.score)
    return found


def _study(seed: int) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=8, n_ei_candidates=48)
    return optuna.create_study(sampler=sampler, direction="minimize")


def _space(shape: tuple[int, int], task: Task) -> Iterator[tuple[str, optuna.distributions.BaseDistribution]]:
    rows, share = shape[0], share_of_columns(shape[1])
    yield "leaves", optuna.distributions.IntDistribution(4, max(6, min(64, rows // 15)), log=True)
    slow = max(0.03, 0.5 * least_rate(task))
    yield "learning_rate", optuna.distributions.FloatDistribution(slow, max(0.15, 4 * slow), log=True)
    yield "least_rows", optuna.distributions.IntDistribution(1, max(2, min(60, rows // 15)), log=True)
    yield "columns", optuna.distributions.FloatDistribution(0.35 * share, share)
    yield "rows", optuna.distributions.FloatDistribution(0.5, 1.0)
    yield "l2", optuna.distributions.FloatDistribution(1e-3, 20.0, log=True)
    if not task.is_regression:
        yield "balance", optuna.distributions.CategoricalDistribution([0.0, 0.5])
