"""Learn again and again from parts of few rows, so that every row tells something of what can be expected.

One fifth of sixty rows is twelve, and twelve rows say next to nothing. So where rows are few the whole of
learning (choice of model, penalty, rounds, calibration, threshold, interval) is repeated inside five folds,
and the folds are dealt anew several times: nested, repeated cross-validation. The first pass is followed by
the same folds with ever fewer rows to learn from, which is the learning curve.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from andamio.bundles import Outputs
from andamio.contracts.contract import Kind
from andamio.errors import text
from andamio.statistics.resampled import Reuse
from andamio.training.constant import best_constant
from andamio.training.learnt import Learn, Learnt, say_step
from andamio.training.splits import folds
from andamio.training.study import Progress
from andamio.training.table import Index, Problem

DUMMY = "dummy"
FEW_ROWS = 2000
FOLDS = 5
PASSES = 4
# The shares of a fold's training part that the learning curve is drawn from, besides the whole.
SHARES = (0.3, 0.45, 0.67)
FEWEST_OF_A_CLASS = 4
# Where a trial costs little, the choice among kinds of models is repeated too.
CHEAP_ROWS = 300
CHEAP = frozenset(("linear", "boosting", "gaussian_process"))
# Steps that are made when a number of trials is asked for, and not a time.
USUAL_STEPS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """Every row answered once by a model that had not seen it.

    Attributes:
        problem: The rows that were answered.
        fold: Which split answered each of them, shape ``(rows,)``.
        outputs: The answers.
        simpler: Answers of simpler models that were trained on the same rows.
        trained: Rows learnt from, as a mean over the splits.
    """

    problem: Problem
    fold: Index
    outputs: Outputs
    simpler: Mapping[str, Outputs]
    trained: float


@dataclass(frozen=True, slots=True, eq=False)
class Repeated:
    """What repeating showed.

    Attributes:
        passes: Over all rows, each dealt anew.
        curve: The splits of the first pass with fewer rows to learn from, the fewest first.
        steps: How many steps were made; the same number repeats the run.
    """

    passes: tuple[Pass, ...]
    curve: tuple[Pass, ...]
    steps: int

    @property
    def reuse(self) -> Reuse:
        """How often rows were used."""
        first = self.passes[0]
        splits = [len(np.unique(one.fold)) for one in self.passes]
        tested = len(first.problem) / splits[0]
        return Reuse(splits=sum(splits), folds=splits[0], ratio=tested / first.trained)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """How to repeat.

    Attributes:
        learn: Learns from the training part of a split.
        excluded: Tags that must not reach the model.
        kinds: Kinds of models that are tried in every split.
        seed: Of every draw.
    """

    learn: Learn
    excluded: frozenset[str]
    kinds: frozenset[str]
    seed: int

    def answer(self, problem: Problem, pairs: Sequence[tuple[Index, Index]], share: float = 1.0) -> Pass:
        """Learn from every training part, or a share of it, and answer its test part."""
        learnt, tested = [], [problem.take(test) for _, test in pairs]
        trained = 0
        for place, (train, _) in enumerate(pairs):
            inside = problem.take(train)
            if share < 1:
                inside = inside.take(part_of(inside, share, self.seed + place))
            trained += len(inside)
            learnt.append(self._learn(inside))
        order = np.concatenate([test for _, test in pairs])
        fold = np.concatenate([np.full(len(test), f) for f, (_, test) in enumerate(pairs)])
        answers = [one.native(part.rows) for one, part in zip(learnt, tested, strict=True)]
        names = sorted(set.union(*(set(one.simpler) for one in learnt)))
        simpler = {
            name: joined(
                [
                    one.simpler[name](part.rows) if name in one.simpler else answer
                    for one, part, answer in zip(learnt, tested, answers, strict=True)
                ]
            )
            for name in names
        }
        told = problem.take(order)
        if DUMMY in simpler:
            simpler[DUMMY] = best_constant(told, simpler[DUMMY])
        return Pass(told, fold, joined(answers), simpler, trained / len(pairs))

    def _learn(self, inside: Problem) -> Learnt:
        return self.learn(
            inside,
            excluded=self.excluded,
            budget_s=0.0,
            trials=None,
            seed=self.seed,
            progress=lambda _step: None,
            only=self.kinds,
        )


def too_few(problem: Problem) -> bool:
    """Tell whether a single held-out part says too little, and repeating can say more."""
    if len(problem) >= FEW_ROWS or problem.contract.kind is Kind.ANOMALY:
        return False
    if not problem.classes:
        return True
    counts = np.bincount(problem.target.astype(np.int64), minlength=len(problem.classes))
    return bool(counts.min() >= FEWEST_OF_A_CLASS)


def nothing_to_measure(problem: Problem) -> bool:
    """Tell whether few rows hold a class too seldom to learn from some and test on others."""
    few = len(problem) < FEW_ROWS and problem.contract.kind is Kind.CLASSIFICATION
    return few and not too_few(problem)


def kinds_to_repeat(learnt: Learnt, rows: int) -> frozenset[str]:
    """Name the kinds of models that each split chooses from: the chosen one, its parts, the simple one."""
    params = learnt.record.get("params")
    named = {learnt.name, *(params if learnt.name == "blend" and isinstance(params, Mapping) else ())}
    kinds = (named - {"blend", "dummy", "family"}) | {"linear"}
    return frozenset(kinds | CHEAP) if rows < CHEAP_ROWS else frozenset(kinds)


def repeat(
    problem: Problem,
    repetition: Repetition,
    progress: Progress,
    *,
    budget_s: float,
    steps: int | None,
) -> Repeated | None:
    """Repeat learning: a pass over all rows, the learning curve, then more passes.

    Args:
        problem: All usable rows.
        repetition: How to learn.
        progress: Told each step as it begins.
        budget_s: Seconds; one pass is made whatever the budget.
        steps: Make exactly so many steps instead.

    Returns:
        None where the rows cannot be split so that every class is learnt from.
    """
    begun, longest = time.monotonic(), 0.0
    passes: list[Pass] = []
    curve: tuple[Pass, ...] = ()
    most = 1 + PASSES
    for step in range(most):
        spent = time.monotonic() - begun
        if step and (spent + longest > budget_s if steps is None else step >= steps):
            break
        if step == 1:
            said = text("learning from fewer rows, to see what more would bring")
        else:
            said = text("repeating all of it on other parts of the rows, pass {n}", n=len(passes) + 1)
        say_step(progress, said)
        number = len(passes) - 1 if step == 1 else len(passes)
        pairs = usable(problem, folds(problem, FOLDS, repetition.seed + number))
        if len(pairs) < 2:
            return None
        if step == 1:
            curve = tuple(repetition.answer(problem, pairs, share) for share in SHARES)
        else:
            passes.append(repetition.answer(problem, pairs))
        longest = max(longest, time.monotonic() - begun - spent)
    made = len(passes) + bool(curve)
    return Repeated(tuple(passes), curve, made)


def usable(problem: Problem, pairs: Sequence[tuple[Index, Index]]) -> list[tuple[Index, Index]]:
    """Keep the splits whose training part holds every class at least twice."""
    if not problem.classes:
        return list(pairs)
    least = len(problem.classes)
    targets = problem.target.astype(np.int64)
    return [(a, b) for a, b in pairs if np.bincount(targets[a], minlength=least).min() >= 2]


def part_of(problem: Problem, share: float, seed: int) -> Index:
    """Draw a part of the rows to learn from: whole assets, else every class alike; sorted places.

    Copies of a row stay together, or half of the curve would be drawn from rows that the other half holds.
    """
    rng = np.random.default_rng(seed)
    classes = problem.target.astype(np.int64) if problem.classes else np.zeros(len(problem), dtype=np.int64)
    groups = (
        problem.copies
        if problem.assets is None
        else np.unique(problem.assets.astype(str), return_inverse=True)[1]
    )
    place = rng.permutation(int(groups.max()) + 1)[groups]
    order = np.lexsort((np.arange(len(problem)), place))
    chosen: list[Index] = []
    for one in range(int(classes.max()) + 1):
        inside = order[classes[order] == one]
        chosen.append(inside[: max(min(3, len(inside)), round(share * len(inside)))])
    return np.sort(np.concatenate(chosen)).astype(np.int64)


def joined(parts: Sequence[Outputs]) -> Outputs:
    """Put answers of several parts one after another; what one part does not give, none does."""

    def column(name: str) -> np.ndarray | None:
        values = [getattr(part, name) for part in parts]
        return None if any(value is None for value in values) else np.concatenate(values)

    return Outputs(
        probabilities=column("probabilities"),
        decision=column("decision"),
        value=column("value"),
        lower=column("lower"),
        upper=column("upper"),
    )
