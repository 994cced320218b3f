"""Trees branch in the graph exactly where their library branches, one rounding beside each threshold too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier
from sklearn.tree import DecisionTreeRegressor

from andamio.contracts.contract import Contract, Input
from andamio.contracts.rows import Rows
from andamio.errors import ModelRefused
from andamio.features import (
    Classifier,
    FeatureGraph,
    FeaturePlan,
    Regressor,
    Trees,
    append_model,
    export_forest,
    export_lightgbm,
    feature_graph,
)
from andamio.features.trees import float32_below

Answer = Callable[[bytes, Rows], dict[str, NDArray[Any]]]
_QUIET = {"verbosity": -1, "num_threads": 1, "deterministic": True, "seed": 3, "min_data_in_leaf": 3}


@pytest.fixture
def graph(make_contract: Callable[..., Contract], number: Callable[..., Input]) -> FeatureGraph:
    return feature_graph(FeaturePlan(make_contract([number(name) for name in ("a", "b", "c")])))


@pytest.fixture(scope="module")
def table() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    generator = np.random.default_rng(11)
    # Two decimals, as a historian writes: thresholds then lie halfway between values, not at float32s.
    matrix = generator.normal(20, 9, (600, 3)).round(2).astype(np.float32)
    truth = (matrix[:, 0] - matrix[:, 1] + generator.normal(0, 4, 600) > 0).astype(int)
    return matrix, truth


def beside_every_threshold(trees: Trees, width: int, generator: np.random.Generator) -> NDArray[np.float32]:
    """Make rows that put each feature on each threshold, one float32 below it and one above."""
    rows = []
    for feature, thresholds in trees.thresholds().items():
        for value in thresholds:
            for placed in (
                np.nextafter(value, np.float32(-np.inf)),
                value,
                np.nextafter(value, np.float32(np.inf)),
            ):
                row = generator.normal(20, 9, width).astype(np.float32)
                row[feature] = placed
                rows.append(row)
    return np.array(rows, dtype=np.float32)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(width=32, allow_nan=False))
def test_a_float32_is_below_a_threshold_exactly_when_it_is_below_the_rounded_one(
    threshold: float, value: float
) -> None:
    held = float32_below(threshold)
    with np.errstate(over="ignore"):
        above = np.nextafter(held, np.float32(np.inf))
    for near in (np.float32(value), held, above):
        if np.isfinite(near):
            assert (np.float64(near) <= threshold) == bool(near <= held)


@pytest.mark.parametrize("objective", ["binary", "regression", "poisson", "quantile", "cross_entropy"])
def test_lightgbm_gives_the_same_beside_every_threshold(
    objective: str,
    graph: FeatureGraph,
    table: tuple[NDArray[np.float32], NDArray[np.int64]],
    answer: Answer,
    make_rows: Callable[..., Rows],
) -> None:
    matrix, truth = table
    booster = lightgbm.train(_QUIET | {"objective": objective}, lightgbm.Dataset(matrix, truth), 40)
    trees = export_lightgbm(booster, raw=True)
    assert isinstance(trees, Trees)
    rows = np.vstack([matrix, beside_every_threshold(trees, 3, np.random.default_rng(1))])
    score = export_lightgbm(booster)
    model = append_model(graph, Regressor(score, score, score))
    given_values = answer(model, make_rows(rows))["value"]
    assert np.abs(given_values - booster.predict(rows)).max() < 2e-6


def test_leaves_of_every_row_are_those_of_lightgbm(
    graph: FeatureGraph,
    table: tuple[NDArray[np.float32], NDArray[np.int64]],
    answer: Answer,
    make_rows: Callable[..., Rows],
) -> None:
    # One tree whose leaves hold their own numbers: any other branch is another whole number.
    matrix, truth = table
    booster = lightgbm.train(_QUIET | {"objective": "binary"}, lightgbm.Dataset(matrix, truth), 1)
    for leaf in range(booster.num_trees() and int(booster.dump_model()["tree_info"][0]["num_leaves"])):
        booster.set_leaf_output(0, leaf, float(leaf))
    trees = export_lightgbm(booster, raw=True)
    assert isinstance(trees, Trees)
    rows = beside_every_threshold(trees, 3, np.random.default_rng(2))
    model = append_model(graph, Regressor(trees, trees, trees))
    leaves = booster.predict(rows, pred_leaf=True).ravel()
    assert np.array_equal(answer(model, make_rows(rows))["value"], leaves)


@pytest.mark.parametrize("holes", [False, True], ids=["trained without holes", "trained with holes"])
def test_lightgbm_sends_a_missing_value_the_same_way(
    holes: bool,
    graph: FeatureGraph,
    table: tuple[NDArray[np.float32], NDArray[np.int64]],
    answer: Answer,
    make_rows: Callable[..., Rows],
) -> None:
    matrix, truth = table
    matrix = matrix - np.float32(20)
    holed = matrix.copy()
    holed[np.random.default_rng(4).random(holed.shape) < 0.2] = np.nan
    train = holed if holes else matrix
    booster = lightgbm.train(_QUIET | {"objective": "binary"}, lightgbm.Dataset(train, truth), 30)
    model = append_model(graph, Classifier(export_lightgbm(booster)))
    chances = answer(model, make_rows(holed))["probabilities"][:, 1]
    assert np.abs(chances - booster.predict(holed)).max() < 2e-6


def test_lightgbm_with_several_classes_and_as_a_random_forest(
    graph: FeatureGraph,
    table: tuple[NDArray[np.float32], NDArray[np.int64]],
    answer: Answer,
    make_rows: Callable[..., Rows],
) -> None:
    matrix, truth = table
    three = truth + (matrix[:, 2] > 22)
    several = lightgbm.train(
        _QUIET | {"objective": "multiclass", "num_class": 3}, lightgbm.Dataset(matrix, three), 20
    )
    outputs = answer(append_model(graph, Classifier(export_lightgbm(several))), make_rows(matrix))
    assert np.abs(outputs["probabilities"] - several.predict(matrix)).max() < 2e-6
    assert np.array_equal(outputs["decision"], several.predict(matrix).argmax(axis=1))
    forest = lightgbm.train(
        _QUIET | {"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6},
        lightgbm.Dataset(matrix, truth),
        20,
    )
    outputs = answer(append_model(graph, Classifier(export_lightgbm(forest))), make_rows(matrix))
    assert np.abs(outputs["probabilities"][:, 1] - forest.predict(matrix)).max() < 2e-6


def test_a_lightgbm_that_learnt_nothing_still_answers(
    graph: FeatureGraph, answer: Answer, make_rows: Callable[..., Rows]
) -> None:
    matrix = np.zeros((50, 3), dtype=np.float32)
    booster = lightgbm.train(
        _QUIET | {"objective": "regression"}, lightgbm.Dataset(matrix, np.full(50, 7.0)), 3
    )
    score = export_lightgbm(booster)
    value = answer(append_model(graph, Regressor(score, score, score)), make_rows(matrix))["value"]
    assert np.abs(value - booster.predict(matrix)).max() < 1e-6


def test_what_the_graph_cannot_repeat_is_refused(
    table: tuple[NDArray[np.float32], NDArray[np.int64]],
) -> None:
    matrix, truth = table
    rounded = matrix.round(-1) + 100
    with_categories = lightgbm.train(
        _QUIET | {"objective": "binary", "min_data_per_group": 1, "cat_smooth": 1},
        lightgbm.Dataset(rounded, truth, categorical_feature=[0]),
        5,
    )
    with pytest.raises(ModelRefused, match="categorical_feature"):
        export_lightgbm(with_categories)
    linear = lightgbm.train(
        _QUIET | {"objective": "regression", "linear_tree": True},
        lightgbm.Dataset(matrix.astype(np.float64), truth, params={"linear_tree": True, "verbosity": -1}),
        5,
    )
    with pytest.raises(ModelRefused, match="linear_tree"):
        export_lightgbm(linear)


@pytest.mark.parametrize(
    "forest",
    [
        RandomForestClassifier(20, random_state=0),
        ExtraTreesClassifier(20, random_state=0),
        ExtraTreesRegressor(20, random_state=0),
        DecisionTreeRegressor(random_state=0),
    ],
    ids=lambda forest: type(forest).__name__,
)
def test_forests_give_the_same_beside_every_threshold_and_with_holes(
    forest: Any,
    graph: FeatureGraph,
    table: tuple[NDArray[np.float32], NDArray[np.int64]],
    answer: Answer,
    make_rows: Callable[..., Rows],
) -> None:
    matrix, truth = table
    holed = matrix.copy()
    holed[np.random.default_rng(4).random(holed.shape) < 0.1] = np.nan
    forest.fit(holed, truth)
    trees = export_forest(forest)
    rows = np.vstack([holed, beside_every_threshold(trees, 3, np.random.default_rng(1))[:20_000]])
    if hasattr(forest, "predict_proba"):
        outputs = answer(append_model(graph, Classifier(trees)), make_rows(rows))
        assert np.abs(outputs["probabilities"] - forest.predict_proba(rows)).max() < 2e-6
    else:
        outputs = answer(append_model(graph, Regressor(trees, trees, trees)), make_rows(rows))
        assert np.abs(outputs["value"] - forest.predict(rows)).max() < 2e-6
