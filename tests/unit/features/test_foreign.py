"""A model from somebody's notebook joins the graph, or is refused with what to do."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from andamio.contracts.contract import Contract, Input
from andamio.contracts.rows import Rows
from andamio.errors import ModelRefused
from andamio.features import Classifier, FeaturePlan, Regressor, append_model, bring_onnx, feature_graph
from andamio.features.portable import refuse_foreign

Answer = Callable[[bytes, Rows], dict[str, NDArray[Any]]]
MakeRows = Callable[..., Rows]


@pytest.fixture
def contract(make_contract: Callable[..., Contract], number: Callable[..., Input]) -> Contract:
    return make_contract([number("a"), number("b", column="Inlet pressure [bar]"), number("c")])


@pytest.fixture(scope="module")
def table() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    generator = np.random.default_rng(7)
    matrix = generator.normal(0, 1, (300, 3)).astype(np.float32)
    return matrix, (matrix[:, 0] + matrix[:, 1] > 0).astype(np.int64) + (matrix[:, 2] > 1)


def answered(
    model: onnx.ModelProto, contract: Contract, classes: tuple[str, ...], rows: Rows, answer: Answer
) -> dict[str, NDArray[Any]]:
    graph = feature_graph(FeaturePlan(contract))
    score = bring_onnx(model.SerializeToString(), contract, graph.names, classes)
    return answer(append_model(graph, Classifier(score) if classes else Regressor(score, score, score)), rows)


@pytest.mark.parametrize("zipmap", [True, False])
def test_a_scikit_learn_classifier_answers_as_it_did_with_zipmap_or_without(
    zipmap: bool,
    table: tuple[NDArray[np.float32], NDArray[np.int64]],
    contract: Contract,
    answer: Answer,
    make_rows: MakeRows,
) -> None:
    matrix, truth = table
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(matrix, truth)
    model = to_onnx(fitted, matrix[:1], options={"zipmap": zipmap})
    outputs = answered(model, contract, ("0", "1", "2"), make_rows(matrix), answer)
    assert np.abs(outputs["probabilities"] - fitted.predict_proba(matrix)).max() < 1e-5


def test_classes_are_put_in_our_order(
    table: tuple[NDArray[np.float32], NDArray[np.int64]],
    contract: Contract,
    answer: Answer,
    make_rows: MakeRows,
) -> None:
    matrix, truth = table
    names = np.array(["worn", "broken", "good"])[truth]
    fitted = RandomForestClassifier(5, random_state=0).fit(matrix, names)
    model = to_onnx(fitted, matrix[:1], options={"zipmap": False})
    outputs = answered(model, contract, ("worn", "broken", "good"), make_rows(matrix), answer)
    order = [list(fitted.classes_).index(name) for name in ("worn", "broken", "good")]
    assert np.abs(outputs["probabilities"] - fitted.predict_proba(matrix)[:, order]).max() < 1e-5


def test_a_regression_answers_as_it_did(
    table: tuple[NDArray[np.float32], NDArray[np.int64]],
    contract: Contract,
    answer: Answer,
    make_rows: MakeRows,
) -> None:
    matrix, truth = table
    fitted = GradientBoostingRegressor(n_estimators=10, random_state=0).fit(matrix, truth)
    outputs = answered(to_onnx(fitted, matrix[:1]), contract, (), make_rows(matrix), answer)
    assert np.abs(outputs["value"] - fitted.predict(matrix)).max() < 1e-4


def sum_of(
    inputs: dict[str, int], rank: int = 2, rows: int | None = None, opset: int = 13
) -> onnx.ModelProto:
    """Make a model that adds its inputs."""
    shape = [rows, 1][:rank]
    nodes = [helper.make_node("Cast", [name], [f"{name}_f"], to=TensorProto.FLOAT) for name in inputs]
    nodes.append(helper.make_node("Sum", [f"{name}_f" for name in inputs], ["sum"]))
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, kind, shape) for name, kind in inputs.items()],
        [helper.make_tensor_value_info("sum", TensorProto.FLOAT, shape)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("rows", [None, 1])
def test_inputs_may_be_named_as_tags_or_as_their_columns(
    rank: int, rows: int | None, contract: Contract, answer: Answer, make_rows: MakeRows
) -> None:
    inputs = {"c": TensorProto.DOUBLE, "Inlet_pressure__bar_": TensorProto.INT64}
    outputs = answered(sum_of(inputs, rank, rows), contract, (), make_rows([[1, 2, 3], [4, 5, 6]]), answer)
    assert outputs["value"].tolist() == [5, 11]


def test_a_category_may_be_a_text_input_and_a_model_may_give_labels_only(
    make_contract: Callable[..., Contract],
    number: Callable[..., Input],
    category: Callable[..., Input],
    answer: Answer,
    make_rows: MakeRows,
) -> None:
    contract = make_contract([number("a"), category("product", "H", "L")])
    graph = helper.make_graph(
        [helper.make_node("Identity", ["product"], ["label"])],
        "g",
        [helper.make_tensor_value_info("product", TensorProto.STRING, [None, 1])],
        [helper.make_tensor_value_info("label", TensorProto.STRING, [None, 1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    rows = make_rows([[1], [2]], [["L"], ["H"]])
    outputs = answered(model, contract, ("H", "L"), rows, answer)
    assert outputs["probabilities"].tolist() == [[0, 1], [1, 0]]
    assert outputs["decision"].tolist() == [1, 0]


def refusal(content: bytes, contract: Contract, classes: tuple[str, ...] = ()) -> ModelRefused:
    graph = feature_graph(FeaturePlan(contract))
    with pytest.raises(ModelRefused) as caught:
        bring_onnx(content, contract, graph.names, classes)
    return caught.value


def test_a_pickle_is_refused_with_the_reason(contract: Contract) -> None:
    error = refusal(pickle.dumps({"model": 1}), contract)
    assert "pickle" in str(error.what)
    assert "skl2onnx" in str(error.fix)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x08\x08", bytes(range(256))])
def test_what_is_no_model_is_refused(content: bytes, contract: Contract) -> None:
    assert "not an ONNX model" in str(refusal(content, contract).what)


def test_a_foreign_domain_a_function_and_data_elsewhere_are_refused(contract: Contract) -> None:
    model = sum_of({"a": TensorProto.FLOAT})
    foreign = onnx.ModelProto()
    foreign.CopyFrom(model)
    foreign.graph.node[0].domain = "com.microsoft"
    assert "com.microsoft" in str(refusal(foreign.SerializeToString(), contract).what)
    outside = onnx.ModelProto()
    outside.CopyFrom(model)
    tensor = outside.graph.initializer.add(name="w", data_type=TensorProto.FLOAT, dims=[1])
    tensor.data_location = TensorProto.EXTERNAL
    assert "another file" in str(refusal(outside.SerializeToString(), contract).what)
    functions = onnx.ModelProto()
    functions.CopyFrom(model)
    functions.functions.add(name="f", domain="mine")
    assert "mine" in str(refusal(functions.SerializeToString(), contract).what)


def test_a_foreign_operator_hidden_in_a_branch_is_found() -> None:
    inner = helper.make_graph(
        [helper.make_node("Gelu", [], ["y"], domain="com.microsoft")],
        "inner",
        [],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
    )
    node = helper.make_node("If", ["flag"], ["out"], then_branch=inner, else_branch=inner)
    graph = helper.make_graph([node], "g", [], [])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    with pytest.raises(ModelRefused, match=r"com\.microsoft"):
        refuse_foreign(model)


def test_inputs_that_fit_nothing_are_all_named(contract: Contract) -> None:
    error = refusal(sum_of({"aa": TensorProto.FLOAT, "zzz": TensorProto.FLOAT}).SerializeToString(), contract)
    assert [str(f.fix) for f in error.faults] == ['did you mean "a"?', "declare [input.zzz]"]


def test_another_number_of_columns_is_told_with_the_order_of_ours(
    table: tuple[NDArray[np.float32], NDArray[np.int64]], contract: Contract
) -> None:
    matrix, truth = table
    fitted = LogisticRegression().fit(matrix[:, :2], truth)
    model = to_onnx(fitted, matrix[:1, :2], options={"zipmap": False})
    error = refusal(model.SerializeToString(), contract, ("0", "1", "2"))
    assert "takes 2 columns" in str(error.what)
    assert "a, b, c" in str(error.why)


def test_other_classes_or_another_number_of_outputs_are_refused(
    table: tuple[NDArray[np.float32], NDArray[np.int64]], contract: Contract
) -> None:
    matrix, truth = table
    names = np.array(["worn", "broken", "good"])[truth]
    fitted = LogisticRegression().fit(matrix, names)
    content = to_onnx(fitted, matrix[:1], options={"zipmap": False}).SerializeToString()
    assert "classes are broken, good, worn" in str(refusal(content, contract, ("x", "y", "z")).what)
    # Three probabilities are not those of two classes, but the labels would be: of three other names.
    assert "classes are broken, good, worn" in str(refusal(content, contract, ("x", "y")).what)
    two_numbers = to_onnx(LinearRegression().fit(matrix, np.column_stack([truth, truth])), matrix[:1])
    assert "fit nothing" in str(refusal(two_numbers.SerializeToString(), contract).what)


def test_a_model_that_does_not_run_is_refused_with_the_runtimes_reason(contract: Contract) -> None:
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["x", "shape"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [helper.make_tensor("shape", TensorProto.INT64, [2], [7, 11])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    assert "does not run" in str(refusal(model.SerializeToString(), contract).what)
