"""The finished graph answers what its scores say, with the names and shapes that bundles expect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from andamio.contracts.contract import Contract, Input
from andamio.contracts.rows import Rows
from andamio.features import (
    Always,
    Beside,
    Classifier,
    Combined,
    Exponential,
    FeatureGraph,
    FeaturePlan,
    Isotonic,
    Limited,
    Logistic,
    Normalised,
    Platt,
    Regressor,
    Score,
    Selected,
    Softmax,
    append_model,
    average,
    export_dummy,
    export_linear,
    feature_graph,
    run_features,
)

Answer = Callable[[bytes, Rows], dict[str, NDArray[Any]]]
MakeRows = Callable[..., Rows]


@pytest.fixture
def graph(make_contract: Callable[..., Contract], number: Callable[..., Input]) -> FeatureGraph:
    return feature_graph(FeaturePlan(make_contract([number("a"), number("b")])))


@pytest.fixture
def value_of(graph: FeatureGraph, answer: Answer, make_rows: MakeRows) -> Callable[..., NDArray[Any]]:
    def value(score: Score, rows: object) -> NDArray[Any]:
        return answer(append_model(graph, Regressor(score, score, score)), make_rows(rows))["value"]

    return value


A = export_linear([1.0, 0.0], 0.0)
B = export_linear([0.0, 1.0], 0.0)


def test_a_linear_model_adds_in_double(value_of: Callable[..., NDArray[Any]]) -> None:
    # In float32 the large tag would swallow the small one.
    score = export_linear([1.0, 1.0], -16_777_216.0)
    assert value_of(score, [[16_777_216.0, 1.0]]).tolist() == [1.0]


def test_a_dummy_answers_the_same_for_every_row(
    graph: FeatureGraph, answer: Answer, make_rows: MakeRows
) -> None:
    outputs = answer(append_model(graph, Classifier(export_dummy([0.9, 0.1]))), make_rows([[1, 2], [3, 4]]))
    assert np.allclose(outputs["probabilities"], [[0.9, 0.1], [0.9, 0.1]])
    assert outputs["decision"].tolist() == [0, 0]


@pytest.mark.parametrize("positive", [0, 1])
def test_the_threshold_decides_for_the_positive_class(
    positive: int, graph: FeatureGraph, answer: Answer, make_rows: MakeRows
) -> None:
    model = append_model(graph, Classifier(A, threshold=0.25, positive=positive))
    outputs = answer(model, make_rows([[0.125, 0], [0.25, 0], [0.5, 0]]))
    assert outputs["probabilities"][:, positive].tolist() == [0.125, 0.25, 0.5]
    assert outputs["probabilities"].sum(axis=1).tolist() == [1, 1, 1]
    assert outputs["decision"].tolist() == [1 - positive, positive, positive]


def test_a_threshold_between_two_float32_is_compared_exactly(
    graph: FeatureGraph, answer: Answer, make_rows: MakeRows
) -> None:
    above = np.float32(0.1)  # 0.1000000015, the nearest float32, lies above 0.1
    below = np.nextafter(above, np.float32(0))
    for threshold in (0.1, 0.1 + 1e-10, float(above)):
        outputs = answer(
            append_model(graph, Classifier(A, threshold=threshold)), make_rows([[above, 0], [below, 0]])
        )
        assert outputs["decision"].tolist() == [1, 0]


def test_several_classes_are_decided_by_the_largest_probability(
    graph: FeatureGraph, answer: Answer, make_rows: MakeRows
) -> None:
    model = append_model(graph, Classifier(Softmax(Beside((A, B, Always((1.0,)))))))
    outputs = answer(model, make_rows([[5, 0], [0, 5], [0, 0]]))
    assert outputs["probabilities"].shape == (3, 3)
    assert outputs["decision"].tolist() == [0, 1, 2]


def test_the_outputs_have_the_names_types_and_shapes_of_the_house(graph: FeatureGraph) -> None:
    classifier = onnx.load_from_string(append_model(graph, Classifier(A)))
    regressor = onnx.load_from_string(append_model(graph, Regressor(A, A, A)))
    kinds = onnx.TensorProto
    assert [(o.name, o.type.tensor_type.elem_type) for o in classifier.graph.output] == [
        ("features", kinds.FLOAT),
        ("probabilities", kinds.FLOAT),
        ("decision", kinds.INT64),
    ]
    assert [o.name for o in regressor.graph.output] == ["features", "value", "lower", "upper"]
    assert [len(o.type.tensor_type.shape.dim) for o in regressor.graph.output] == [2, 1, 1, 1]
    onnx.checker.check_model(classifier, full_check=True)


def test_an_interval_is_a_constant_or_grows_with_the_rows_own_spread(
    graph: FeatureGraph, answer: Answer, make_rows: MakeRows
) -> None:
    wide = Regressor(A, Combined((A,), (1.0,), -2.0), Combined((A, B), (1.0, 3.0)))
    outputs = answer(append_model(graph, wide), make_rows([[10, 1], [10, -5]]))
    assert outputs["value"].tolist() == [10, 10]
    assert outputs["lower"].tolist() == [8, 8]
    # In the second row the upper model lies below the value, so the limit is the value.
    assert outputs["upper"].tolist() == [13, 10]


def test_a_score_used_three_times_is_written_once(graph: FeatureGraph) -> None:
    model = onnx.load_from_string(append_model(graph, Regressor(A, Combined((A,), (1.0,), -1.0), A)))
    assert [node.op_type for node in model.graph.node].count("Gemm") == 1


def test_scores_combine(value_of: Callable[..., NDArray[Any]]) -> None:
    rows = [[2.0, 6.0]]
    assert value_of(average((A, B)), rows).tolist() == [4.0]
    assert value_of(average((A, B), (3, 1)), rows).tolist() == [3.0]
    assert value_of(Limited(B, 0.0, 5.0), rows).tolist() == [5.0]
    assert value_of(Selected(Beside((A, B)), (1,)), rows).tolist() == [6.0]
    assert np.allclose(value_of(Exponential(A, shift=-1.0), rows), np.expm1(2.0))
    assert np.allclose(value_of(Logistic(A, scale=0.5, shift=1.0), rows), 1 / (1 + np.exp(-1.5)))


def test_platt_is_the_sigmoid_of_scikit_learn(value_of: Callable[..., NDArray[Any]]) -> None:
    generator = np.random.default_rng(0)
    scores = generator.normal(0, 2, 200)
    truth = (scores + generator.normal(0, 1, 200) > 0).astype(int)
    fitted = LogisticRegression().fit(scores[:, None], truth)
    platt = Platt(A, a=-float(fitted.coef_[0, 0]), b=-float(fitted.intercept_[0]))
    given_values = value_of(platt, np.column_stack([scores, scores]))
    assert np.abs(given_values - fitted.predict_proba(scores[:, None])[:, 1]).max() < 1e-6


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(-50, 50), st.booleans()), min_size=2, max_size=30),
    st.lists(st.floats(-60, 60, width=32), min_size=1, max_size=10),
)
def test_isotonic_is_the_curve_of_scikit_learn(
    value_of: Callable[..., NDArray[Any]], training: list[tuple[int, bool]], probes: list[float]
) -> None:
    scores, truth = np.array([s for s, _ in training], float), np.array([t for _, t in training], float)
    fitted = IsotonicRegression(out_of_bounds="clip").fit(scores, truth)
    curve = Isotonic(A, tuple(fitted.X_thresholds_.tolist()), tuple(fitted.y_thresholds_.tolist()))
    values = value_of(curve, np.column_stack([probes, probes]))
    assert np.abs(values - fitted.predict(np.array(probes))).max() < 1e-5


def test_calibrated_classes_are_made_to_add_up_to_one(
    graph: FeatureGraph, answer: Answer, make_rows: MakeRows
) -> None:
    score = Normalised(Beside((A, B, Always((0.25,)))))
    outputs = answer(append_model(graph, Classifier(score)), make_rows([[0.5, 0.25], [0.0, 0.0]]))
    assert np.allclose(outputs["probabilities"], [[0.5, 0.25, 0.25], [0, 0, 1]])
    none = Normalised(Beside((A, B)))
    outputs = answer(append_model(graph, Classifier(none)), make_rows([[0.0, 0.0]]))
    assert np.allclose(outputs["probabilities"], [[0.5, 0.5]])


def test_the_features_of_the_finished_graph_are_those_of_the_feature_graph(
    make_contract: Callable[..., Contract],
    number: Callable[..., Input],
    category: Callable[..., Input],
    answer: Answer,
    make_rows: MakeRows,
) -> None:
    declared = make_contract(
        [number("a"), number("b"), category("product", "H", "L")],
        {"f": "log(a) / b", "g": 'a * (product == "H")'},
    )
    graph = feature_graph(FeaturePlan(declared))
    rows = make_rows([[1, 2], [3, 0], [0, 5]], [["H"], ["L"], ["H"]])
    model = append_model(graph, Classifier(Logistic(export_linear(np.ones(6), 0.0))))
    assert np.array_equal(answer(model, rows)["features"], run_features(graph, rows))


def test_equal_models_give_equal_bytes(graph: FeatureGraph) -> None:
    def build() -> bytes:
        return append_model(
            graph, Classifier(Platt(export_linear([1.0, 2.0], 3.0), -1.0, 0.5), threshold=0.4)
        )

    assert build() == build()
