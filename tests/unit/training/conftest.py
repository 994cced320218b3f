"""Plants small enough to train on in a second, and a fit that is only a linear model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression, LogisticRegression

from andamio.bundles import GraphInfo, Outputs
from andamio.contracts import parse_contract
from andamio.contracts.contract import Contract
from andamio.contracts.rows import Rows
from andamio.errors import text
from andamio.features import (
    Classifier,
    FeatureGraph,
    FeaturePlan,
    Logistic,
    Regressor,
    append_model,
    export_linear,
    feature_graph,
    run_features,
)
from andamio.training.learnt import Learnt
from andamio.training.table import Problem

PRESS = """
[model]
kind = "classification"
data = "press"
target = "falla"

[input.load]
type = "number"
range = [-20, 20]
missing = "impute"

[input.speed]
type = "number"
range = [-20, 20]

[input.product]
type = "category"
values = ["A", "B"]
unknown = "other"

[output.failure]
threshold = 0.5

[accept]
recall = ">= 0.5"
false_alarm_rate = "<= 0.2"
slices = { by = ["product"], recall = ">= 0.3" }
noise = { level = 0.01, flips = "<= 0.05" }
"""

KILN = """
[model]
kind = "regression"
data = "kiln"
target = "strength"

[input.temp]
type = "number"
range = [-20, 20]

[input.speed]
type = "number"
range = [-20, 20]

[output.strength]

[accept]
r2 = ">= 0.5"
"""


@dataclass(frozen=True)
class Table:
    """A dataset version in memory."""

    frame: pl.DataFrame
    name: str = "press"
    version: int = 1
    digest: str = "0" * 64


def press_contract(text: str = PRESS) -> Contract:
    return parse_contract(text, name="press", file="models/press.toml")


def press_frame(rows: int = 600, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    load, speed = rng.normal(size=rows), rng.normal(size=rows)
    failed = load + 0.5 * speed + 0.3 * rng.normal(size=rows) > 1.0
    return pl.DataFrame(
        {
            "load": load,
            "speed": speed,
            "product": rng.choice(["A", "B"], rows),
            "falla": np.where(failed, "sí", "no"),
        }
    )


def kiln_frame(rows: int = 300) -> pl.DataFrame:
    rng = np.random.default_rng(1)
    temp, speed = rng.normal(size=rows), rng.normal(size=rows)
    return pl.DataFrame(
        {"temp": temp, "speed": speed, "strength": 3 * temp - speed + 0.3 * rng.normal(size=rows)}
    )


def linear_fit(problem: Problem, *, excluded: frozenset[str], **_unused: object) -> Learnt:
    """Fit a linear model; the budget is more than enough."""
    plan = FeaturePlan(
        problem.contract,
        excluded=excluded,
        imputed={i.name: 0.0 for i in problem.contract.numbers},
    )
    features = feature_graph(plan)
    matrix = run_features(features, problem.rows)
    if problem.is_regression:
        return _numbers(problem, features, matrix)
    return _classes(problem, features, matrix)


def _classes(problem: Problem, features: FeatureGraph, matrix: NDArray[np.float32]) -> Learnt:
    model = LogisticRegression().fit(matrix.astype(np.float64), problem.target)
    score = Logistic(export_linear(model.coef_, model.intercept_))
    positive = problem.positive if problem.positive is not None else 1
    if positive == 0:
        raise AssertionError("the stand-in learns tables whose event is the second class")
    graph = append_model(features, Classifier(score, threshold=0.5, positive=positive))
    share = float(np.mean(problem.target == positive))

    def native(matrix: NDArray[np.float32]) -> Outputs:
        chances = model.predict_proba(matrix.astype(np.float64))
        return Outputs(
            probabilities=chances.astype(np.float32), decision=(chances[:, 1] >= 0.5).astype(np.int64)
        )

    def dummy(rows: Rows) -> Outputs:
        chances = np.tile(np.array([[1 - share, share]], np.float32), (len(rows), 1))
        return Outputs(probabilities=chances, decision=np.zeros(len(rows), np.int64))

    info = _info(problem, features, threshold=0.5)
    return _learnt(graph, info, features, native, dummy)


def _numbers(problem: Problem, features: FeatureGraph, matrix: NDArray[np.float32]) -> Learnt:
    model = LinearRegression().fit(matrix.astype(np.float64), problem.target)
    value = export_linear(model.coef_[None, :], np.array([model.intercept_]))
    lower = export_linear(model.coef_[None, :], np.array([model.intercept_ - 0.5]))
    upper = export_linear(model.coef_[None, :], np.array([model.intercept_ + 0.5]))
    graph = append_model(features, Regressor(value, lower, upper))

    def native(matrix: NDArray[np.float32]) -> Outputs:
        answer = model.predict(matrix.astype(np.float64))
        lower, upper = ((answer + reach).astype(np.float32) for reach in (-0.5, 0.5))
        return Outputs(value=answer.astype(np.float32), lower=lower, upper=upper)

    def dummy(rows: Rows) -> Outputs:
        return Outputs(value=np.full(len(rows), problem.target.mean(), np.float32))

    return _learnt(graph, _info(problem, features), features, native, dummy)


def _learnt(
    graph: bytes,
    info: GraphInfo,
    features: FeatureGraph,
    native: Callable[[NDArray[np.float32]], Outputs],
    dummy: Callable[[Rows], Outputs],
) -> Learnt:
    return Learnt(
        name="linear",
        title=text("linear model"),
        graph=graph,
        info=info,
        native=lambda rows: native(run_features(features, rows)),
        native_features=native,
        simpler={"dummy": dummy},
        record={"trials": 1},
    )


def _info(problem: Problem, features: FeatureGraph, threshold: float | None = None) -> GraphInfo:
    contract = problem.contract
    return GraphInfo(
        kind=str(contract.kind),
        numbers=tuple(i.name for i in contract.numbers),
        categories=tuple(i.name for i in contract.categories),
        features=features.names,
        classes=problem.classes,
        positive=problem.positive,
        threshold=threshold,
        coverage=0.9 if problem.is_regression else None,
    )


@pytest.fixture(scope="session")
def press() -> tuple[Contract, Table]:
    return press_contract(), Table(press_frame())


@pytest.fixture(scope="session")
def kiln() -> tuple[Contract, Table]:
    return parse_contract(KILN, name="kiln", file="models/kiln.toml"), Table(kiln_frame(), name="kiln")


@pytest.fixture(scope="session")
def fit() -> Callable[..., Learnt]:
    return linear_fit
