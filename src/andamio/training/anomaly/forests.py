"""An isolation forest: rows that few random cuts set apart are unusual."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.ensemble import IsolationForest

from andamio.errors import Text, text
from andamio.features import Combined, Exponential, Trees
from andamio.training.anomaly.candidates import Floats
from andamio.training.models import Matrix, Thresholds

_TREES, _SAMPLE = 100, 256


@dataclass(frozen=True, slots=True, eq=False)
class Isolated:
    """A trained isolation forest."""

    forest: Any

    def raw(self, x: Matrix) -> Floats:
        """Ask scikit-learn: 2 to the power of minus the mean depth over that of a random tree."""
        return -np.asarray(self.forest.score_samples(x), dtype=np.float64)

    def score(self) -> Exponential:
        """Export the depths as trees, then the power."""
        return Exponential(Combined((_depths(self.forest),), (-math.log(2.0),)))

    def thresholds(self) -> Thresholds:
        """Return its split points."""
        return _depths(self.forest).thresholds()


@dataclass(frozen=True, slots=True)
class Isolation:
    """The isolation forest as a candidate.

    Source: Liu, Ting & Zhou, Isolation forest, ICDM (2008).
    """

    family: ClassVar[str] = "isolation"
    title: ClassVar[Text] = text("isolation forest")

    def settings(self) -> Mapping[str, object]:
        """Trees, and rows of each."""
        return {"trees": _TREES, "rows_a_tree": _SAMPLE}

    def suits(self, rows: int, features: int) -> bool:
        """Random cuts need a few rows."""
        return rows >= 50 and features > 0

    def learn(self, x: Matrix, seed: int) -> Isolated:
        """Grow it."""
        forest = IsolationForest(n_estimators=_TREES, max_samples=min(_SAMPLE, len(x)), random_state=seed)
        return Isolated(forest.fit(x))


def _depths(forest: Any) -> Trees:
    """Write every tree with its leaves' depths, as shares of what a random tree needs."""
    trees = [estimator.tree_ for estimator in forest.estimators_]
    whole = len(trees) * float(_random_depth(np.array([forest.max_samples_]))[0])
    depths = [_depth(tree) + _random_depth(tree.n_node_samples) for tree in trees]
    return Trees(
        tree=np.repeat(np.arange(len(trees)), [tree.node_count for tree in trees]),
        feature=np.concatenate([tree.feature for tree in trees]),
        threshold=np.concatenate([tree.threshold for tree in trees]),
        left=np.concatenate([tree.children_left for tree in trees]),
        right=np.concatenate([tree.children_right for tree in trees]),
        missing_left=np.zeros(sum(tree.node_count for tree in trees), np.bool_),
        values=(np.concatenate(depths) / whole)[:, None],
        start=np.zeros(1),
    )


def _depth(tree: Any) -> Floats:
    depth = np.zeros(tree.node_count)
    for node in range(tree.node_count):  # a parent comes before its children
        for child in (tree.children_left[node], tree.children_right[node]):
            if child >= 0:
                depth[child] = depth[node] + 1
    return depth


def _random_depth(rows: Any) -> Floats:
    """Return the mean depth at which a random tree sets one of so many rows apart."""
    n = np.asarray(rows, np.float64)
    many = 2.0 * (np.log(np.maximum(n - 1.0, 1.0)) + np.euler_gamma) - 2.0 * (n - 1.0) / np.maximum(n, 1.0)
    return np.where(n <= 1, 0.0, np.where(n == 2, 1.0, many))
