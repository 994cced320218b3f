"""Bring trained models of scikit-learn and LightGBM into the graph, without a converter in between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from andamio.errors import ModelRefused, text
from andamio.features.scores import Always, Exponential, Linear, Logistic, Score, Softmax
from andamio.features.trees import Trees


class Booster(Protocol):
    """LightGBM's ``Booster``, as far as this room knows it."""

    def dump_model(self, num_iteration: int | None = None) -> Mapping[str, Any]:
        """Return the trees."""


# LightGBM reads every number at most this far from zero as zero.
_NEARLY_ZERO = np.float32(1e-35)


def export_linear(coefficients: ArrayLike, intercept: ArrayLike) -> Linear:
    """Bring a linear model: coefficients ``(features,)`` or ``(outputs, features)``."""
    weights = np.atleast_2d(np.asarray(coefficients, dtype=np.float64))
    constants = np.broadcast_to(np.asarray(intercept, dtype=np.float64), (len(weights),)).copy()
    return Linear(weights, constants)


def export_dummy(values: ArrayLike) -> Always:
    """Bring a model that always answers the same: one value, or the share of each class."""
    return Always(tuple(np.atleast_1d(np.asarray(values, dtype=np.float64)).tolist()))


def export_lightgbm(booster: Booster, *, raw: bool = False) -> Score:
    """Bring a LightGBM model, branch for branch.

    Args:
        booster: Trained on float32 features, without categorical features.
        raw: Give the sum of the leaves instead of what ``predict`` gives.

    Returns:
        What ``booster.predict`` gives: one column, the probability of class 1 for a two-class
        objective, or one column for each class.

    Raises:
        ModelRefused: It uses what the graph cannot repeat: categorical splits, linear trees, an
            objective that is not known here.
    """
    dump = booster.dump_model()
    per_iteration = int(dump["num_tree_per_iteration"])
    infos: Sequence[Mapping[str, Any]] = dump["tree_info"]
    rounds = max(len(infos) // per_iteration, 1)
    share = 1.0 / rounds if dump.get("average_output") else 1.0
    rows = []
    for number, info in enumerate(infos):
        for node in _lightgbm_nodes(info["tree_structure"]):
            values = [0.0] * per_iteration
            values[number % per_iteration] = node.pop("leaf", 0.0) * share
            rows.append((number, *node.values(), values))
    trees = _trees(rows, per_iteration)
    return trees if raw else _linked(trees, str(dump.get("objective", "")))


def _lightgbm_nodes(root: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Walk a tree in the order that numbers a node before its children."""
    pending = [root]
    following = 1
    for node in pending:
        if "leaf_value" in node and "split_feature" not in node:
            if "leaf_coeff" in node:
                raise _cannot("linear_tree")
            leaf = float(node["leaf_value"])
            yield {"feature": 0, "threshold": 0.0, "left": -1, "right": -1, "missing": False, "leaf": leaf}
            continue
        if node["decision_type"] != "<=":
            raise _cannot("categorical_feature")
        if node["missing_type"] == "Zero":
            raise _cannot("zero_as_missing")
        threshold = _around_zero(float(node["threshold"]))
        # Without missing values in training, LightGBM reads NaN as zero.
        left = node["default_left"] if node["missing_type"] == "NaN" else threshold >= 0
        yield {
            "feature": int(node["split_feature"]),
            "threshold": threshold,
            "left": following,
            "right": following + 1,
            "missing": bool(left),
        }
        pending += [node["left_child"], node["right_child"]]
        following += 2


def _around_zero(threshold: float) -> float:
    """Move a threshold beside zero, so that what LightGBM reads as zero goes where zero goes."""
    if -_NEARLY_ZERO <= threshold < 0:
        return float(np.nextafter(-_NEARLY_ZERO, np.float32(-1)))
    return max(threshold, float(_NEARLY_ZERO)) if threshold >= 0 else threshold


def _linked(trees: Trees, objective: str) -> Score:
    name, *settings = objective.split() or [""]
    known = dict(part.split(":", 1) for part in settings if ":" in part)
    if name in ("binary", "multiclassova"):
        return Logistic(trees, scale=float(known.get("sigmoid", 1.0)))
    if name == "cross_entropy":
        return Logistic(trees)
    if name == "multiclass":
        return Softmax(trees)
    if name in ("poisson", "gamma", "tweedie"):
        return Exponential(trees)
    plain = ("regression", "regression_l1", "huber", "fair", "quantile", "mape", "custom", "")
    if name in plain and "sqrt" not in settings:
        return trees
    raise _cannot(objective)


def export_forest(model: Any) -> Trees:
    """Bring a scikit-learn decision tree, random forest or extra trees, branch for branch.

    Returns:
        The mean of the trees: one column for a regressor, one for each class for a classifier.

    Raises:
        ModelRefused: It has several targets.
    """
    estimators = [estimator.tree_ for estimator in getattr(model, "estimators_", [model])]
    if any(tree.value.shape[1] != 1 for tree in estimators):
        raise _cannot("multi-output")
    values = np.concatenate([tree.value[:, 0, :] for tree in estimators]) / len(estimators)
    return Trees(
        tree=np.repeat(np.arange(len(estimators)), [tree.node_count for tree in estimators]),
        feature=np.concatenate([tree.feature for tree in estimators]),
        threshold=np.concatenate([tree.threshold for tree in estimators]),
        left=np.concatenate([tree.children_left for tree in estimators]),
        right=np.concatenate([tree.children_right for tree in estimators]),
        missing_left=np.concatenate([tree.missing_go_to_left for tree in estimators]).astype(bool),
        values=values,
        start=np.zeros(values.shape[1]),
    )


def _trees(rows: Sequence[tuple[Any, ...]], outputs: int) -> Trees:
    if not rows:
        empty: NDArray[np.int64] = np.zeros(1, dtype=np.int64)
        leaf = empty - 1
        zeros = np.zeros(1)
        return Trees(
            empty, empty, zeros, leaf, leaf, empty.astype(bool), np.zeros((1, outputs)), np.zeros(outputs)
        )
    tree, feature, threshold, left, right, missing, values = zip(*rows, strict=True)
    return Trees(
        tree=np.array(tree, dtype=np.int64),
        feature=np.array(feature, dtype=np.int64),
        threshold=np.array(threshold, dtype=np.float64),
        left=np.array(left, dtype=np.int64),
        right=np.array(right, dtype=np.int64),
        missing_left=np.array(missing, dtype=np.bool_),
        values=np.array(values, dtype=np.float64).reshape(len(rows), outputs),
        start=np.zeros(outputs),
    )


def _cannot(what: str) -> ModelRefused:
    return ModelRefused(
        text("the model uses {what}, which the graph cannot repeat", what=what),
        fix=text("train it without {what}, or bring it as an ONNX file", what=what),
    )
