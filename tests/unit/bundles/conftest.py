"""A small whole bundle: two numbers and a category in, two classes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from andamio.bundles import Bundle, BundleParts, GraphInfo, Signer, build_bundle, create_key
from andamio.contracts import Rows

CONTRACT = """\
[model]
kind = "classification"
data = "pumps"
target = "failed"

[input.temp]
type = "number"
unit = "degC"
range = [0, 180]

[input.load]
type = "number"
missing = "impute"

[input.product]
type = "category"
values = ["H", "L"]

[output.failure]
threshold = 0.5
"""

INFO = GraphInfo(
    kind="classification",
    numbers=("temp", "load"),
    categories=("product",),
    features=("temp", "load", "product=H"),
    classes=("no", "yes"),
    positive=1,
    threshold=0.5,
)


def small_model() -> onnx.ModelProto:
    """Features are the numbers and one-hot H; the probability is a sigmoid of temp - load."""
    nodes = [
        helper.make_node("Equal", ["categories", "h"], ["is_h"]),
        helper.make_node("Cast", ["is_h"], ["h_float"], to=TensorProto.FLOAT),
        helper.make_node("Concat", ["numbers", "h_float"], ["features"], axis=1),
        helper.make_node("MatMul", ["features", "weights"], ["score"]),
        helper.make_node("Sigmoid", ["score"], ["yes"]),
        helper.make_node("Sub", ["one", "yes"], ["no"]),
        helper.make_node("Concat", ["no", "yes"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["probabilities"], ["decision"], axis=1, keepdims=0),
    ]
    constants = [
        helper.make_tensor("h", TensorProto.STRING, [1], [b"H"]),
        helper.make_tensor("weights", TensorProto.FLOAT, [3, 1], [0.1, -0.1, 0.5]),
        helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [
            helper.make_tensor_value_info("numbers", TensorProto.FLOAT, [None, 2]),
            helper.make_tensor_value_info("categories", TensorProto.STRING, [None, 1]),
        ],
        [
            helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, 3]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
            helper.make_tensor_value_info("decision", TensorProto.INT64, [None]),
        ],
        constants,
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def rows_of(numbers: list[list[float]], categories: list[str]) -> Rows:
    n = len(numbers)
    return Rows(
        np.array(numbers, np.float32).reshape(n, 2),
        np.array(categories, object).reshape(n, 1),
        [None] * n,
        [None] * n,
        [()] * n,
    )


def _small_parts(**changes: object) -> BundleParts:
    fields = {
        "model": "pump-health",
        "contract_text": CONTRACT,
        "graph": small_model().SerializeToString(),
        "info": INFO,
        "reference": {"temp/edges": np.linspace(0, 180, 11), "temp/counts": np.arange(10)},
        "golden": [{"numbers": [50.0, 1.0], "categories": ["H"], "probabilities": [0.1, 0.9]}],
        "evaluation": {"f1": 0.83, "rows": 1000},
        "parity": {"passed": True},
        "lineage": {"dataset": "pumps", "seed": 7},
    }
    return BundleParts(**(fields | changes))  # type: ignore[arg-type]  # one typed constructor for all


@dataclass(frozen=True)
class Shop:
    """A key, a store and a bundle in it."""

    signer: Signer
    store: Path
    bundle: Bundle


@pytest.fixture
def small_parts() -> Callable[..., BundleParts]:
    return _small_parts


@pytest.fixture
def make_rows() -> Callable[[list[list[float]], list[str]], Rows]:
    return rows_of


@pytest.fixture
def model() -> onnx.ModelProto:
    return small_model()


@pytest.fixture
def info() -> GraphInfo:
    return INFO


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return create_key(tmp_path / "keys" / "site.pem")


@pytest.fixture
def shop(tmp_path: Path, signer: Signer) -> Shop:
    store = tmp_path / "bundles"
    bundle = build_bundle(_small_parts(), store, signer, {"built": "2026-11-01", "host": "plant"})
    return Shop(signer, store, bundle)
