"""The graph does to a value what the contract says, and the same to one row as to a thousand."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from andamio.contracts.contract import Contract, Feature, Input, Missing, OutOfRange, TagType, Unknown
from andamio.contracts.rows import Rows
from andamio.errors import FeaturesRefused
from andamio.features import FeaturePlan, feature_graph, learn_plan, run_features

Make = Callable[..., Contract]
MakeRows = Callable[..., Rows]
Declare = Callable[..., Input]


def test_numeric_tags_without_policies_pass_unchanged(
    make_contract: Make, number: Declare, make_rows: MakeRows
) -> None:
    graph = feature_graph(FeaturePlan(make_contract([number("a"), number("b")])))
    rows = make_rows([[1.5, -2], [3e30, 0]])
    assert graph.names == ("a", "b")
    assert np.array_equal(run_features(graph, rows), rows.numbers)
    assert [node.op_type for node in graph.model.graph.node] == ["Identity"]


def test_values_are_clipped_only_where_the_contract_says_clip(
    make_contract: Make, number: Declare, make_rows: MakeRows
) -> None:
    tags = [
        number("a", range=(0.0, 10.0), out_of_range=OutOfRange.CLIP),
        number("b", range=(0.0, 10.0), out_of_range=OutOfRange.FLAG),
        number("c"),
    ]
    graph = feature_graph(FeaturePlan(make_contract(tags)))
    result = run_features(graph, make_rows([[-5, -5, -5], [50, 50, 50], [3, 3, 3]]))
    assert result.tolist() == [[0, -5, -5], [10, 50, 50], [3, 3, 3]]


def test_a_missing_number_takes_the_median_of_training_before_features_are_computed(
    make_contract: Make, number: Declare, make_rows: MakeRows
) -> None:
    tags = [number("a", missing=Missing.IMPUTE), number("b")]
    declared = make_contract(tags, {"difference": "a - b"})
    plan = learn_plan(declared, make_rows([[1, 0], [3, 0], [np.nan, 0], [100, 0]]))
    assert plan.imputed["a"] == 3.0
    result = run_features(feature_graph(plan), make_rows([[np.nan, 1], [7, 1]]))
    assert result.tolist() == [[3, 1, 2], [7, 1, 6]]


def test_the_median_of_a_clipped_tag_lies_in_its_range(
    make_contract: Make, number: Declare, make_rows: MakeRows
) -> None:
    tag = number("a", missing=Missing.IMPUTE, range=(0.0, 10.0), out_of_range=OutOfRange.CLIP)
    plan = learn_plan(make_contract([tag]), make_rows([[50], [60], [np.nan]]))
    assert plan.imputed["a"] == 10.0


def test_a_tag_that_was_never_seen_takes_the_middle_of_its_range(
    make_contract: Make, number: Declare, make_rows: MakeRows
) -> None:
    tag = number("a", missing=Missing.IMPUTE, range=(0.0, 10.0))
    assert learn_plan(make_contract([tag]), make_rows([[np.nan]])).imputed["a"] == 5.0
    graph = feature_graph(FeaturePlan(make_contract([tag])))
    assert run_features(graph, make_rows([[np.nan]])).tolist() == [[5.0]]


def test_each_value_of_each_category_is_a_column_and_any_other_value_is_none_of_them(
    make_contract: Make, category: Declare, make_rows: MakeRows
) -> None:
    # "H" means something in both: the columns must not mix.
    tags = [category("product", "H", "L", unknown=Unknown.OTHER), category("shift", "day", "H")]
    graph = feature_graph(FeaturePlan(make_contract(tags)))
    rows = make_rows(np.empty((3, 0)), [["H", "day"], ["L", "H"], ["never seen", "day"]])
    assert graph.names == ("product=H", "product=L", "shift=day", "shift=H")
    assert run_features(graph, rows).tolist() == [[1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]
    assert [i.name for i in graph.model.graph.input] == ["categories"]


def test_a_missing_category_takes_the_most_frequent_one_of_training(
    make_contract: Make, category: Declare, make_rows: MakeRows
) -> None:
    tags = [category("product", "H", "L", missing=Missing.IMPUTE), category("shift", "L", "H")]
    declared = make_contract(tags)
    plan = learn_plan(declared, make_rows(np.empty((4, 0)), [["L", "H"], ["L", "H"], ["H", "H"], ["", "H"]]))
    rows = make_rows(np.empty((2, 0)), [["", "H"], ["H", "L"]])
    assert run_features(feature_graph(plan), rows).tolist() == [[0, 1, 0, 1], [1, 0, 1, 0]]


def test_an_excluded_tag_leaves_with_every_feature_that_reads_it(
    make_contract: Make, number: Declare, category: Declare, make_rows: MakeRows
) -> None:
    declared = make_contract(
        [number("leak"), number("a"), category("code", "x", "y")],
        {"from_leak": "leak * 2", "kept": "a * 2", "from_code": 'where(code == "x", a, 0)'},
    )
    plan = FeaturePlan(declared, (Feature("found", "a - leak"),), frozenset({"leak", "code"}))
    graph = feature_graph(plan)
    assert graph.names == ("a", "kept")
    # The inputs stay those of the contract, so that every door sends the same rows.
    assert run_features(graph, make_rows([[np.nan, 4]], [["x"]])).tolist() == [[4, 8]]


def test_a_plan_without_any_feature_left_is_refused(make_contract: Make, number: Declare) -> None:
    with pytest.raises(FeaturesRefused, match="no feature is left"):
        feature_graph(FeaturePlan(make_contract([number("a")]), excluded=frozenset({"a"})))


def test_a_plan_with_a_wrong_feature_is_refused_with_its_faults(make_contract: Make, number: Declare) -> None:
    with pytest.raises(FeaturesRefused) as caught:
        feature_graph(FeaturePlan(make_contract([number("a")], {"f": "b + 1", "g": "a +"})))
    assert len(caught.value.faults) == 2


def test_an_undefined_feature_takes_its_median_over_the_rows_where_it_is_defined(
    make_contract: Make, number: Declare, make_rows: MakeRows
) -> None:
    declared = make_contract([number("a"), number("b")], {"ratio": "a / b", "log": "log(a)", "sum": "a + b"})
    training = make_rows([[1, 1], [4, 2], [9, 3], [5, 0]])
    plan = learn_plan(declared, training)
    assert plan.imputed == {"ratio": 2.0}
    result = run_features(feature_graph(plan), make_rows([[1, 0], [0, 0], [-1, 2], [3e38, 3e38]]))
    assert result[:, 2].tolist() == [2.0, 2.0, -0.5, 1.0]
    assert result[:3, 3].tolist() == [0.0, 0.0, 0.0]
    assert result[3, 4] == 0.0  # 6e38 is no float32
    assert np.isfinite(result).all()


def test_a_feature_that_its_ranges_prove_finite_needs_no_guard(make_contract: Make, number: Declare) -> None:
    safe = [number("a", range=(1.0, 5.0)), number("b", range=(0.0, 9.0))]
    declared = make_contract(safe, {"r": "b / a", "l": "log(a)", "s": "sqrt(b)", "d": "a - b"})
    assert "IsNaN" not in _operators(feature_graph(FeaturePlan(declared)))
    open_range = make_contract(safe, {"r": "a / b"})
    assert "IsNaN" in _operators(feature_graph(FeaturePlan(open_range)))
    flagged = [number("a", range=(1.0, 5.0), out_of_range=OutOfRange.FLAG)]
    assert "IsNaN" in _operators(feature_graph(FeaturePlan(make_contract(flagged, {"l": "log(a)"}))))


def test_what_can_be_done_side_by_side_is_one_node(make_contract: Make, number: Declare) -> None:
    tags = [number(f"t{n}", range=(0.0, 1.0)) for n in range(20)]
    differences = {f"d{n}": f"t{n} - t{n + 1}" for n in range(19)}
    graph = feature_graph(FeaturePlan(make_contract(tags, differences)))
    assert sorted(set(_operators(graph)) - {"Constant", "Identity"}) == ["Concat", "Gather", "Sub"]
    assert _operators(graph).count("Sub") == 1


def test_a_part_that_repeats_is_computed_once(make_contract: Make, number: Declare) -> None:
    tags = [number("a", range=(0.0, 1.0)), number("b", range=(0.0, 1.0))]
    graph = feature_graph(FeaturePlan(make_contract(tags, {"f": "sqrt(a * b)", "g": "(a * b) / 2"})))
    assert _operators(graph).count("Mul") == 1


def test_squares_of_squares_stay_small(make_contract: Make, number: Declare, make_rows: MakeRows) -> None:
    power = "(" * 20 + "a" + " ** 2)" * 20
    graph = feature_graph(FeaturePlan(make_contract([number("a")], {"f": power})))
    assert _operators(graph).count("Mul") == 20
    assert run_features(graph, make_rows([[1.0]])).tolist() == [[1.0, 1.0]]


def test_every_row_gives_the_same_alone_as_among_others(
    make_contract: Make, number: Declare, make_rows: MakeRows
) -> None:
    tags = [number("a"), number("b"), number("c")]
    features = {
        "exp": "exp(a / 9)",
        "log": "log(b)",
        "log_more": "log(a + b) * log(c + 1)",
        "power": "a ** 1.7",
        "root": "sqrt(c)",
        "mixed": "where(a > b, a / c, exp(c / 7) - log(b))",
        "base": "2 ** c",
    }
    graph = feature_graph(FeaturePlan(make_contract(tags, features)))
    matrix = np.random.default_rng(5).uniform(0.01, 60, (257, 3)).astype(np.float32)
    together = run_features(graph, make_rows(matrix))
    alone = np.vstack([run_features(graph, make_rows(matrix[n : n + 1])) for n in range(0, 257, 8)])
    assert np.array_equal(together[::8], alone)


_BUILD = """
import hashlib, sys
from andamio.contracts import parse_contract
from andamio.features import FeaturePlan, feature_graph
from andamio.features.portable import to_bytes
contract = parse_contract(sys.stdin.read(), name="m", file="m.toml")
plan = FeaturePlan(contract, imputed={"b": 2.0}, most_frequent={"p": "L"})
print(hashlib.sha256(to_bytes(feature_graph(plan).model)).hexdigest())
"""

_CONTRACT = """
[model]
kind = "regression"
data = "d"
target = "y"
[input.a]
type = "number"
range = [0, 9]
out_of_range = "clip"
[input.b]
type = "number"
missing = "impute"
[input.p]
type = "category"
values = ["H", "L", "M"]
missing = "impute"
[features]
f = "a - b"
g = "log(a) * where(p == 'H', a, exp(b / 3))"
[output.y]
"""


def test_equal_plans_give_equal_bytes_in_every_process() -> None:
    digests = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", _BUILD],
            input=_CONTRACT,
            text=True,
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[3] / "src")},
        )
        digests.add(done.stdout)
    assert len(digests) == 1


def test_the_graph_is_one_file_of_standard_operators_without_a_producer(
    make_contract: Make, number: Declare
) -> None:
    model = feature_graph(FeaturePlan(make_contract([number("a")], {"f": "log(a)"}))).model
    onnx.checker.check_model(model, full_check=True)
    assert {o.domain for o in model.opset_import} <= {"", "ai.onnx.ml"}
    assert model.producer_name == model.producer_version == model.doc_string == ""
    assert all(node.doc_string == "" for node in model.graph.node)


def test_booleans_are_numbers_and_answer_where(
    make_contract: Make, make_rows: MakeRows, number: Declare
) -> None:
    running = Input(name="running", type=TagType.BOOLEAN, column="running")
    declared = make_contract([running, number("a")], {"f": "where(running, a, -1)", "g": "running * a"})
    result = run_features(feature_graph(FeaturePlan(declared)), make_rows([[1, 5], [0, 5]]))
    assert result.tolist() == [[1, 5, 5, 5], [0, 5, -1, 0]]


def test_a_comparison_with_an_undefined_side_does_not_hold(
    make_contract: Make, make_rows: MakeRows, number: Declare
) -> None:
    declared = make_contract([number("a")], {"f": "where(a / a > 0, 1, 2)", "g": "log(a) < 5"})
    result = run_features(feature_graph(FeaturePlan(declared)), make_rows([[0.0], [3.0], [math.e]]))
    assert result[:, 1].tolist() == [2, 1, 1]
    assert result[:, 2].tolist() == [1, 1, 1]  # log(0) is minus infinity, which is less than 5


def _operators(graph: object) -> list[str]:
    return [node.op_type for node in graph.model.graph.node]
