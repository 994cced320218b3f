"""Forests of scikit-learn: many trees of bounded size, averaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import ClassVar

from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from andamio.errors import Text, text
from andamio.training.candidates import Folds, Rehearsal, Setting, predict_held_out
from andamio.training.growing import grow
from andamio.training.models import ForestModel, Link
from andamio.training.task import Task

# Leaves of a whole forest: its graph stays below about 10 MB.
MOST_LEAVES = 60_000
_FEW_ROWS, _FEW_TREES = 2_000, 50


@dataclass(frozen=True, slots=True)
class Forest:
    """A random forest, or extra trees (splits drawn at random, on all rows).

    Attributes:
        trees: How many.
        columns: Share of the features that each split looks at.
        least_rows: Rows in a leaf, at least.
        random_splits: Draw the split points at random.
        balanced: Weigh all classes the same.
        leaves: Of all trees together, for each class, at most.
    """

    trees: int = 100
    columns: float = 0.5
    least_rows: int = 1
    random_splits: bool = False
    balanced: bool = False
    leaves: int = MOST_LEAVES
    family: ClassVar[str] = "forest"
    title: ClassVar[Text] = text("random forest")

    def settings(self) -> Mapping[str, object]:
        """Tell all settings."""
        return asdict(self)

    def train(self, given: Setting) -> ForestModel:
        """Train on all rows given."""
        return self._train(given, self.trees)

    def rehearse(self, given: Setting, folds: Folds) -> Rehearsal:
        """Cross-validate, with half the trees where both are many: their number hardly moves the mean."""
        few = len(given.y) <= _FEW_ROWS or self.trees <= _FEW_TREES
        trees = self.trees if few else self.trees // 2
        margins = predict_held_out(lambda part: self._train(part, trees), given, folds)
        return Rehearsal(self, Link.IDENTITY, margins)

    def pruned(self, leaves: int, of: int, task: Task) -> Sequence[Forest]:  # noqa: ARG002
        """Propose as many trees with fewer leaves each, and fewer trees.

        Args:
            leaves: How many leaves all trees together may have.
            of: How many they have.
            task: What is learnt.
        """
        counts = [count for count in (self.trees, 50, 20, 10, 5) if count <= self.trees]
        each = [replace(self, trees=count, leaves=leaves * task.width) for count in counts]
        return tuple(one for one in each if leaves >= 2 * one.trees)

    def _train(self, given: Setting, trees: int) -> ForestModel:
        settings: dict[str, object] = {
            "n_estimators": trees,
            "max_features": self.columns,
            "min_samples_leaf": self.least_rows,
            "max_leaf_nodes": max(self.leaves // (self.trees * given.task.width), 2),
            "random_state": given.seed,
            "n_jobs": 1,
        }
        if given.task.is_regression:
            kind = ExtraTreesRegressor if self.random_splits else RandomForestRegressor
        else:
            kind = ExtraTreesClassifier if self.random_splits else RandomForestClassifier
            settings["class_weight"] = "balanced" if self.balanced else None
        forest = kind(**settings)
        # Weights of classes are drawn with differently from one version of scikit-learn to the next.
        grown = forest.fit(given.x, given.y) if self.balanced else grow(forest, given.x, given.y)
        return ForestModel(grown, given.task.is_binary, given.task.is_regression)
