"""Write an ensemble of trees as C: tables in read-only memory, and one loop that walks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from andamio.exports.c_values import Unwritable, array, floats

_COMPARISONS = {"BRANCH_LEQ": "<=", "BRANCH_LT": "<", "BRANCH_GTE": ">=", "BRANCH_GT": ">"}
_WALK = """\
for (unsigned t = 0; t < {trees}; t++) {{
    unsigned at = {n}_root[t];
    while ({n}_feature[at] >= 0) {{
        float x = {x}[{n}_feature[at]];
        int first = x != x ? {n}_missing[at] : x {sign} {n}_threshold[at];
        at = first ? {n}_first[at] : {n}_other[at];
    }}
    for (unsigned k = 0; k < {width}; k++) {out}[k] += {n}_leaf[{n}_first[at] * {width} + k];
}}"""


def trees(name: str, out: str, x: str, attributes: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Write ``TreeEnsembleRegressor`` for one row.

    Args:
        name: Prefix of its tables.
        out: Array that receives the sums.
        x: Array of features.
        attributes: Of the node, as plain values.

    Returns:
        The tables, and the statements.

    Raises:
        Unwritable: It averages, transforms or compares in a way that these loops do not know.
    """
    if (
        attributes.get("aggregate_function", b"SUM") != b"SUM"
        or attributes.get("post_transform", b"NONE") != b"NONE"
    ):
        raise Unwritable("TreeEnsembleRegressor(aggregate_function, post_transform)")
    if any(key.endswith("_as_tensor") for key in attributes):
        raise Unwritable("TreeEnsembleRegressor(double)")
    modes = {mode.decode() for mode in attributes["nodes_modes"]} - {"LEAF"}
    if len(modes) > 1 or not modes <= _COMPARISONS.keys():
        raise Unwritable(f"TreeEnsembleRegressor({', '.join(sorted(modes))})")
    sign = _COMPARISONS[modes.pop()] if modes else "<="
    width = int(attributes["n_targets"])
    number = {key: place for place, key in enumerate(_keys(attributes, "nodes"))}
    count = len(number)
    leaf = np.array([mode == b"LEAF" for mode in attributes["nodes_modes"]])
    missing = np.array(attributes.get("nodes_missing_value_tracks_true") or [0] * count)
    owner = list(attributes["nodes_treeids"])
    first = _places(number, owner, attributes["nodes_truenodeids"], leaf)
    other = _places(number, owner, attributes["nodes_falsenodeids"], leaf)
    first[leaf] = np.arange(int(leaf.sum()))
    values = np.zeros((int(leaf.sum()), width), np.float32)
    targets = zip(
        _keys(attributes, "target"), attributes["target_ids"], attributes["target_weights"], strict=True
    )
    for key, target, weight in targets:
        values[first[number[key]], target] += np.float32(weight)
    roots = np.flatnonzero(np.r_[True, np.diff(owner) != 0])
    index = "uint16_t" if count < 1 << 16 else "uint32_t"
    tables = [
        array(f"{name}_root", index, roots),
        array(f"{name}_feature", "int16_t", np.where(leaf, -1, attributes["nodes_featureids"])),
        array(f"{name}_threshold", "float", np.array(attributes["nodes_values"], np.float32)),
        array(f"{name}_missing", "uint8_t", missing),
        array(f"{name}_first", index, first),
        array(f"{name}_other", index, other),
        array(f"{name}_leaf", "float", values.ravel()),
    ]
    start = np.array(attributes.get("base_values") or [0.0] * width, np.float32)
    lines = [f"for (unsigned k = 0; k < {width}; k++) {out}[k] = 0.0f;"]
    lines += _WALK.format(n=name, trees=len(roots), x=x, sign=sign, width=width, out=out).splitlines()
    lines += [f"{out}[{k}] += {floats([value])[0]};" for k, value in enumerate(start.tolist()) if value]
    return tables, lines


def _keys(attributes: Mapping[str, Any], of: str) -> Sequence[tuple[int, int]]:
    return list(zip(attributes[f"{of}_treeids"], attributes[f"{of}_nodeids"], strict=True))


def _places(
    number: Mapping[tuple[int, int], int],
    owner: Sequence[int],
    children: Sequence[int],
    leaf: NDArray[np.bool_],
) -> NDArray[np.int64]:
    return np.array(
        [0 if leaf[place] else number[owner[place], child] for place, child in enumerate(children)], np.int64
    )
