"""Forests: grown quickly, and the same trees that scikit-learn grows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from andamio.training import growing
from andamio.training.growing import grow

KINDS = (RandomForestClassifier, ExtraTreesClassifier, RandomForestRegressor, ExtraTreesRegressor)


def rows(kind: type, classes: int = 2, count: int = 90) -> tuple[Any, Any]:
    rng = np.random.default_rng(classes)
    x = rng.normal(size=(count, 5)).astype(np.float32)
    told = x[:, 0] + 0.5 * x[:, 1] + 0.3 * rng.normal(size=count)
    if kind in (RandomForestRegressor, ExtraTreesRegressor):
        return x, told
    return x, np.digitize(told, np.linspace(-1, 1, classes + 1)[1:-1])


def forest(kind: type, **changes: Any) -> Any:
    settings = {"n_estimators": 12, "max_features": 0.5, "max_leaf_nodes": 8, "random_state": 7, "n_jobs": 1}
    return kind(**(settings | changes))


def assert_same(one: Any, other: Any) -> None:
    assert len(one.estimators_) == len(other.estimators_)
    for mine, theirs in zip(one.estimators_, other.estimators_, strict=True):
        assert mine.random_state == theirs.random_state
        for name in ("children_left", "children_right", "feature", "threshold", "value", "n_node_samples"):
            assert np.array_equal(getattr(mine.tree_, name), getattr(theirs.tree_, name))


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many trees scikit-learn was asked for, each time that it was asked."""
    asked: list[int] = []
    for kind in KINDS:
        own = kind.fit

        def told(self: Any, *given: Any, own: Any = own) -> Any:
            asked.append(self.n_estimators)
            return own(self, *given)

        monkeypatch.setattr(kind, "fit", told)
    return asked


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "changes", [{}, {"min_samples_leaf": 3}, {"max_features": 0.1, "max_leaf_nodes": 60}]
)
def test_the_trees_are_those_of_scikit_learn(kind: type, changes: dict[str, Any], fits: list[int]) -> None:
    x, y = rows(kind)
    grown = grow(forest(kind, **changes), x, y)
    assert fits == [1]
    own = forest(kind, **changes).fit(x, y)
    assert_same(grown, own)
    assert np.array_equal(grown.predict(x), own.predict(x))


@pytest.mark.parametrize("kind", [RandomForestClassifier, ExtraTreesClassifier])
def test_the_chances_of_many_classes_are_the_same_whatever_their_names(kind: type, fits: list[int]) -> None:
    x, y = rows(kind, classes=4)
    y = y * 3 + 2
    grown, own = grow(forest(kind), x, y), forest(kind).fit(x, y)
    assert fits == [1, 12]
    assert grown.classes_.tolist() == [2, 5, 8, 11]
    assert_same(grown, own)
    assert np.array_equal(grown.predict_proba(x), own.predict_proba(x))


def _other(*_given: Any) -> Any:
    raise TypeError("takes two more arguments")


def _drawn_otherwise(*given: Any) -> Any:
    *most, generator, last = given
    generator.seed(0)
    return growing.trees_of_sklearn.DENSE_SPLITTERS["own"](*most, generator, last)


@pytest.mark.parametrize("splitter", [_other, _drawn_otherwise])
def test_a_scikit_learn_that_is_built_otherwise_fits_the_forest_itself(
    splitter: Any, fits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = rows(RandomForestClassifier)
    own = forest(RandomForestClassifier).fit(x, y)
    own_splitter = growing.trees_of_sklearn.DENSE_SPLITTERS["best"]
    parts = {name: getattr(growing.trees_of_sklearn, name) for name in ("CRITERIA_CLF", "Tree")}
    parts["BestFirstTreeBuilder"] = growing.trees_of_sklearn.BestFirstTreeBuilder
    other = type("Other", (), parts | {"DENSE_SPLITTERS": {"best": splitter, "own": own_splitter}})
    monkeypatch.setattr(growing, "trees_of_sklearn", other)
    grown = grow(forest(RandomForestClassifier), x, y)
    assert fits == [12, 1, 12]
    assert_same(grown, own)


def test_rows_with_something_missing_are_left_to_scikit_learn(fits: list[int]) -> None:
    x, y = rows(RandomForestClassifier)
    x[3, 1] = np.nan
    grown = grow(forest(RandomForestClassifier), x, y)
    assert fits == [1, 12]
    assert_same(grown, forest(RandomForestClassifier).fit(x, y))
