"""The order of all trials, and when to stop.

Trials follow one another in one fixed order that depends on data, seed and earlier results, and never on the
clock: the budget only decides how many are done. So the same number of trials gives the same model.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace

from andamio.contracts.contract import Contract, Feature
from andamio.errors import Text, text
from andamio.training.augmentation import Augmentation, augmented, is_augmented, moves
from andamio.training.boosting import Boosting, default_settings, share_of_columns
from andamio.training.candidates import Candidate, Folds, Setting
from andamio.training.choosing import best_of
from andamio.training.convolution import Convolution
from andamio.training.copying import can_vary, copies_of_each
from andamio.training.curved import CurvedFit
from andamio.training.forest import Forest
from andamio.training.gaussian_process import GaussianProcess, suits
from andamio.training.linear import LinearFit
from andamio.training.matrix import Matrices
from andamio.training.models import Matrix
from andamio.training.paying import worth
from andamio.training.remaining import Groups
from andamio.training.search import search_features
from andamio.training.task import Target, Task, gain
from andamio.training.transfer import BEGUN, FAMILY, SISTER, Transfer
from andamio.training.trials import Proposal, Trial, run_trial
from andamio.training.tuning import tune_boosting

# One trial of each kind is made whatever the budget.
FEWEST_TRIALS = 3
# With a sister's prediction to try: a Gaussian process, and each again with it.
FEWEST_WITH_SISTER = 8
# With copies of the rows to try, and with both.
FEWEST_WITH_COPIES = 8
FEWEST_WITH_BOTH = 11
FEW_ROWS = 2000
# Kinds of models that learn from copies; a Gaussian process knows noise by itself, a forest blurs by itself.
COPYING = ("boosting", "linear")
# What is kept of the budget for training the winner, measured in trials of it.
_RESERVE = 1.5


@dataclass(frozen=True, slots=True)
class Step:
    """A step of training, told as it begins.

    Attributes:
        text: What is being tried.
        done: Seconds spent, or trials made where their number is given.
        total: Of the budget, in the same measure.
        best: The lowest loss so far; None before the first trial.
    """

    text: Text
    done: float
    total: float
    best: float | None = None


Progress = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to try: seconds, or an exact number of trials, which repeats an earlier run."""

    seconds: float = 120.0
    trials: int | None = None


@dataclass(slots=True, eq=False)
class Study:
    """All trials of one problem on the same folds.

    Attributes:
        contract: The contract.
        excluded: Tags that must not reach the model.
        matrices: Features of the training rows.
        target: Of the same rows.
        task: What is learnt.
        folds: Pairs of row numbers: trained on, predicted.
        seed: Of every draw.
        only: Kinds of models that are tried once each; empty tries everything.
        groups: The machine of each row, where rows of one machine are alike.
        declined: Kinds of models that were tried and do not pay.
        made: The trials so far, in their order.
        found: Features that the search found to pay.
        transfer: What a sister's prediction was worth; None without a sister.
    """

    contract: Contract
    excluded: frozenset[str]
    matrices: Matrices
    target: Target
    task: Task
    folds: Folds
    seed: int
    only: frozenset[str] = frozenset()
    groups: Groups | None = None
    declined: frozenset[str] = frozenset()
    made: list[Trial] = field(default_factory=list)
    found: tuple[Feature, ...] = ()
    transfer: Transfer | None = None
    _seconds: dict[str, float] = field(default_factory=dict)

    def given(self, x: Matrix) -> Setting:
        """Return what every candidate is given, with a matrix."""
        signals = self.matrices.signals() if self.reads_signals else None
        return Setting(x, self.target, self.task, self.seed, signals)

    @property
    def reads_signals(self) -> bool:
        """Whether a network over the signals is tried."""
        return self.contract.convolution or self._begun is not None

    @property
    def _begun(self) -> Convolution | None:
        """A network begun from the sister's, where it has one."""
        sister = self.matrices.sister
        if sister is None or sister.network is None:
            return None
        return Convolution(sister.network.signals, start=sister.network, told=sister.name)

    def proposed(self, candidate: Candidate, found: tuple[Feature, ...]) -> Setting:
        """Return what a candidate is given that uses some found features."""
        given = self.given(self.matrices.matrix(found))
        return replace(given, copies=self.matrices.copies(found)) if is_augmented(candidate) else given

    @property
    def plain(self) -> list[Trial]:
        """The trials without found features, or with exactly those that pay, that learn from rows alone."""
        own = [t for t in self.made if t.found in ((), self.found) and not is_augmented(t.candidate)]
        return [trial for trial in own if trial.candidate.family not in self.declined]

    @property
    def eligible(self) -> list[Trial]:
        """The trials to choose from: those that learn from copies too only where copies pay."""
        copied = [t for t in self.made if t.found in ((), self.found) and is_augmented(t.candidate)]
        return [*self.plain, *(copied if self.augmentation and self.augmentation.used else [])]

    @property
    def augmentation(self) -> Augmentation | None:
        """What copies of the rows are worth beside the best model without them; None where not tried."""
        copied = [t for t in self.made if t.found in ((), self.found) and is_augmented(t.candidate)]
        if not copied:
            return None
        before, best = (min(trials, key=lambda trial: trial.score) for trials in (self.plain, copied))
        return Augmentation.of(copies_of_each(len(self.target)), worth(before, best))

    def run(self, budget: Budget, progress: Progress) -> None:
        """Make trials until the budget is spent or nothing is left to try."""
        begun = time.monotonic()
        plan = self._rehearsal() if self.only else self._plan()
        proposal = next(plan)
        while True:
            spent = time.monotonic() - begun
            if not self.only and self._enough(budget, spent, proposal):
                return
            done, total = (
                (spent, budget.seconds) if budget.trials is None else (len(self.made), budget.trials)
            )
            best = min((t.score for t in self.made), default=None)
            progress(Step(proposal.said, float(done), float(total), best))
            trial = run_trial(proposal, self.proposed(proposal.candidate, proposal.found), self.folds)
            self.made.append(trial)
            self._seconds[proposal.candidate.family] = time.monotonic() - begun - spent
            try:
                proposal = plan.send(trial)
            except StopIteration:
                return

    def _enough(self, budget: Budget, spent: float, proposal: Proposal) -> bool:
        """Tell whether the budget leaves no time for a proposal and for training the winner after it."""
        made = len(self.made)
        fewest = self._fewest
        if budget.trials is not None:
            return made >= max(budget.trials, fewest)
        if made < fewest:
            return False
        # One slow kind among quick ones must not end the search for the quick ones.
        usual = max(self._seconds.values())
        winner = self._seconds.get(min(self.made, key=lambda trial: trial.score).candidate.family, usual)
        next_one = self._seconds.get(proposal.candidate.family, usual)
        return spent + next_one + _RESERVE * winner > budget.seconds

    @property
    def _fewest(self) -> int:
        sister, network = self.matrices.sister is not None, int(self.contract.convolution)
        if len(self.target) <= FEW_ROWS and can_vary(self.contract, self.excluded):
            return (FEWEST_WITH_BOTH if sister else FEWEST_WITH_COPIES) + network
        return (FEWEST_WITH_SISTER if sister else FEWEST_TRIALS) + network

    def _plan(self) -> Generator[Proposal, Trial, None]:
        """Propose one of each kind, then features, then settings."""
        rows, width = self.matrices.matrix().shape
        settings = default_settings(rows, width, self.task)
        share = share_of_columns(width)
        start = yield Proposal(Boosting(settings), (), text("trying boosted trees"))
        yield Proposal(LinearFit(), (), text("trying a linear model"))
        if self.task.horizon is not None:
            yield Proposal(CurvedFit(), (), text("trying a curved linear model"))
        forest = yield Proposal(Forest(columns=0.5 * share), (), text("trying a random forest"))
        if self.contract.convolution:
            yield self._network()
        smooth = suits(rows, width, self.task)
        if smooth:
            yield Proposal(GaussianProcess(), (), text("trying a Gaussian process"))
        if rows <= FEW_ROWS:
            # With few rows trees whose splits are drawn at random are often the best forest.
            yield Proposal(_extra_trees(share), (), text("trying another forest"))
        smooth_ones = [GaussianProcess()] if smooth else []
        yield from self._transfer([Boosting(settings), LinearFit(), *smooth_ones])
        yield from self._copies()
        quick = replace(settings, learning_rate=2 * settings.learning_rate, columns=0.5 * share, bins=255)
        if not self.found:
            self.found = yield from search_features(
                self.contract, self.excluded, self.matrices, Boosting(settings), Boosting(quick), start
            )
        found = self.found
        if found:
            start = self._of(found)
        if found and SISTER not in found:
            yield Proposal(LinearFit(), found, text("trying a linear model with the found features"))
            forest = yield Proposal(
                Forest(columns=0.5 * share), found, text("trying a random forest with the found features")
            )
            if smooth:
                said = text("trying a Gaussian process with the found features")
                yield Proposal(GaussianProcess(), found, said)
        behind, noise = gain(forest.losses, start.losses)
        if behind < 2 * noise:
            yield from self._forests(found, share)
        yield from tune_boosting(found, start, settings, (rows, width), self.task, self.seed)

    def _rehearsal(self) -> Generator[Proposal, Trial, None]:
        """Propose each of a few kinds once."""
        rows, width = self.matrices.matrix().shape
        again: list[Candidate] = [LinearFit()]
        if "boosting" in self.only:
            again.append(Boosting(default_settings(rows, width, self.task)))
            yield Proposal(again[-1], (), text("trying boosted trees"))
        yield Proposal(LinearFit(), (), text("trying a linear model"))
        if "curved" in self.only:
            again.append(CurvedFit())
            yield Proposal(again[-1], (), text("trying a curved linear model"))
        if "forest" in self.only:
            yield Proposal(_extra_trees(share_of_columns(width)), (), text("trying a random forest"))
        if "gaussian_process" in self.only and suits(rows, width, self.task):
            again.append(GaussianProcess())
            yield Proposal(again[-1], (), text("trying a Gaussian process"))
        if FAMILY in self.only and self.contract.convolution:
            yield self._network()
        if self._begun is None or BEGUN in self.only:
            yield from self._transfer(again)
        yield from self._copies()

    def _network(self) -> Proposal:
        said = text("trying a convolutional network")
        return Proposal(Convolution(self.matrices.channels()), (), said)

    def _transfer(self, candidates: Sequence[Candidate]) -> Generator[Proposal, Trial, None]:
        """Propose candidates again with the sister's prediction; keep it where it pays."""
        sister = self.matrices.sister
        if sister is None:
            return
        before = min(self.made, key=lambda trial: trial.score)
        tried = []
        begun = self._begun
        if begun is not None:
            trial = yield Proposal(begun, (), text("trying {model}", model=begun.title))
            found = worth(before, trial)
            self.transfer = Transfer(sister.name, sister.digest, found.share, found.pays, network=True)
            self.declined = frozenset() if self.transfer.used else frozenset((BEGUN,))
            return
        for candidate in candidates:
            said = text(
                "trying {model} with the prediction of {sister}", model=candidate.title, sister=sister.name
            )
            tried.append((yield Proposal(candidate, (SISTER,), said)))
        best = min(tried, key=lambda trial: trial.score)
        found = worth(before, best)
        self.transfer = Transfer(sister.name, sister.digest, found.share, found.pays)
        if self.transfer.used:
            self.found = (SISTER,)

    def _copies(self) -> Generator[Proposal, Trial, None]:
        """Propose two kinds as they are with copies of the rows, where rows are few and copies differ."""
        matrix = self.matrices.matrix(self.found)
        if len(matrix) > FEW_ROWS:
            return
        self.matrices.make_copies(self.seed)
        copies = self.matrices.copies(self.found)
        if copies is None or not moves(matrix, copies):
            return
        alike = [trial for trial in self.made if trial.found == self.found]
        for family in {trial.candidate.family: None for trial in alike if trial.candidate.family in COPYING}:
            copied = augmented(best_of(alike, family).candidate, len(copies))
            yield Proposal(copied, self.found, text("trying {model}", model=copied.title))

    def _of(self, found: tuple[Feature, ...]) -> Trial:
        return next(t for t in self.made if t.found == found and t.candidate.family == "boosting")

    def _forests(self, found: tuple[Feature, ...], share: float) -> Generator[Proposal, Trial, None]:
        """Propose other forests, where forests are not far behind."""
        for forest in (
            Forest(random_splits=True, columns=0.5 * share),
            Forest(columns=0.5 * share, least_rows=3),
        ):
            yield Proposal(forest, found, text("trying another forest"))


def _extra_trees(share: float) -> Forest:
    return Forest(random_splits=True, columns=0.8 * share)
