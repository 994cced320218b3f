"""The graph answers rows; a graph that is not the declared one is refused before it does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import msgspec
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from andamio.bundles import Graph, GraphInfo
from andamio.contracts import Rows
from andamio.errors import GraphRefused


def test_one_row_and_many_get_the_same_answers(model, info, make_rows):
    graph = Graph(model.SerializeToString(), info)
    many = graph.run(make_rows([[50, 1], [1, 50], [7, 7]], ["H", "L", "H"]))
    assert many.features.tolist() == [[50, 1, 1], [1, 50, 0], [7, 7, 1]]
    assert many.decision.tolist() == [1, 0, 1]
    for i, (numbers, category) in enumerate([([50, 1], "H"), ([1, 50], "L"), ([7, 7], "H")]):
        one = graph.run(make_rows([numbers], [category]))
        assert one.probabilities[0].tolist() == many.probabilities[i].tolist()


def test_no_rows_get_no_answers(model, info, make_rows):
    answers = Graph(model.SerializeToString(), info).run(make_rows([], []))
    assert (answers.probabilities.shape, answers.decision.shape) == ((0, 2), (0,))


def test_features_are_handed_out_only_when_asked_for(model, info, make_rows):
    graph = Graph(model.SerializeToString(), info)
    answers = graph.run(make_rows([[1, 2]], ["H"]), features=False)
    assert answers.features is None
    assert answers.decision.dtype == np.int64
    assert answers.probabilities.dtype == np.float32


def test_regression_answers_have_one_number_a_row():
    nodes = [
        helper.make_node("Identity", ["numbers"], ["features"]),
        helper.make_node("ReduceSum", ["numbers", "axis"], ["value"], keepdims=1),
        helper.make_node("Sub", ["value", "one"], ["lower"]),
        helper.make_node("Add", ["value", "one"], ["upper"]),
    ]
    constants = [
        helper.make_tensor("axis", TensorProto.INT64, [1], [1]),
        helper.make_tensor("one", TensorProto.FLOAT, [], [1.0]),
    ]
    outputs = [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, 2])]
    outputs += [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, [None, 1]) for n in ("value", "lower", "upper")
    ]
    entry = helper.make_tensor_value_info("numbers", TensorProto.FLOAT, [None, 2])
    model = helper.make_model(
        helper.make_graph(nodes, "sum", [entry], outputs, constants),
        opset_imports=[helper.make_opsetid("", 21)],
        ir_version=10,
    )
    info = GraphInfo(kind="regression", numbers=("a", "b"), features=("a", "b"), coverage=0.9)
    graph = Graph(model.SerializeToString(), info)
    numbers = np.array([[1, 2], [3, 4]], np.float32)
    rows = Rows(numbers, np.empty((2, 0), object), [None] * 2, [None] * 2, [()] * 2)
    answers = graph.run(rows)
    assert (answers.value.tolist(), answers.lower.tolist(), answers.upper.tolist()) == (
        [3, 7],
        [2, 6],
        [4, 8],
    )
    assert answers.probabilities is None


def test_threads_may_ask_the_same_graph_at_once(model, info, make_rows):
    graph = Graph(model.SerializeToString(), info)
    rows = make_rows([[50, 1], [1, 50]], ["H", "L"])
    with ThreadPoolExecutor(4) as pool:
        decisions = [answers.decision.tolist() for answers in pool.map(lambda _: graph.run(rows), range(50))]
    assert decisions == [[1, 0]] * 50


@pytest.mark.parametrize(
    "change",
    [
        {"numbers": ("temp",)},
        {"numbers": ("temp", "load", "more")},
        {"categories": ()},
        {"kind": "regression"},
    ],
)
def test_another_shape_than_the_declared_one_is_refused(model, info, change):
    with pytest.raises(GraphRefused) as caught:
        Graph(model.SerializeToString(), msgspec.structs.replace(info, **change))
    assert "declared" in str(caught.value.what)


def test_what_onnxruntime_cannot_load_is_refused(model, info):
    model.graph.node[0].op_type = "Nonsense"
    for content in (b"", b"nonsense", model.SerializeToString()):
        with pytest.raises(GraphRefused):
            Graph(content, info)


def test_onnxruntime_s_own_format_is_not_taken_for_onnx(model, info, tmp_path):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "model.ort")
    options.add_session_config_entry("session.save_model_format", "ORT")
    ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    content = (tmp_path / "model.ort").read_bytes()
    assert b"ORTM" in content[:16]
    with pytest.raises(GraphRefused):
        Graph(content, info)


def test_the_small_model_of_these_tests_is_valid(model):
    onnx.checker.check_model(model, full_check=True)


def sums() -> tuple[onnx.ModelProto, GraphInfo]:
    """Numbers only: the value is the sum of three, one column wide."""
    nodes = [
        helper.make_node("Identity", ["numbers"], ["features"]),
        helper.make_node("ReduceSum", ["numbers", "axis"], ["value"], keepdims=1),
    ]
    outputs = [
        helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, 3]),
        helper.make_tensor_value_info("value", TensorProto.FLOAT, [None, 1]),
    ]
    entry = helper.make_tensor_value_info("numbers", TensorProto.FLOAT, [None, 3])
    axis = [helper.make_tensor("axis", TensorProto.INT64, [1], [1])]
    model = helper.make_model(
        helper.make_graph(nodes, "sums", [entry], outputs, axis),
        opset_imports=[helper.make_opsetid("", 21)],
        ir_version=10,
    )
    return model, GraphInfo(kind="regression", numbers=("a", "b", "c"), features=("a", "b", "c"))


def of_numbers(table: np.ndarray) -> Rows:
    nobody = [None] * len(table)
    return Rows(
        table.astype(np.float32), np.empty((len(table), 0), object), nobody, nobody, [()] * len(table)
    )


def test_answers_of_one_row_stay_what_they_were_when_the_next_row_comes():
    model, info = sums()
    graph = Graph(model.SerializeToString(), info)
    first = graph.run(of_numbers(np.array([[1.0, 2.0, 3.0]])), features=False)
    second = graph.run(of_numbers(np.array([[4.0, 5.0, np.nan]])), features=False)
    assert first.value.tolist() == [6.0]
    assert second.value.shape == (1,)
    assert np.isnan(second.value[0])


def test_single_rows_of_many_threads_do_not_meet():
    model, info = sums()
    graph = Graph(model.SerializeToString(), info)

    def ask(number: float) -> bool:
        rows = of_numbers(np.full((1, 3), number))
        return all(graph.run(rows, features=False).value.tolist() == [3 * number] for _ in range(400))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, [1.0, 2.0, 3.0, 4.0]))


def test_long_signals_are_answered_in_parts_with_the_bits_of_the_whole():
    helper = onnx.helper
    nodes = [
        helper.make_node("ReduceMax", ["signals"], ["highest"], axes=[1], keepdims=0),
        helper.make_node("Identity", ["highest"], ["value"]),
        helper.make_node("Identity", ["highest"], ["lower"]),
        helper.make_node("Identity", ["highest"], ["upper"]),
        helper.make_node("Unsqueeze", ["highest", "one"], ["features"]),
    ]
    tensor = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "parts",
        [tensor("signals", onnx.TensorProto.FLOAT, ["rows", 40_000])],
        [
            *(tensor(name, onnx.TensorProto.FLOAT, ["rows"]) for name in ("value", "lower", "upper")),
            tensor("features", onnx.TensorProto.FLOAT, ["rows", 1]),
        ],
        [onnx.numpy_helper.from_array(np.array([1]), "one")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    info = GraphInfo(kind="regression", signals=("wave",), samples=(40_000,), features=("highest",))
    loaded = Graph(model.SerializeToString(), info)
    signals = np.random.default_rng(0).normal(size=(11, 40_000)).astype(np.float32)
    blank = [None] * 11
    rows = Rows(
        np.empty((11, 0), np.float32), np.empty((11, 0), object), blank, blank, [()] * 11, signals=signals
    )
    outputs = loaded.run(rows)
    np.testing.assert_array_equal(outputs.value, signals.max(axis=1))
    np.testing.assert_array_equal(outputs.features[:, 0], signals.max(axis=1))
    assert len(loaded.run(rows.take(np.array([], np.intp))).value) == 0
