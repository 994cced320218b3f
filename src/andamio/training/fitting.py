"""Fit a problem: try what there is, choose, train on all rows, calibrate, and write one graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from threadpoolctl import threadpool_limits

from andamio.bundles import GraphInfo
from andamio.errors import text
from andamio.features import FeaturePlan, Sister
from andamio.training.augmentation import Augmentation, is_augmented
from andamio.training.calibration import Calibration, calibrate
from andamio.training.candidates import Dummy, Setting
from andamio.training.choosing import best_of, choose
from andamio.training.convolution import Convolution, NetworkModel, require_torch
from andamio.training.export import Trained
from andamio.training.intervals import Interval, learn_interval
from andamio.training.matrix import Matrices
from andamio.training.pruning import Pruned, keep_within, weigh
from andamio.training.remaining import WithinHorizon, machines, within_horizon
from andamio.training.splits import folds
from andamio.training.standings import FoundFeature, Standing, found_features, leaderboard
from andamio.training.study import Budget, Progress, Step, Study
from andamio.training.table import Problem
from andamio.training.task import Floats, target_of, task_of
from andamio.training.threshold import ThresholdCurve, choose_threshold
from andamio.training.transfer import BEGUN, SISTER, Transfer
from andamio.training.trials import Proposal, Trial, run_trial

# Tuning looks at this many rows at most; the chosen model is trained on all.
MOST_ROWS = 20_000
_REHEARSAL_FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fitted:
    """What fitting leaves.

    Attributes:
        native: The chosen model; call it with rows for its own answers.
        graph: The same as one ONNX file, from raw tags to the answer.
        info: What its tensors mean.
        simplest: The simplest model that is not a dummy, trained on the same rows.
        dummy: Always the same answer.
        leaderboard: Every kind that was tried, the best first.
        found: Features that the search added.
        params: Kind and settings of the chosen model.
        trials: How many trials were made; the same number repeats the run.
        curve: What every threshold would give; None unless there are two classes.
        out_of_fold: Answers of training rows by models that had not seen them: chances of the event or
            of each class, or numbers; shape ``(rows, width)``, NaN where there is none.
        out_of_fold_rows: Places of these rows in the problem.
        transfer: What a sister's prediction was worth; None without a sister.
        augmentation: What copies of the rows were worth; None where none were tried.
        pruned: What ``[limits] model_mb`` cost; None where it cost nothing.
    """

    native: Trained
    graph: bytes
    info: GraphInfo
    simplest: Trained
    dummy: Trained
    leaderboard: tuple[Standing, ...]
    found: tuple[FoundFeature, ...]
    params: Mapping[str, object]
    trials: int
    curve: ThresholdCurve | None
    out_of_fold: Floats
    out_of_fold_rows: np.ndarray[tuple[int], np.dtype[np.int64]]
    transfer: Transfer | None = None
    augmentation: Augmentation | None = None
    pruned: Pruned | None = None

    @property
    def plan(self) -> FeaturePlan:
        """The features of the chosen model."""
        return self.native.plan

    @property
    def thresholds(self) -> Mapping[str, np.ndarray[tuple[int], np.dtype[np.float32]]]:
        """Split points by feature name."""
        return self.native.thresholds()


def fit(
    problem: Problem,
    *,
    excluded: frozenset[str] = frozenset(),
    budget_s: float = 120.0,
    trials: int | None = None,
    seed: int = 0,
    progress: Progress = lambda _step: None,
    only: frozenset[str] = frozenset(),
    sister: Sister | None = None,
) -> Fitted:
    """Fit a model to all rows of a problem.

    Args:
        problem: Rows with their truth; nothing outside it is looked at.
        excluded: Tags that must not reach the model.
        budget_s: Seconds to try in; training the winner is counted in, one trial of each kind is always made.
        trials: Make exactly this many trials instead: repeats a run that made as many.
        seed: Of every draw.
        progress: Told each step as it begins.
        only: Try each of these kinds of models once, with its usual settings, and write no graph: a quick
            rehearsal of a fit that is measured and thrown away. Empty tries everything.
        sister: Another model whose prediction is tried as a feature.

    Returns:
        The chosen model, with the simplest and the dummy beside it.
    """
    # The last bits of a sum must not depend on how many cores a box has.
    with threadpool_limits(limits=1):
        return _fit(problem, excluded, Budget(budget_s, trials), seed, progress, only, sister)


def _fit(
    problem: Problem,
    excluded: frozenset[str],
    budget: Budget,
    seed: int,
    progress: Progress,
    only: frozenset[str],
    sister: Sister | None,
) -> Fitted:
    rows = _tuning_rows(len(problem), seed)
    study = _study(problem.take(rows), excluded, seed, only, sister)
    if study.reads_signals:
        require_torch()
    study.run(budget, progress)
    given = study.given(study.matrices.matrix())
    chosen = choose(study.eligible, given)
    total = float(budget.seconds if budget.trials is None else len(study.made))
    said = text("training {model} on all rows", model=chosen.candidate.title)
    progress(Step(said, total, total, chosen.score))
    finishing = _Finishing(problem, study, excluded)
    native, curve = finishing.finish(chosen)
    pruned, limit = None, problem.contract.limits.model_mb
    if limit is not None:
        kept, pruned = keep_within(study, weigh(chosen, (native, curve)), limit, finishing.finish, progress)
        chosen, native, curve = kept.trial, kept.trained, kept.curve
    simple = best_of(study.plain, "linear")
    simplest = native if simple is chosen else finishing.finish(simple)[0]
    dummy_trial = run_trial(Proposal(Dummy(), (), Dummy.title), given, study.folds)
    dummy, _ = finishing.finish(dummy_trial)
    return Fitted(
        native=native,
        graph=b"" if only else native.graph(),
        info=native.info(problem.contract),
        simplest=simplest,
        dummy=dummy,
        leaderboard=leaderboard([*study.eligible, dummy_trial], chosen, study.task.is_regression),
        found=found_features(study.eligible, chosen),
        params={"family": chosen.candidate.family, **chosen.candidate.settings()},
        trials=len(study.made),
        curve=curve,
        out_of_fold=chosen.answers,
        out_of_fold_rows=rows,
        transfer=None
        if study.transfer is None
        else replace(study.transfer, used=SISTER in chosen.found or chosen.candidate.family == BEGUN),
        augmentation=_augmentation(study, chosen),
        pruned=pruned,
    )


def _augmentation(study: Study, chosen: Trial) -> Augmentation | None:
    found = study.augmentation
    return None if found is None else replace(found, used=is_augmented(chosen.candidate))


def _tuning_rows(rows: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if rows <= MOST_ROWS:
        return np.arange(rows, dtype=np.int64)
    drawn = np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False)
    return np.sort(drawn).astype(np.int64)


def _study(
    problem: Problem, excluded: frozenset[str], seed: int, only: frozenset[str], sister: Sister | None
) -> Study:
    return Study(
        problem.contract,
        excluded,
        Matrices(problem.contract, problem.rows, excluded, sister),
        target_of(problem),
        task_of(problem),
        folds(problem, _REHEARSAL_FOLDS if only else None, seed=seed),
        seed,
        groups=machines(problem),
        only=only,
    )


@dataclass(slots=True)
class _Finishing:
    """Trains trials on all rows and finishes them: calibration, threshold, interval."""

    problem: Problem
    study: Study
    excluded: frozenset[str]
    matrices: Matrices = field(init=False)

    def __post_init__(self) -> None:
        whole = len(self.problem) == len(self.study.target)
        self.matrices = (
            self.study.matrices
            if whole
            else Matrices(self.problem.contract, self.problem.rows, self.excluded, self.study.matrices.sister)
        )

    def finish(self, trial: Trial, *, even: bool = False) -> tuple[Trained, ThresholdCurve | None]:
        study, problem, task = self.study, self.problem, self.study.task
        given = study.given(study.matrices.matrix(trial.found))
        signals = self.matrices.signals() if isinstance(trial.candidate, Convolution) else None
        copies = self.matrices.copies(trial.found) if is_augmented(trial.candidate) else None
        matrix = self.matrices.matrix(trial.found)
        whole = Setting(matrix, target_of(problem), task, study.seed, signals, copies)
        model = trial.candidate.train(whole)
        calibrated = calibrate(trial.margins, trial.link, study.target, task)
        calibration, centre = calibrated.calibration, None
        interval: Interval | None = None
        threshold, curve = None, None
        if task.is_regression:
            coverage = problem.contract.output.coverage
            interval = learn_interval(given, trial.answers[:, 0], study.folds, coverage, study.groups, even)
            if isinstance(calibration, WithinHorizon):
                margins, costs = trial.margins[:, 0], problem.contract.costs
                centre = calibration
                calibration = within_horizon(centre.horizon, margins, study.target, costs, study.groups)
        elif task.is_binary:
            threshold, curve = self._decide(calibration, trial)
        plan, features = self.matrices.plan(trial.found), self.matrices.graph(trial.found)
        if isinstance(model, NetworkModel):
            plan, features = self.matrices.with_network(trial.found, model.network)
        trained = Trained(
            plan=plan,
            features=features,
            model=model,
            calibration=calibration,
            classes=problem.classes,
            positive=problem.positive if task.is_binary else None,
            threshold=threshold,
            interval=interval,
            centre=centre,
        )
        return trained, curve

    def _decide(self, calibration: Calibration, trial: Trial) -> tuple[float, ThresholdCurve]:
        known = np.isfinite(trial.margins[:, 0])
        chance = calibration.apply(trial.margins[known])[:, 0]
        event = np.asarray(self.study.target[known] == 1)
        contract = self.problem.contract
        return choose_threshold(contract.output.threshold, chance, event, contract.costs)
