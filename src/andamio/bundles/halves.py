"""Cut a graph at its features, to ask the model inside it about any feature values."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from andamio.bundles.graph import Outputs, field_of, start_session
from andamio.bundles.onnx_form import read_model

FEATURES = "features"


class AnsweringHalf:
    """The part of a graph from ``features`` to the answers."""

    def __init__(self, model: bytes) -> None:
        """Cut the graph and load the half.

        Args:
            model: A whole graph whose safety has been checked.

        Raises:
            GraphRefused: The answers depend on more than the features.
        """
        self._session: ort.InferenceSession = start_session(answering_half(model), threads=1)
        self._names = [output.name for output in self._session.get_outputs()]

    def run(self, features: NDArray[np.float32]) -> Outputs:
        """Answer rows of features, shape ``(n, features)``."""
        found: list[NDArray[Any]] = self._session.run(self._names, {FEATURES: features})
        return Outputs(
            **{
                field_of(name): array if name == "probabilities" else array.reshape(-1)
                for name, array in zip(self._names, found, strict=True)
            }
        )


def answering_half(content: bytes) -> bytes:
    """Return the graph whose one input is the ``features`` of the whole one."""
    model = read_model(content)
    graph = model.graph
    cut = origin(FEATURES, graph)
    answers = [output for output in graph.output if output.name != FEATURES]
    needed = {output.name for output in answers}
    kept = []
    for node in reversed(graph.node):
        if cut not in node.output and needed.intersection(node.output) and FEATURES not in node.output:
            kept.append(node)
            needed |= {*node.input, *_outer_names(node)}
    if cut != FEATURES:
        node_type = type(graph.node[0])
        kept.append(node_type(op_type="Identity", input=[FEATURES], output=[cut]))
    fields = {
        "node": kept[::-1],
        "initializer": [tensor for tensor in graph.initializer if tensor.name in needed],
        "input": [output for output in graph.output if output.name == FEATURES],
        "output": answers,
    }
    for field, entries in fields.items():
        copies = [type(entry).FromString(entry.SerializeToString()) for entry in entries]
        graph.ClearField(field)
        getattr(graph, field).extend(copies)
    return bytes(model.SerializeToString())


def origin(name: str, graph: Any) -> str:
    """Follow a tensor back through operators that pass it on unchanged."""
    passing = {
        output: node.input[0] for node in graph.node for output in node.output if node.op_type == "Identity"
    }
    while name in passing:
        name = passing[name]
    return name


def _outer_names(node: Any) -> set[str]:
    """Return the names that graphs inside a node may take from outside."""
    return {
        name
        for attribute in node.attribute
        for graph in (attribute.g, *attribute.graphs)
        for inner in graph.node
        for name in (*inner.input, *_outer_names(inner))
    }
