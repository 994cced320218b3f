"""The certificate finds a graph that answers otherwise than the model, also by one ulp at one threshold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper

from andamio.bundles import Graph, GraphInfo, Outputs
from andamio.bundles.halves import AnsweringHalf
from andamio.bundles.parity import certify, certify_thresholds
from andamio.bundles.probes import policy_probes
from andamio.bundles.trees import probes_of, tree_thresholds
from andamio.contracts import Rows, parse_contract
from andamio.errors import GraphRefused

INFO = GraphInfo(kind="regression", numbers=("a", "b"), features=("a", "b"))


@dataclass
class Tree:
    """A tree written down as nested pairs: (feature, threshold, if at most, else) or a leaf's value."""

    root: tuple | float

    def answer(self, features: np.ndarray) -> Outputs:
        values = np.array([self._walk(row) for row in features], np.float32)
        return Outputs(value=values)

    def _walk(self, row: np.ndarray) -> float:
        node = self.root
        while isinstance(node, tuple):
            feature, threshold, at_most, more = node
            node = at_most if row[feature] <= np.float32(threshold) else more
        return node

    def attributes(self, mode: str) -> dict:
        rows: list[dict] = []

        def add(node: tuple | float) -> int:
            place = len(rows)
            rows.append({})
            if isinstance(node, tuple):
                feature, threshold, at_most, more = node
                rows[place] = {"mode": mode, "feature": feature, "value": threshold}
                rows[place] |= {"yes": add(at_most), "no": add(more)}
            else:
                rows[place] = {"mode": "LEAF", "feature": 0, "value": 0.0, "yes": 0, "no": 0, "weight": node}
            return place

        add(self.root)
        leaves = [i for i, row in enumerate(rows) if row["mode"] == "LEAF"]
        return {
            "n_targets": 1,
            "nodes_treeids": [0] * len(rows),
            "nodes_nodeids": list(range(len(rows))),
            "nodes_featureids": [row["feature"] for row in rows],
            "nodes_modes": [row["mode"] for row in rows],
            "nodes_values": [float(row["value"]) for row in rows],
            "nodes_truenodeids": [row["yes"] for row in rows],
            "nodes_falsenodeids": [row["no"] for row in rows],
            "target_treeids": [0] * len(leaves),
            "target_nodeids": leaves,
            "target_ids": [0] * len(leaves),
            "target_weights": [float(rows[i]["weight"]) for i in leaves],
        }


TREE = Tree((0, 0.3, (1, 10.5, 1.0, (0, 0.1, 2.0, 3.0)), (1, -2.25, 4.0, (0, 0.7, 5.0, 6.0))))


def tree_model(tree: Tree = TREE, mode: str = "BRANCH_LEQ", asked: str = "features") -> bytes:
    """Features are twice the numbers, so the raw tags cannot be mistaken for them."""
    nodes = [
        helper.make_node("Mul", ["numbers", "two"], ["doubled"]),
        helper.make_node("Identity", ["doubled"], ["features"]),
        helper.make_node("Identity", [asked], ["passed_on"]),
        helper.make_node(
            "TreeEnsembleRegressor", ["passed_on"], ["value"], domain="ai.onnx.ml", **tree.attributes(mode)
        ),
    ]
    graph = helper.make_graph(
        nodes,
        "tree",
        [helper.make_tensor_value_info("numbers", TensorProto.FLOAT, [None, 2])],
        [
            helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, 2]),
            helper.make_tensor_value_info("value", TensorProto.FLOAT, [None, 1]),
        ],
        [helper.make_tensor("two", TensorProto.FLOAT, [], [2.0])],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    model: ModelProto = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    return model.SerializeToString()


def some_rows(n: int = 50) -> Rows:
    numbers = np.random.default_rng(0).normal(0, 3, (n, 2)).astype(np.float32)
    return Rows(numbers, np.empty((n, 0), object), [None] * n, [None] * n, [()] * n)


def native(tree: Tree = TREE) -> Callable[[Rows], Outputs]:
    return lambda rows: tree.answer(rows.numbers * np.float32(2))


def test_a_faithful_graph_passes_and_the_certificate_is_the_same_each_time():
    graph = Graph(tree_model(), INFO)
    thresholds = certify_thresholds(TREE.answer, graph, tree_model(), some_rows())
    certificate = certify(native(), graph, some_rows(), {"missing:a": some_rows(3)}, thresholds=thresholds)
    assert certificate["passed"]
    assert (certificate["rows"], certificate["max_abs_difference"], certificate["decision_flips"]) == (
        50,
        0.0,
        0,
    )
    assert certificate["cases"]["missing:a"]["rows"] == 3
    assert (thresholds["probed"], thresholds["rows"], thresholds["not_probed"]) == (5, 15, 0)
    assert (
        certify(native(), graph, some_rows(), {"missing:a": some_rows(3)}, thresholds=thresholds)
        == certificate
    )


def test_a_graph_that_compares_otherwise_passes_on_real_rows_and_fails_at_its_thresholds():
    wrong = tree_model(mode="BRANCH_LT")
    graph = Graph(wrong, INFO)
    assert certify(native(), graph, some_rows())["passed"]
    thresholds = certify_thresholds(TREE.answer, graph, wrong, some_rows())
    assert not thresholds["passed"]
    assert not certify(native(), graph, some_rows(), thresholds=thresholds)["passed"]


@pytest.mark.parametrize("place", range(5))
def test_one_threshold_that_is_one_ulp_off_is_found_wherever_it_is(place):
    def moved(node: tuple | float, counter: list[int]) -> tuple | float:
        if not isinstance(node, tuple):
            return node
        feature, threshold, at_most, more = node
        counter[0] += 1
        off = float(np.nextafter(np.float32(threshold), np.float32(np.inf)))
        here = off if counter[0] == place + 1 else threshold
        return (feature, here, moved(at_most, counter), moved(more, counter))

    wrong = tree_model(Tree(moved(TREE.root, [0])))
    result = certify_thresholds(TREE.answer, Graph(wrong, INFO), wrong, some_rows())
    assert not result["passed"]


def test_trees_that_are_asked_by_another_name_of_the_features_are_probed_as_well():
    content = tree_model(asked="doubled")
    result = certify_thresholds(TREE.answer, Graph(content, INFO), content, some_rows())
    assert (result["probed"], result["not_probed"], result["passed"]) == (5, 0, True)


def test_trees_of_something_else_than_the_features_are_counted_as_not_probed():
    content = tree_model(asked="numbers")
    result = certify_thresholds(TREE.answer, Graph(content, INFO), content, some_rows())
    assert (result["probed"], result["not_probed"]) == (0, 5)


def test_every_threshold_is_reached_by_its_probes():
    listed = tree_thresholds(tree_model())
    assert sorted((t.feature, round(float(t.value), 3)) for t in listed.found) == [
        (0, 0.1),
        (0, 0.3),
        (0, 0.7),
        (1, -2.25),
        (1, 10.5),
    ]
    probes = probes_of(listed.found, some_rows().numbers)
    answers = TREE.answer(probes).value.reshape(-1, 3)
    assert np.all(answers[:, 0] == answers[:, 1])
    assert np.all(answers[:, 1] != answers[:, 2])


def test_holes_in_the_real_rows_do_not_keep_the_probes_from_the_thresholds():
    listed = tree_thresholds(tree_model())
    probes = probes_of(listed.found, np.full((1, 2), np.nan, np.float32))
    answers = TREE.answer(probes).value.reshape(-1, 3)
    assert np.all(answers[:, 1] != answers[:, 2])


def test_the_cap_is_told():
    result = certify_thresholds(TREE.answer, Graph(tree_model(), INFO), tree_model(), some_rows(), most=2)
    assert (result["probed"], result["not_probed"], result["rows"]) == (2, 3, 6)


def test_a_graph_without_trees_has_no_thresholds_to_prove(model, info, make_rows):
    content = model.SerializeToString()
    result = certify_thresholds(
        lambda _: Outputs(), Graph(content, info), content, make_rows([[1, 2]], ["H"])
    )
    assert (result["probed"], result["passed"]) == (0, True)


def test_the_answering_half_answers_as_the_whole(model, info, make_rows):
    content = model.SerializeToString()
    whole = Graph(content, info).run(make_rows([[50, 1], [1, 50]], ["H", "L"]))
    half = AnsweringHalf(content).run(whole.features)
    np.testing.assert_array_equal(half.probabilities, whole.probabilities)
    np.testing.assert_array_equal(half.decision, whole.decision)


def test_answers_that_need_more_than_the_features_cannot_be_cut(model):
    model.graph.node[3].input[0] = "numbers"
    with pytest.raises(GraphRefused):
        AnsweringHalf(model.SerializeToString())


@pytest.mark.parametrize(
    ("change", "flips"),
    [
        (lambda out: Outputs(probabilities=out.probabilities + 2e-4, decision=out.decision), 0),
        (lambda out: Outputs(probabilities=out.probabilities, decision=1 - out.decision), 3),
        (lambda out: Outputs(probabilities=out.probabilities * np.nan, decision=out.decision), 0),
        (lambda out: Outputs(probabilities=out.probabilities[:, :1], decision=out.decision), 0),
        (lambda out: Outputs(decision=1 - out.decision), 3),
        (lambda _: Outputs(), 0),
        (lambda _: Outputs(value=np.zeros(3, np.float32)), 0),
    ],
)
def test_whatever_differs_fails(model, info, make_rows, change, flips):
    graph = Graph(model.SerializeToString(), info)
    certificate = certify(
        lambda rows: change(graph.run(rows)), graph, make_rows([[50, 1], [1, 50], [7, 8]], ["H", "L", "H"])
    )
    assert not certificate["passed"]
    assert certificate["decision_flips"] == flips


def test_a_tie_at_the_threshold_is_counted_and_is_no_flip(model, info, make_rows):
    graph = Graph(model.SerializeToString(), info)
    tied = make_rows([[5, 5]], ["L"])
    assert graph.run(tied).probabilities.tolist() == [[0.5, 0.5]]
    certificate = certify(lambda rows: Outputs(decision=1 - graph.run(rows).decision), graph, tied)
    assert (certificate["passed"], certificate["ties"], certificate["decision_flips"]) == (True, 1, 0)


def test_large_values_may_differ_in_proportion():
    tree = Tree((0, 0.3, 1e6, 2e6))
    graph = Graph(tree_model(tree), INFO)
    near = Tree((0, 0.3, 1e6 + 50, 2e6 - 50))
    far = Tree((0, 0.3, 1e6 + 500, 2e6))
    assert certify(native(near), graph, some_rows())["passed"]
    assert not certify(native(far), graph, some_rows())["passed"]


CONTRACT = """\
[model]
kind = "regression"
data = "d"
target = "t"

[input.a]
type = "number"
range = [0, 10]
out_of_range = "clip"
missing = "impute"

[input.b]
type = "number"
range = [-1, 1]

[input.on]
type = "boolean"

[input.n]
type = "integer"
range = [0, 5]
out_of_range = "flag"

[input.grade]
type = "category"
values = ["x", "y"]
unknown = "other"
missing = "impute"

[output.t]
"""


def test_every_policy_and_boundary_has_its_case():
    contract = parse_contract(CONTRACT, name="m", file="m.toml")
    n = 30
    rows = Rows(np.ones((n, 4), np.float32), np.full((n, 1), "x", object), [None] * n, [None] * n, [()] * n)
    cases = policy_probes(contract, rows)
    assert sorted(cases) == [
        "boundary:a",
        "boundary:b",
        "boundary:n",
        "boundary:on",
        "missing:a",
        "missing:all",
        "missing:grade",
        "outside:a",
        "outside:n",
        "unknown:grade",
        "value:grade",
    ]
    assert np.isnan(cases["missing:a"].numbers[:, 0]).all()
    assert set(cases["outside:n"].numbers[:, 3]) == {-1.0, 6.0}
    outside = cases["outside:a"].numbers[:, 0]
    assert np.all((outside < 0) | (outside > 10))
    inside = cases["boundary:b"].numbers[:, 1]
    assert {-1.0, 1.0} < set(inside.tolist())
    assert np.all((inside >= -1) & (inside <= 1))
    assert set(cases["unknown:grade"].categories.ravel()).isdisjoint({"x", "y", ""})
    assert set(cases["value:grade"].categories.ravel()) == {"x", "y"}
    assert all(len(case.numbers) == len(case.categories) == len(case.flags) for case in cases.values())
