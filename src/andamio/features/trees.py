"""Trees of any library in one form, written so that the graph branches exactly as the library does.

Libraries compare a feature with a threshold in double precision; the graph compares float32. For a
float32 ``x``, ``x <= t`` holds exactly when ``x <= float32_below(t)`` does, the largest float32 not
above ``t``. So thresholds are rounded down, never to nearest, and no row ever takes another branch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import spox.opset.ai.onnx.ml.v3 as ml
from numpy.typing import ArrayLike, NDArray
from spox import Var

from andamio.features.scores import Writing


def float32_below(thresholds: ArrayLike) -> NDArray[np.float32]:
    """Round each threshold down to float32.

    >>> bool(float32_below(0.1) <= 0.1), bool(np.float32(0.1) <= 0.1)
    (True, False)
    """
    exact = np.asarray(thresholds, dtype=np.float64)
    limit = np.finfo(np.float32).max
    nearest = np.clip(exact, -limit, limit).astype(np.float32)
    with np.errstate(over="ignore", under="ignore"):  # a step past the last float32 is an infinity
        lower = np.where(nearest > exact, np.nextafter(nearest, np.float32(-np.inf)), nearest)
    return lower.astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """An ensemble of trees whose leaves are summed.

    One entry for each node, all trees one after another: ``tree`` its tree, ``feature`` the column it
    compares, ``threshold`` with what (left when ``x <= threshold``), ``left`` and ``right`` the
    children's numbers within the tree (``left`` -1 marks a leaf), ``missing_left`` whether NaN goes
    left. Root nodes have number 0. ``values`` holds what a leaf adds, shape ``(nodes, outputs)``;
    ``start`` what the sum begins with, shape ``(outputs,)``.
    """

    tree: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    missing_left: NDArray[np.bool_]
    values: NDArray[np.float64]
    start: NDArray[np.float64]

    @property
    def width(self) -> int:
        """One column for each output."""
        return int(self.values.shape[1])

    def thresholds(self) -> dict[int, NDArray[np.float32]]:
        """Return the finite thresholds of each feature that is compared, as the graph holds them."""
        branches = (self.left >= 0) & np.isfinite(self.threshold)
        held = float32_below(self.threshold[branches])
        features = self.feature[branches]
        return {int(f): np.unique(held[features == f]) for f in np.unique(features)}

    def nodes(self, writing: Writing) -> Var:
        """Write one node that holds all trees."""
        first = np.searchsorted(self.tree, self.tree)
        number = np.arange(len(self.tree)) - first
        leaf = self.left < 0
        rows, outputs = np.nonzero(leaf[:, None] & ((self.values != 0) | (np.arange(self.width) == 0)))
        return ml.tree_ensemble_regressor(
            writing.features,
            n_targets=self.width,
            base_values=self.start.astype(np.float32).tolist() if self.start.any() else None,
            nodes_treeids=self.tree.tolist(),
            nodes_nodeids=number.tolist(),
            nodes_featureids=np.where(leaf, 0, self.feature).tolist(),
            nodes_modes=np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
            nodes_values=np.where(leaf, np.float32(0), float32_below(self.threshold)).tolist(),
            nodes_truenodeids=np.where(leaf, 0, self.left).tolist(),
            nodes_falsenodeids=np.where(leaf, 0, self.right).tolist(),
            nodes_missing_value_tracks_true=np.where(leaf, False, self.missing_left).astype(int).tolist(),
            target_treeids=self.tree[rows].tolist(),
            target_nodeids=number[rows].tolist(),
            target_ids=outputs.tolist(),
            target_weights=self.values[rows, outputs].astype(np.float32).tolist(),
        )
