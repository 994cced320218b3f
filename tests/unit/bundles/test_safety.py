"""A graph may use ONNX's own operators and nothing outside its file, however deep it is hidden."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from andamio.bundles.safety import graph_faults


def wrap(nodes, *, initializers=(), functions=(), opsets=(("", 21),), sparse=()) -> onnx.ModelProto:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None])
    graph = helper.make_graph(nodes, "g", [value], [out], list(initializers), sparse_initializer=list(sparse))
    imports = [helper.make_opsetid(domain, version) for domain, version in opsets]
    return helper.make_model(graph, opset_imports=imports, functions=list(functions))


def faults(model: onnx.ModelProto) -> list[str]:
    return [str(fault) for fault in graph_faults(model.SerializeToString())]


def inner(*nodes: onnx.NodeProto, tensor: onnx.TensorProto | None = None) -> onnx.GraphProto:
    out = helper.make_tensor_value_info("z", TensorProto.FLOAT, [None])
    return helper.make_graph(list(nodes), "inner", [], [out], [tensor] if tensor is not None else [])


def external(name: str = "w") -> onnx.TensorProto:
    tensor = numpy_helper.from_array(np.ones(2, np.float32), name)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../etc/passwd"
    return tensor


FOREIGN = helper.make_node("Run", ["x"], ["y"], domain="com.evil")
PLAIN = helper.make_node("Identity", ["x"], ["y"])
TREES = helper.make_node("Normalizer", ["x"], ["y"], domain="ai.onnx.ml", norm="L1")


def nested(depth: int, node: onnx.NodeProto) -> onnx.NodeProto:
    for _ in range(depth):
        node = helper.make_node("If", ["c"], ["y"], then_branch=inner(node), else_branch=inner(PLAIN))
    return node


def test_standard_operators_are_allowed(model):
    assert faults(model) == []
    assert faults(wrap([TREES], opsets=(("", 21), ("ai.onnx.ml", 3)))) == []
    assert faults(wrap([nested(5, PLAIN)])) == []
    assert faults(wrap([PLAIN], opsets=(("ai.onnx", 21),))) == []


@pytest.mark.parametrize("depth", [0, 1, 2, 7])
def test_a_foreign_operator_is_found_at_any_depth(depth):
    found = faults(wrap([PLAIN, nested(depth, FOREIGN)]))
    assert len(found) == 1
    assert "com.evil" in found[0]
    assert "Run" in found[0]


@pytest.mark.parametrize(
    "domain", ["com.microsoft", "ai.onnx.contrib", "ai.onnx.training", "Ai.onnx", " ", "ai.onnx.ml "]
)
def test_any_domain_but_onnx_s_own_is_refused(domain):
    assert faults(wrap([helper.make_node("Add", ["x", "x"], ["y"], domain=domain)]))
    assert faults(wrap([PLAIN], opsets=(("", 21), (domain, 1))))


def test_a_list_of_graphs_in_an_attribute_is_searched():
    node = helper.make_node("Many", ["x"], ["y"])
    node.attribute.append(helper.make_attribute("branches", [inner(PLAIN), inner(FOREIGN)]))
    assert len(faults(wrap([node]))) == 1


def test_functions_are_searched_and_may_not_bring_a_domain():
    opset = [helper.make_opsetid("", 21)]
    foreign_inside = helper.make_function("", "Mine", ["x"], ["y"], [FOREIGN], opset)
    foreign_domain = helper.make_function("com.evil", "Mine", ["x"], ["y"], [PLAIN], opset)
    foreign_import = helper.make_function(
        "", "Mine", ["x"], ["y"], [PLAIN], [helper.make_opsetid("com.evil", 1)]
    )
    for function in (foreign_inside, foreign_domain, foreign_import):
        assert faults(wrap([PLAIN], functions=[function]))


def test_a_tensor_outside_the_file_is_found_wherever_it_is():
    constant = helper.make_node("Constant", [], ["k"], value=external())
    many = helper.make_node("Many", ["x"], ["y"])
    many.attribute.append(helper.make_attribute("tensors", [external()]))
    sparse = onnx.SparseTensorProto(
        dims=[4], values=external(), indices=numpy_helper.from_array(np.arange(2))
    )
    sparse_constant = helper.make_node("Constant", [], ["k"], sparse_value=sparse)
    for model in (
        wrap([PLAIN], initializers=[external()]),
        wrap([PLAIN, constant]),
        wrap([nested(3, constant)]),
        wrap([many]),
        wrap([nested(1, helper.make_node("If", ["c"], ["y"], then_branch=inner(PLAIN, tensor=external())))]),
        wrap([PLAIN], sparse=[sparse]),
        wrap([sparse_constant]),
    ):
        assert faults(model) == ["tensor w is stored outside the file"]


def test_external_data_without_the_location_flag_or_with_an_unknown_one_is_refused():
    no_flag, odd_flag = external(), external()
    no_flag.ClearField("data_location")
    odd_flag.ClearField("external_data")
    odd = odd_flag.SerializeToString().replace(b"\x70\x01", b"\x70\x07")
    assert faults(wrap([PLAIN], initializers=[no_flag]))
    assert faults(wrap([PLAIN], initializers=[onnx.TensorProto.FromString(odd)]))


def test_settings_for_the_runtime_and_training_graphs_are_refused():
    model = wrap([PLAIN])
    helper.set_model_props(model, {"ort_config": "{}"})
    assert faults(model) == ["it carries settings for the runtime"]
    model = wrap([PLAIN])
    model.training_info.add()
    assert faults(model) == ["it carries a training graph"]


@pytest.mark.parametrize(
    "content", [b"", b"ORTM", b"\x00\x00\x00\x00ORTM" + b"\x00" * 100, b"<html>", b"\xff" * 50]
)
def test_what_is_no_model_is_refused(content):
    assert [str(fault) for fault in graph_faults(content)][:1] == ["it is not an ONNX model"]


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_looked_through_without_surprise(content):
    assert graph_faults(content)


def test_a_very_deep_graph_is_refused_not_a_crash():
    def field(tag: int, content: bytes) -> bytes:
        size, length = bytearray(), len(content)
        while length > 127:
            size.append(length & 127 | 128)
            length >>= 7
        return bytes([tag, *size, length]) + content

    graph = b""
    for _ in range(2000):
        graph = field(0x0A, field(0x2A, field(0x32, graph)))
    model = field(0x3A, graph) + field(0x42, b"\x10\x15")
    assert [str(fault) for fault in graph_faults(model)] == ["it is not an ONNX model"]
