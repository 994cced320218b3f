"""Make an ONNX model portable: one file, standard domains only, the same bytes every time."""

from __future__ import annotations

from collections.abc import Iterator

import onnx

from andamio.errors import ModelRefused, text

STANDARD_DOMAINS = ("", "ai.onnx", "ai.onnx.ml")
# Opset 18 needs 8; 10 is the newest that every supported onnxruntime reads.
_IR_VERSION = 10


def portable(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy without authors, dates, comments or chance names, whose bytes depend on its work alone.

    Raises:
        ModelRefused: The model is not self-contained or uses operators outside the standard.
    """
    refuse_foreign(model)
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for name in ("producer_name", "producer_version", "domain", "model_version", "doc_string"):
        copy.ClearField(name)
    del copy.metadata_props[:]
    copy.ir_version = _IR_VERSION
    copy.graph.name = "andamio"
    copy.graph.doc_string = ""
    del copy.graph.value_info[:]
    opsets = sorted({(o.domain, o.version) for o in copy.opset_import})
    del copy.opset_import[:]
    copy.opset_import.extend(onnx.helper.make_opsetid(domain, version) for domain, version in opsets)
    if not any(True for node in copy.graph.node for _ in _inner(node)):
        # Inner graphs refer to outer values by name; a model that has them keeps its own names.
        _take_copies_out(copy.graph)
        _name_values(copy.graph)
    for number, node in enumerate(copy.graph.node):
        node.name = f"{number}_{node.op_type}"
        node.doc_string = ""
    return copy


def to_bytes(model: onnx.ModelProto) -> bytes:
    """Write a model in the one form that can be digested."""
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def refuse_foreign(model: onnx.ModelProto) -> None:
    """Refuse a model that reaches outside its one file or outside the standard operators.

    Raises:
        ModelRefused: It names another domain, carries functions of its own, or keeps data elsewhere.
    """
    foreign = {o.domain for o in model.opset_import} | {n.domain for n in nodes(model.graph)}
    foreign |= {f.domain or "?" for f in model.functions}
    foreign -= set(STANDARD_DOMAINS)
    if foreign:
        raise ModelRefused(
            text("the model uses operators of {domains}", domains=", ".join(sorted(foreign))),
            why=text("only the standard ONNX operators run the same on every box"),
            fix=text("convert it again without custom operators"),
        )
    if any(t.data_location == onnx.TensorProto.EXTERNAL or t.external_data for t in tensors(model.graph)):
        raise ModelRefused(
            text("the model keeps part of its data in another file"),
            why=text("a bundle holds one ONNX file, and reads nothing outside it"),
            fix=text("save it as one file: onnx.save(model, path, save_as_external_data=False)"),
        )


def nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Walk over the nodes of a graph and of the graphs inside them."""
    for node in graph.node:
        yield node
        for inner in _inner(node):
            yield from nodes(inner)


def tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """Walk over every tensor stored in a graph, wherever it is stored."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                yield from (sparse.values, sparse.indices)
        for inner in _inner(node):
            yield from tensors(inner)


def _inner(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def _take_copies_out(graph: onnx.GraphProto) -> None:
    """Remove Identity nodes: each would cost a copy of its rows at every run."""
    outputs = {value.name for value in graph.output}
    made = {name for node in graph.node for name in node.output if node.op_type != "Identity"}
    names: dict[str, str] = {}
    kept = []
    for node in graph.node:
        if node.op_type != "Identity":
            kept.append(node)
            continue
        source = _last(node.input[0], names)
        if node.output[0] not in outputs:
            names[node.output[0]] = source
        elif source in made and source not in outputs:
            names[source] = node.output[0]
        else:
            kept.append(node)
    for node in kept:
        node.input[:] = [_last(name, names) for name in node.input]
        node.output[:] = [_last(name, names) for name in node.output]
    remaining = [onnx.NodeProto.FromString(node.SerializeToString()) for node in kept]
    del graph.node[:]
    graph.node.extend(remaining)


def _last(name: str, names: dict[str, str]) -> str:
    while name in names:
        name = names[name]
    return name


def _name_values(graph: onnx.GraphProto) -> None:
    """Number the values in between, so that no chance name reaches the bytes."""
    kept = {value.name for value in (*graph.input, *graph.output)}
    names = {name: name for name in kept} | {"": ""}
    for number, tensor in enumerate(graph.initializer):
        tensor.name = names.setdefault(tensor.name, f"c{number}")
        tensor.doc_string = ""
    for number, node in enumerate(graph.node):
        inputs = [names.get(name, name) for name in node.input]
        outputs = [names.setdefault(name, f"v{number}_{place}") for place, name in enumerate(node.output)]
        node.input[:] = inputs
        node.output[:] = outputs
