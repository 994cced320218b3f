"""Forests of scikit-learn: many trees of bounded size, averaged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar

from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from andamio.errors import Text, text
from andamio.training.candidates import Folds, Rehearsal, Setting, predict_held_out
from andamio.training.models import ForestModel, Link

# Leaves of a whole forest: its graph stays below about 10 MB.
MOST_LEAVES = 60_000
_FEW_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Forest:
    """A random forest, or extra trees (splits drawn at random, on all rows).

    Attributes:
        trees: How many.
        columns: Share of the features that each split looks at.
        least_rows: Rows in a leaf, at least.
        random_splits: Draw the split points at random.
        balanced: Weigh all classes the same.
    """

    trees: int = 100
    columns: float = 0.5
    least_rows: int = 1
    random_splits: bool = False
    balanced: bool = False
    family: ClassVar[str] = "forest"
    title: ClassVar[Text] = text("random forest")

    def settings(self) -> Mapping[str, object]:
        """Tell all settings."""
        return asdict(self)

    def train(self, given: Setting) -> ForestModel:
        """Train on all rows given."""
        return self._train(given, self.trees)

    def rehearse(self, given: Setting, folds: Folds) -> Rehearsal:
        """Cross-validate, with half the trees where rows are many: their number hardly moves the mean."""
        trees = self.trees if len(given.y) <= _FEW_ROWS else max(self.trees // 2, 1)
        margins = predict_held_out(lambda part: self._train(part, trees), given, folds)
        return Rehearsal(self, Link.IDENTITY, margins)

    def _train(self, given: Setting, trees: int) -> ForestModel:
        settings: dict[str, object] = {
            "n_estimators": trees,
            "max_features": self.columns,
            "min_samples_leaf": self.least_rows,
            "max_leaf_nodes": MOST_LEAVES // (self.trees * given.task.width),
            "random_state": given.seed,
            "n_jobs": 1,
        }
        if given.task.is_regression:
            kind = ExtraTreesRegressor if self.random_splits else RandomForestRegressor
        else:
            kind = ExtraTreesClassifier if self.random_splits else RandomForestClassifier
            settings["class_weight"] = "balanced" if self.balanced else None
        forest = kind(**settings).fit(given.x, given.y)
        return ForestModel(forest, given.task.is_binary, given.task.is_regression)
