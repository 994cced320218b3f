"""Keep a model within its size: fewer trees, smaller trees, or another kind of model, by what each costs.

What is weighed is the graph that a bundle would hold, features and limits included. What is compared is the
out-of-fold loss of the pruned model itself, never that of the whole one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

from andamio.errors import LimitsRefused, Text, text
from andamio.training.candidates import Candidate
from andamio.training.choosing import best_of, choose, choose_one
from andamio.training.export import Trained
from andamio.training.judging import plain
from andamio.training.models import BoostedModel, ConstantModel, ForestModel, Model
from andamio.training.study import Progress, Step, Study
from andamio.training.task import Task
from andamio.training.threshold import ThresholdCurve
from andamio.training.trials import Proposal, Trial, run_trial

MEGABYTE = 1_000_000
_ATTEMPTS = 4
# An estimate of a size is kept this far under the limit; a size this near to it is not grown any more.
_CAREFUL, _FULL = 0.97, 0.85
_LINEAR = "linear"


@runtime_checkable
class Prunable(Protocol):
    """A candidate that can be had with fewer leaves."""

    def pruned(self, leaves: int, of: int, task: Task) -> Sequence[Candidate]:
        """Propose candidates with at most ``leaves`` leaves in all, where it has ``of``."""


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """A trial that was trained on all rows and written as a graph of ``size`` bytes."""

    trial: Trial
    trained: Trained
    curve: ThresholdCurve | None
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What the limit cost.

    Attributes:
        limit_mb: The limit.
        title: The model that would have been chosen.
        whole_mb: Its size.
        whole_loss: Its out-of-fold loss; of a detector the share of made-up faults that it notices.
        kept: The model that was chosen instead.
        mb: Its size.
        loss: The same of it.
        metric: "rmse", "log_loss" or "detection".
    """

    limit_mb: float
    title: Text
    whole_mb: float
    whole_loss: float
    kept: Text
    mb: float
    loss: float
    metric: str

    @property
    def sentence(self) -> Text:
        """Say so."""
        sentence = text(
            "The best model ({title}) would weigh {whole} MB; [limits] model_mb = {limit} left {kept} of {mb}"
            " MB. Its loss on rows it had not seen ({metric}) went from {before} to {after}."
        )
        if self.metric == "detection":
            sentence = text(
                "The best detector ({title}) would weigh {whole} MB; [limits] model_mb = {limit} left {kept}"
                " of {mb} MB. The share of made-up faults that is noticed went from {before} to {after}."
            )
        return Text(
            sentence.template,
            {
                "title": self.title,
                "whole": _figure(self.whole_mb),
                "limit": self.limit_mb,
                "kept": self.kept,
                "mb": _figure(self.mb),
                "metric": self.metric,
                "before": _figure(self.whole_loss),
                "after": _figure(self.loss),
            },
        )

    def facts(self) -> dict[str, object]:
        """Write it as plain JSON values."""
        told = {name: plain(getattr(self, name)) for name in self.__slots__}
        return {**told, "sentence": plain(self.sentence)}


class Finish(Protocol):
    """Train a trial on all rows."""

    def __call__(self, trial: Trial, *, even: bool = False) -> tuple[Trained, ThresholdCurve | None]:
        """Train it; ``even`` leaves the model of the error's size out of an interval."""


def keep_within(
    study: Study, chosen: Weighed, limit_mb: float, finish: Finish, progress: Progress
) -> tuple[Weighed, Pruned | None]:
    """Return the chosen model where it is small enough, else the best one that is.

    Args:
        study: All trials.
        chosen: What was chosen by its loss alone.
        limit_mb: What the graph may weigh, in millions of bytes.
        finish: Trains a trial on all rows.
        progress: Told each attempt.

    Raises:
        LimitsRefused: Nothing that was tried is small enough.
    """
    if chosen.size <= limit_mb * MEGABYTE:
        return chosen, None
    smallest = chosen.size
    for even in (False, True) if study.task.is_regression else (False,):
        scales = _Scales(study, limit_mb * MEGABYTE, finish, progress, even)
        found = scales.best()
        if found is not None:
            return found, _told(study, chosen, found, limit_mb)
        smallest = min(smallest, scales.smallest)
    raise nothing_fits(limit_mb, smallest)


def weigh(trial: Trial, finished: tuple[Trained, ThresholdCurve | None]) -> Weighed:
    """Write the graph of a finished trial, and see how large it is."""
    return Weighed(trial, *finished, size=len(finished[0].graph()))


@dataclass(slots=True)
class _Scales:
    """Weighs trials and what can be pruned of them."""

    study: Study
    limit: float
    finish: Callable[..., tuple[Trained, ThresholdCurve | None]]
    progress: Progress
    even: bool
    smallest: int = field(default=1 << 62)

    def best(self) -> Weighed | None:
        """Choose among what fits."""
        fitting = self._fitting()
        if not fitting:
            return None
        pool = [one.trial for one in fitting]
        trial = choose(pool, self.study.given(self.study.matrices.matrix()))
        if not any(trial is one for one in pool):
            average = self._weigh(trial)
            if average.size <= self.limit:
                return average
            trial = choose_one(pool)
        return next(one for one in fitting if one.trial is trial)

    def _fitting(self) -> list[Weighed]:
        """Return the best of every kind that fits, until the next kind is no better as a whole."""
        families = {trial.candidate.family for trial in self.study.eligible}
        tops = sorted((best_of(self.study.eligible, one) for one in families), key=lambda t: t.score)
        found: list[Weighed] = []
        for trial in tops:
            reached = min((one.trial.score for one in found), default=float("inf"))
            if trial.score < reached or trial.candidate.family == _LINEAR:
                one = self._within(trial)
                found += [] if one is None else [one]
        return found

    def _within(self, trial: Trial) -> Weighed | None:
        whole = self._weigh(trial)
        if whole.size <= self.limit:
            return whole
        if not isinstance(trial.candidate, Prunable):
            return None
        none = ConstantModel((0.0,) * self.study.task.width)
        rest = len(replace(whole.trained, model=none).graph())
        if rest >= self.limit:
            return None
        return self._pruned(trial, whole, rest)

    def _pruned(self, trial: Trial, whole: Weighed, rest: int) -> Weighed | None:
        """Find the number of leaves that fits: each attempt corrects the estimate of the one before."""
        of, best, shape = _leaves(whole.trained.model), None, None
        budget = _CAREFUL * of * (self.limit - rest) / (whole.size - rest)
        for _ in range(_ATTEMPTS):
            proposed = self._propose(trial.candidate, int(budget), of)
            if not proposed:
                break
            wanted = proposed if shape is None else proposed[shape] or proposed[-1:]
            tried = [self._try(one, trial) for one in wanted]
            lightest = min(tried, key=lambda one: one.score)
            if shape is None:
                shape = slice(tried.index(lightest), tried.index(lightest) + 1)
            found = self._weigh(lightest)
            fits = found.size <= self.limit
            if fits and (best is None or found.trial.score < best.trial.score):
                best = found
            if fits and found.size >= _FULL * self.limit:
                break
            grown = _CAREFUL * budget * (self.limit - rest) / max(found.size - rest, 1)
            if fits and grown < budget * 1.1:
                break
            budget = min(grown, 2 * budget)
        return best

    def _propose(self, candidate: Candidate, leaves: int, of: int) -> Sequence[Candidate]:
        if leaves < 2 or not isinstance(candidate, Prunable):
            return ()
        return candidate.pruned(leaves, of, self.study.task)

    def _try(self, candidate: Candidate, of: Trial) -> Trial:
        said = text("making {model} lighter", model=candidate.title)
        self.progress(Step(said, 0.0, 0.0, of.score))
        given = self.study.given(self.study.matrices.matrix(of.found))
        return run_trial(Proposal(candidate, of.found, said), given, self.study.folds)

    def _weigh(self, trial: Trial) -> Weighed:
        found = weigh(trial, self.finish(trial, even=self.even))
        self.smallest = min(self.smallest, found.size)
        return found


def _leaves(model: Model) -> int:
    """Count the leaves of an ensemble."""
    if isinstance(model, ForestModel):
        return sum(int(tree.tree_.n_leaves) for tree in model.forest.estimators_)
    if isinstance(model, BoostedModel):
        return sum(int(tree["num_leaves"]) for tree in model.booster.dump_model()["tree_info"])
    raise TypeError(type(model).__name__)


def _told(study: Study, whole: Weighed, kept: Weighed, limit_mb: float) -> Pruned:
    return Pruned(
        limit_mb=limit_mb,
        title=whole.trial.candidate.title,
        whole_mb=whole.size / MEGABYTE,
        whole_loss=whole.trial.score,
        kept=kept.trial.candidate.title,
        mb=kept.size / MEGABYTE,
        loss=kept.trial.score,
        metric="rmse" if study.task.is_regression else "log_loss",
    )


def nothing_fits(limit_mb: float, smallest: int) -> LimitsRefused:
    """Say that nothing fits, and what the smallest weighs in bytes."""
    return LimitsRefused(
        text("no model fits into [limits] model_mb = {limit}", limit=limit_mb),
        why=text("the smallest that was found weighs {mb} MB", mb=_figure(smallest / MEGABYTE)),
        fix=text("allow at least that, or declare fewer inputs and features"),
    )


def _figure(value: float) -> float:
    return float(f"{value:.3g}")
