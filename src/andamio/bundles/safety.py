"""Look through a graph before it is loaded: standard operators only, and nothing outside the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from andamio.bundles.onnx_form import read_model
from andamio.bundles.refusal import Suspicious
from andamio.errors import Text, text

DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})


def graph_faults(content: bytes) -> list[Text]:
    """Return everything that no bundle's graph may hold; empty when it is safe to load.

    Operators and functions outside the domains of ONNX itself, in the graph and in every graph inside
    it, tensors stored in other files, training graphs, and settings for the runtime are refused.
    """
    try:
        faults = list(_model_faults(read_model(content)))
    except Suspicious as suspicion:
        return [suspicion.what]
    except UnicodeDecodeError:
        return [text("it is not an ONNX model")]
    return list({str(fault): fault for fault in faults}.values())


def _model_faults(model: Any) -> Iterator[Text]:
    if not model.HasField("graph") or not model.opset_import:
        yield text("it is not an ONNX model")
    for opset in model.opset_import:
        yield from _domain_faults(opset.domain, text("the model's list of operator sets"))
    if model.training_info:
        yield text("it carries a training graph")
    for pair in model.metadata_props:
        if pair.key == "ort_config":
            yield text("it carries settings for the runtime")
    yield from _graph_faults(model.graph)
    for function in model.functions:
        place = text("function {name}", name=function.name)
        yield from _domain_faults(function.domain, place)
        for opset in function.opset_import:
            yield from _domain_faults(opset.domain, place)
        for node in function.node:
            yield from _node_faults(node)
        for attribute in function.attribute_proto:
            yield from _attribute_faults(attribute)


def _graph_faults(graph: Any) -> Iterator[Text]:
    for node in graph.node:
        yield from _node_faults(node)
    for tensor in graph.initializer:
        yield from _tensor_faults(tensor)
    for sparse in graph.sparse_initializer:
        yield from _sparse_faults(sparse)


def _node_faults(node: Any) -> Iterator[Text]:
    yield from _domain_faults(node.domain, text("operator {name}", name=node.op_type))
    for attribute in node.attribute:
        yield from _attribute_faults(attribute)


def _attribute_faults(attribute: Any) -> Iterator[Text]:
    for graph in (attribute.g, *attribute.graphs):
        yield from _graph_faults(graph)
    for tensor in (attribute.t, *attribute.tensors):
        yield from _tensor_faults(tensor)
    for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
        yield from _sparse_faults(sparse)


def _sparse_faults(sparse: Any) -> Iterator[Text]:
    yield from _tensor_faults(sparse.values)
    yield from _tensor_faults(sparse.indices)


def _tensor_faults(tensor: Any) -> Iterator[Text]:
    if tensor.external_data or tensor.data_location:
        yield text("tensor {name} is stored outside the file", name=tensor.name[:80])


def _domain_faults(domain: str, place: Text) -> Iterator[Text]:
    if domain not in DOMAINS:
        yield text(
            "{place} is of the domain {domain}; only the operators of ONNX itself are allowed",
            place=place,
            domain=domain[:80],
        )
