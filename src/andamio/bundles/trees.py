"""Find every threshold of the trees in a graph, and rows of features that reach it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from andamio.bundles.halves import FEATURES, origin
from andamio.bundles.onnx_form import read_model

_ENSEMBLES = frozenset({"TreeEnsembleClassifier", "TreeEnsembleRegressor"})
_Bounds = dict[int, tuple[np.float32, np.float32]]
_INFINITY = np.float32(np.inf)


@dataclass(frozen=True, slots=True)
class Threshold:
    """One comparison of a tree: the feature, the value, and the bounds within which a row comes to it."""

    feature: int
    value: np.float32
    bounds: _Bounds


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The distinct comparisons of a graph's trees.

    ``unreachable`` counts trees' comparisons of something else than the features themselves, which
    cannot be probed by setting a feature.
    """

    found: tuple[Threshold, ...]
    unreachable: int = 0


def tree_thresholds(content: bytes) -> Thresholds:
    """List each pair of feature and threshold once, with one way to reach it."""
    graph = read_model(content).graph
    features = origin(FEATURES, graph)
    found: dict[tuple[int, float], Threshold] = {}
    unreachable = 0
    for node in graph.node:
        if node.op_type not in _ENSEMBLES:
            continue
        direct = origin(node.input[0], graph) == features
        for threshold in _Ensemble(node).thresholds():
            if direct:
                found.setdefault((threshold.feature, float(threshold.value)), threshold)
            else:
                unreachable += 1
    return Thresholds(tuple(found.values()), unreachable)


def probes_of(thresholds: Sequence[Threshold], features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Make three rows per threshold that come to it: just below, at, and just above.

    The rest of each row is that of a real row, moved into the bounds of the path.

    Args:
        thresholds: What to probe.
        features: Real rows of features, shape ``(n, features)``, n > 0.

    Returns:
        Shape ``(3 * len(thresholds), features)``.
    """
    probes = np.repeat(features[np.arange(len(thresholds)) % len(features)], 3, axis=0)
    for i, threshold in enumerate(thresholds):
        rows = probes[3 * i : 3 * i + 3]
        for feature, (low, high) in threshold.bounds.items():
            known = np.nan_to_num(rows[:, feature], nan=0.0)
            rows[:, feature] = np.clip(known, low, high)
        at = threshold.value
        rows[:, threshold.feature] = (np.nextafter(at, -_INFINITY), at, np.nextafter(at, _INFINITY))
    return probes


class _Ensemble:
    """The trees of one operator of ``ai.onnx.ml`` (TreeEnsembleClassifier or -Regressor)."""

    def __init__(self, node: Any) -> None:
        attributes = {attribute.name: attribute for attribute in node.attribute}
        self._modes = [mode.decode() for mode in attributes["nodes_modes"].strings]
        self._features = list(attributes["nodes_featureids"].ints)
        self._values = np.array(_values(attributes), np.float32)
        keys = list(zip(attributes["nodes_treeids"].ints, attributes["nodes_nodeids"].ints, strict=True))
        self._trees = [tree for tree, _ in keys]
        self._place = {key: i for i, key in enumerate(keys)}
        self._if_true = list(attributes["nodes_truenodeids"].ints)
        self._if_false = list(attributes["nodes_falsenodeids"].ints)

    def thresholds(self) -> Iterator[Threshold]:
        waiting: list[tuple[int, _Bounds]] = [(root, {}) for root in self._roots()]
        while waiting:
            place, bounds = waiting.pop()
            mode = self._modes[place]
            if mode == "LEAF":
                continue
            feature, value = self._features[place], self._values[place]
            yield Threshold(feature, value, bounds)
            tree = self._trees[place]
            met, missed = _narrowed(mode, bounds.get(feature, (-_INFINITY, _INFINITY)), value)
            waiting.append((self._place[tree, self._if_true[place]], {**bounds, feature: met}))
            waiting.append((self._place[tree, self._if_false[place]], {**bounds, feature: missed}))

    def _roots(self) -> list[int]:
        inner = [i for i, mode in enumerate(self._modes) if mode != "LEAF"]
        targets = (self._if_true, self._if_false)
        children = {self._place[self._trees[i], ids[i]] for i in inner for ids in targets}
        return [i for i in range(len(self._modes)) if i not in children]


def _values(attributes: dict[str, Any]) -> Sequence[float]:
    if "nodes_values" in attributes:
        return list(attributes["nodes_values"].floats)
    tensor = attributes["nodes_values_as_tensor"].t
    if tensor.raw_data:
        return list(np.frombuffer(tensor.raw_data, "<f8" if tensor.data_type == 11 else "<f4"))
    return list(tensor.double_data or tensor.float_data)


def _narrowed(
    mode: str, bounds: tuple[np.float32, np.float32], at: np.float32
) -> tuple[tuple[np.float32, np.float32], tuple[np.float32, np.float32]]:
    """Return the bounds where the comparison holds, and where it does not."""
    low, high = bounds
    up, down = np.nextafter(at, _INFINITY), np.nextafter(at, -_INFINITY)
    if mode == "BRANCH_LEQ":
        return (low, min(high, at)), (max(low, up), high)
    if mode == "BRANCH_LT":
        return (low, min(high, down)), (max(low, at), high)
    if mode == "BRANCH_GT":
        return (max(low, up), high), (low, min(high, at))
    if mode == "BRANCH_GTE":
        return (max(low, at), high), (low, min(high, down))
    if mode == "BRANCH_EQ":
        return (at, at), bounds
    return bounds, (at, at)
