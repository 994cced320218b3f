"""Bring a model from a notebook through the same parity, gates and bundle as one trained here."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import GraphInfo, Outputs
from andamio.contracts.contract import Contract, Kind
from andamio.errors import ModelRefused, text
from andamio.features import (
    Classifier,
    Combined,
    FeatureGraph,
    Regressor,
    Score,
    Selected,
    append_model,
    run_features,
)
from andamio.training.fitting import fit
from andamio.training.foreign_columns import match_columns
from andamio.training.foreign_models import ForeignModel, recognise
from andamio.training.judging import Answer
from andamio.training.learnt import Learnt, say_step
from andamio.training.matrix import Matrices
from andamio.training.run import BROUGHT, HELD_OUT, Candidate, Findings, TrainOptions, finish, input_leaks
from andamio.training.splits import holdout
from andamio.training.study import Progress
from andamio.training.table import Dataset, Problem, read_problem
from andamio.training.target import tidy
from andamio.training.threshold import choose_threshold

COMPARED_TRIALS = 3
_Native = Callable[[NDArray[np.float32]], Outputs]


def bring(
    model: object, contract: Contract, dataset: Dataset, options: TrainOptions, progress: Progress
) -> Candidate:
    """Make a candidate of a model that was trained elsewhere.

    Its threshold and its intervals are set on the training part of the dataset; everything is measured on the
    held-out part. Andamio cannot know which of these rows the model has already seen, and says so.

    Args:
        model: A fitted scikit-learn or LightGBM object, or the path or bytes of an ONNX file.
        contract: What it promises; its inputs and declared features are the model's columns.
        dataset: Real rows, for parity, threshold and gates.
        options: Seed, parent; tags are not excluded, since the model already reads them.
        progress: Told each step as it begins.

    Raises:
        ModelRefused: The model cannot be taken, or its columns or classes are not those of the contract.
        TrainingDataRefused: The dataset cannot be used.
    """
    started = time.perf_counter()
    foreign = recognise(model)
    say_step(progress, text("taking {model} along", model=foreign.title))
    if contract.kind is Kind.ANOMALY:
        raise _has_no_target(contract)
    problem = read_problem(contract, dataset.frame)
    leaks = tuple(
        dataclasses.replace(leak, excluded=False) for leak in input_leaks(contract, dataset.frame, problem)
    )
    split = holdout(problem, HELD_OUT, options.seed)
    train = problem.take(split.train)
    learnt = _learn(foreign, train, options, progress)
    taken_s = round(time.perf_counter() - started, 3)
    found = Findings(leaks, frozenset(), split)
    return finish(problem, dataset, found, learnt, options, progress, durations={"bring_s": taken_s})


def _has_no_target(contract: Contract) -> ModelRefused:
    return ModelRefused(
        text("a model of anomalies cannot be brought along"),
        where=text('models/{name}.toml, kind = "anomaly"', name=contract.name),
        why=text("its limit comes from the plant's own history, by models that have not seen it"),
        fix=text("train it here:  andamio train {name}", name=contract.name),
    )


def _learn(foreign: ForeignModel, train: Problem, options: TrainOptions, progress: Progress) -> Learnt:
    features = Matrices(train.contract, train.rows, frozenset()).graph()
    columns = match_columns(train.contract, features.names, foreign.names, foreign.count)
    behind = _Behind(foreign, features, columns, train)
    answer = behind.native(run_features(features, train.rows))
    graph, info, native = (
        _with_interval(behind, answer, train)
        if train.is_regression
        else _with_threshold(behind, answer, train)
    )
    return Learnt(
        name=BROUGHT,
        title=text("{model}, brought along", model=foreign.title),
        graph=graph,
        info=info,
        native=lambda rows: native(run_features(features, rows)),
        native_features=native,
        simpler=_simpler(train, options, progress),
        record={
            "brought": foreign.title,
            "columns": [features.names[place] for place in columns],
            "seen_before": "unknown",
        },
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Behind:
    """A foreign model behind the feature graph; its answers in the contract's order of classes."""

    foreign: ForeignModel
    features: FeatureGraph
    columns: tuple[int, ...]
    problem: Problem

    @property
    def width(self) -> int:
        """Columns of its own answer."""
        return 1 if self.problem.is_regression else self._given().shape[1]

    def native(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Answer features: one column for a number or the event of two classes, else one a class."""
        given = self.foreign.native(np.ascontiguousarray(matrix[:, self.columns]))
        chosen = given[:, self._order(given.shape[1])]
        return 1.0 - chosen if given.shape[1] == 1 and self._is_other_class else chosen

    def score(self) -> Score:
        """Write the same into the graph."""
        width = self.width
        score = self.foreign.score(self.columns, width)
        if score.width == 1:
            return Combined((score,), (-1.0,), 1.0) if self._is_other_class else score
        return Selected(score, tuple(self._order(score.width).tolist()))

    @property
    def _is_other_class(self) -> bool:
        """Whether a single column, which tells of the second label, is not about the event."""
        if self.problem.positive is None:
            return False
        return _places(self.foreign.labels, self.problem.classes)[self.problem.positive] == 0

    def _given(self) -> NDArray[np.float64]:
        one = run_features(self.features, self.problem.rows.take(np.array([0])))
        return self.foreign.native(np.ascontiguousarray(one[:, self.columns]))

    def _order(self, width: int) -> NDArray[np.int64]:
        """Return the places of the wanted columns in an answer of ``width`` columns."""
        classes = self.problem.classes
        if self.problem.is_regression or width == 1:
            _check_width(width, 1 if len(classes) <= 2 else len(classes), classes)
            return np.zeros(1, dtype=np.int64)
        _check_width(width, len(classes), classes)
        places = _places(self.foreign.labels, classes)
        wanted = [self.problem.positive] if self.problem.positive is not None else range(len(classes))
        return np.array([places[c] for c in wanted if c is not None], dtype=np.int64)


def _with_threshold(
    behind: _Behind, answer: NDArray[np.float64], train: Problem
) -> tuple[bytes, GraphInfo, _Native]:
    if answer.min() < -1e-6 or answer.max() > 1 + 1e-6:
        raise ModelRefused(
            text("the model answers numbers outside 0 to 1 where probabilities are needed"),
            fix=text("bring a classifier that gives probabilities, not scores or labels"),
        )
    threshold, positive = None, train.positive
    if positive is not None:
        rule, costs = train.contract.output.threshold, train.contract.costs
        threshold = choose_threshold(rule, answer[:, 0], train.target == positive, costs)[0]
    graph = append_model(
        behind.features, Classifier(behind.score(), threshold, 1 if positive is None else positive)
    )

    def native(matrix: NDArray[np.float32]) -> Outputs:
        chances = behind.native(matrix).astype(np.float32)
        if positive is None or threshold is None:
            return Outputs(probabilities=chances, decision=chances.argmax(axis=1).astype(np.int64))
        both = np.empty((len(chances), 2), dtype=np.float32)
        both[:, positive], both[:, 1 - positive] = chances[:, 0], np.float32(1) - chances[:, 0]
        reached = chances[:, 0] >= np.float32(threshold)
        return Outputs(
            probabilities=both, decision=np.where(reached, positive, 1 - positive).astype(np.int64)
        )

    return graph, _info(behind, threshold=threshold), native


def _with_interval(
    behind: _Behind, answer: NDArray[np.float64], train: Problem
) -> tuple[bytes, GraphInfo, _Native]:
    """Put limits at equal distances around the value: the quantile of the errors on the training part.

    Source: Vovk, Gammerman & Shafer, Algorithmic Learning in a Random World (2005), on conformal intervals.
    """
    coverage = train.contract.output.coverage
    errors = np.sort(np.abs(train.target - answer[:, 0]))
    half = float(errors[min(len(errors) - 1, int(np.ceil(coverage * (len(errors) + 1))) - 1)])
    score = behind.score()
    limits = [Combined((score,), (1.0,), side * half) for side in (-1.0, 1.0)]
    graph = append_model(behind.features, Regressor(score, limits[0], limits[1]))

    def native(matrix: NDArray[np.float32]) -> Outputs:
        value = behind.native(matrix)[:, 0].astype(np.float32)
        return Outputs(value=value, lower=value - np.float32(half), upper=value + np.float32(half))

    return graph, _info(behind, coverage=coverage), native


def _info(behind: _Behind, threshold: float | None = None, coverage: float | None = None) -> GraphInfo:
    problem = behind.problem
    return GraphInfo(
        kind=problem.contract.kind.value,
        numbers=tuple(i.name for i in problem.contract.numbers),
        categories=tuple(i.name for i in problem.contract.categories),
        signals=tuple(signal.name for signal in problem.contract.signals),
        samples=tuple(signal.length for signal in problem.contract.signals),
        features=behind.features.names,
        classes=problem.classes,
        positive=problem.positive,
        threshold=threshold,
        coverage=coverage,
    )


def _simpler(train: Problem, options: TrainOptions, progress: Progress) -> Mapping[str, Answer]:
    """Train the simplest models on the same rows, to ask whether one of them would do."""
    say_step(progress, text("training simple models to compare with"))
    fitted = fit(train, trials=COMPARED_TRIALS, seed=options.seed)
    return {"dummy": fitted.dummy, "linear": fitted.simplest}


def _places(labels: tuple[str, ...], classes: tuple[str, ...]) -> list[int]:
    """Find each class among the model's labels; without labels both are in rising order."""
    if not labels:
        return list(range(len(classes)))
    named = [_label(label) for label in labels]
    missing = [label for label in classes if _label(label) not in named]
    if missing:
        raise ModelRefused(
            text("the model does not know the classes {missing}", missing=", ".join(missing)),
            why=text("it answers {labels}", labels=", ".join(labels)),
            fix=text("train it on labels written as in the dataset's target column"),
        )
    return [named.index(_label(label)) for label in classes]


def _label(label: str) -> str:
    return tidy(label).casefold()


def _check_width(width: int, expected: int, classes: tuple[str, ...]) -> None:
    if width != expected:
        raise ModelRefused(
            text(
                "the model gives {width} numbers a row where {expected} are needed",
                width=width,
                expected=expected,
            ),
            why=text("the target's classes are {classes}", classes=", ".join(classes) or "–"),
            fix=text("bring a model of the same kind and the same classes as the contract's"),
        )
