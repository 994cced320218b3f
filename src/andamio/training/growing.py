"""Grow a forest of scikit-learn without checking the same rows again for every tree.

On a few hundred rows scikit-learn spends most of a fit on copying settings, seeding generators and looking
the rows over, once for each tree. Here that happens once for the forest; the trees are the same, node by
node, and the first one is compared with scikit-learn's own before the others are grown.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import _classes as trees_of_sklearn

from andamio.training.models import Matrix
from andamio.training.task import Target

# The highest seed, exclusive, that scikit-learn gives a tree.
_SEEDS = np.iinfo(np.int32).max

Grow = Callable[[int], Any]


def grow(forest: Any, x: Matrix, y: Target) -> Any:
    """Fit a forest, tree by tree as it would fit itself.

    Args:
        forest: A random forest or extra trees of scikit-learn: bounded leaves, whole bootstrap samples, the
            usual criterion, classes weighed alike, and a whole number as its seed.
        x: Features, shape ``(rows, features)``.
        y: Target, shape ``(rows,)``.

    Returns:
        The same forest, fitted.
    """
    count, forest.n_estimators = forest.n_estimators, 1
    first = forest.fit(x, y).estimators_[0]
    forest.n_estimators = count
    draw = np.random.RandomState(forest.random_state)
    seeds = [int(draw.randint(_SEEDS)) for _ in range(count)]
    quick = _grower(forest, x, y)
    if quick is None or first.random_state != seeds[0] or not _same(quick(seeds[0]), first.tree_):
        return forest.fit(x, y)
    for seed in seeds[1:]:
        tree = copy(first)
        tree.random_state, tree.tree_ = seed, quick(seed)
        forest.estimators_.append(tree)
    return forest


def _grower(forest: Any, x: Matrix, y: Target) -> Grow | None:
    """Return what grows one tree from its seed; None where this scikit-learn is built otherwise."""
    rows = np.asarray(x, dtype=np.float32)
    if not np.isfinite(rows).all():
        return None
    classes = getattr(forest, "classes_", None)
    known = y if classes is None else np.searchsorted(classes, y)
    target = np.ascontiguousarray(known, dtype=np.float64)[:, None]
    kinds = np.array([1 if classes is None else len(classes)], dtype=np.intp)
    first = forest.estimators_[0]
    generator = np.random.RandomState(0)

    def quick(seed: int) -> Any:
        weights = None
        if forest.bootstrap:
            generator.seed(seed)
            drawn = generator.randint(0, len(rows), len(rows))
            weights = np.bincount(drawn, minlength=len(rows)).astype(np.float64)
        generator.seed(seed)
        return _tree(first, kinds, rows, target, weights, generator)

    try:
        quick(0)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return quick


def _tree(
    like: Any,
    kinds: NDArray[np.intp],
    rows: NDArray[np.float32],
    target: NDArray[np.float64],
    weights: NDArray[np.float64] | None,
    generator: np.random.RandomState,
) -> Any:
    """Grow one tree with the settings of another."""
    of = trees_of_sklearn
    classifies = hasattr(like, "classes_")
    criterion = (
        of.CRITERIA_CLF[like.criterion](1, kinds)
        if classifies
        else of.CRITERIA_REG[like.criterion](1, len(rows))
    )
    fewest = like.min_samples_leaf
    splitter = of.DENSE_SPLITTERS[like.splitter](criterion, like.max_features_, fewest, 0.0, generator, None)
    tree = of.Tree(rows.shape[1], kinds, 1)
    builder = of.BestFirstTreeBuilder(
        splitter,
        max(like.min_samples_split, 2 * fewest),
        fewest,
        0.0,
        np.iinfo(np.int32).max,
        like.max_leaf_nodes,
        like.min_impurity_decrease,
    )
    builder.build(tree, rows, target, weights, None)
    return tree


def _same(one: Any, other: Any) -> bool:
    """Tell whether two trees are the same, node by node."""
    named = ("children_left", "children_right", "feature", "threshold", "value")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in named)
