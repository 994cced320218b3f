"""What the tags of a row contributed, by the bundle's own graph."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andamio.bundles import Bundle, Graph
from andamio.contracts import Rows
from andamio.errors import NotExplainable
from andamio.explanations import Effort, Explainer, Explanation, background_arrays
from andamio.explanations.background import background_of

Build = Callable[..., Bundle]
LINEAR = [{"bearing_temp": 0.5, "flow": -2.0, "product=M": 3.0, "product_M": 3.0}]
TANGLED = [{"bearing_temp": 0.02, "heat": -0.004, "idle": 1.5, "flow": 0.3}]


def a_row(**change: Any) -> Rows:
    tags = {"bearing_temp": 91.0, "flow": 8.0, "idle": 1.0, "unused": 3.0} | change
    product = str(tags.pop("product", "M"))
    n = [[tags[name] for name in ("bearing_temp", "flow", "idle", "unused")]]
    return Rows(np.array(n, np.float32), np.array([[product]], object), [None], [None], [()])


def explained(bundle: Bundle, row: Rows, name: str = "1m7ycrqwj001ca7j7", **effort: Any) -> Explanation:
    return Explainer(bundle, bundle.graph()).explain(row, name, Effort(**effort))


def amounts(explanation: Explanation) -> dict[str, float]:
    return {one.tag.name: one.amount for one in explanation.contributions}


def test_a_linear_model_gives_each_tag_its_weight_times_its_distance(build: Build) -> None:
    bundle = build("number", LINEAR)
    found = explained(bundle, a_row())
    background = background_of(bundle)
    assert background is not None
    mean = np.nan_to_num(background.rows.numbers, nan=5.0).mean(axis=0)  # what is missing is imputed
    parts = amounts(found)
    assert parts["bearing_temp"] == pytest.approx(0.5 * (91 - mean[0]), abs=1e-4)
    assert parts["flow"] == pytest.approx(-2.0 * (8 - mean[1]), abs=1e-4)
    assert parts["unused"] == pytest.approx(0, abs=1e-9)
    assert parts["idle"] == pytest.approx(0, abs=1e-9)
    assert found.base + sum(parts.values()) == pytest.approx(found.value, abs=1e-6)


@pytest.mark.parametrize("graph_rows", [100_000, 700])
def test_the_contributions_add_up_to_the_answer_of_the_graph(build: Build, graph_rows: int) -> None:
    bundle = build("two", TANGLED)
    found = explained(bundle, a_row(), graph_rows=graph_rows)
    outputs = bundle.graph().run(a_row())
    assert outputs.probabilities is not None
    assert found.shares.exact == (graph_rows == 100_000)
    assert found.shares.asked <= graph_rows
    assert found.label == "failure"
    assert found.value == pytest.approx(float(outputs.probabilities[0, 1]), abs=1e-7)
    assert found.base + sum(amounts(found).values()) == pytest.approx(found.value, abs=1e-6)


def test_a_feature_of_two_tags_is_shared_out_as_the_definition_says(build: Build) -> None:
    bundle = build("two", TANGLED)
    graph, row, background = bundle.graph(), a_row(), background_of(bundle)
    assert background is not None
    rows = background.rows
    tags = 5
    expected = np.zeros(tags)
    for order in permutations(range(tags)):
        numbers, categories = rows.numbers.copy(), rows.categories.copy()
        before = chance(graph, rows)
        for tag in order:
            if tag < 4:
                numbers[:, tag] = row.numbers[0, tag]
            else:
                categories[:, 0] = row.categories[0, 0]
            after = chance(graph, Rows(numbers, categories, (), (), ()))
            expected[tag] += after - before
            before = after
    parts = amounts(explained(bundle, row))
    names = ["bearing_temp", "flow", "idle", "unused", "product"]
    assert [parts[name] for name in names] == pytest.approx((expected / 120).tolist(), abs=1e-6)
    assert abs(parts["bearing_temp"]) > 0.01
    assert abs(parts["flow"]) > 0.001


def chance(graph: Graph, rows: Rows) -> float:
    found = graph.run(rows, features=False).probabilities
    assert found is not None
    return float(found[:, 1].astype(np.float64).mean())


@given(
    temp=st.floats(0, 180, width=32),
    flow=st.one_of(st.floats(0, 20, width=32), st.just(float("nan"))),
    idle=st.sampled_from([0.0, 1.0, float("nan")]),
    product=st.sampled_from(["H", "L", "M", "never seen", ""]),
    graph_rows=st.sampled_from([10, 640, 5_000]),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_row_is_explained_within_its_budget_and_its_parts_add_up(
    build: Build, temp: float, flow: float, idle: float, product: str, graph_rows: int
) -> None:
    bundle = build("two", TANGLED)
    row = a_row(bearing_temp=temp, flow=flow, idle=idle, product=product)
    found = explained(bundle, row, graph_rows=graph_rows)
    assert found.shares.asked <= graph_rows
    assert found.base + sum(amounts(found).values()) == pytest.approx(found.value, abs=1e-6)
    assert amounts(found)["unused"] == pytest.approx(0, abs=1e-7)


def test_the_same_id_gives_the_same_explanation_and_another_id_other_orders(build: Build) -> None:
    bundle = build("two", TANGLED)
    one, again = (explained(bundle, a_row(), graph_rows=700) for _ in range(2))
    other = explained(bundle, a_row(), "1m7ycrqwj001ca7j8", graph_rows=700)
    assert amounts(one) == amounts(again)
    assert amounts(one) != amounts(other)


def test_of_several_classes_the_decided_one_is_explained(build: Build) -> None:
    bundle = build("more", [{"bearing_temp": 0.05}, {"flow": 0.8}, {"bearing_temp": -0.01}])
    hot, mild = explained(bundle, a_row(bearing_temp=170.0)), explained(bundle, a_row(bearing_temp=10.0))
    assert (hot.label, mild.label) == ("hot", "mild")
    assert amounts(hot)["bearing_temp"] > 0 < amounts(mild)["bearing_temp"]


def test_values_are_told_as_they_were_sent(build: Build) -> None:
    found = explained(build("two", TANGLED), a_row(flow=np.nan, idle=0.0, product=""))
    told = {one.tag.name: one.value for one in found.contributions}
    assert told == {"bearing_temp": 91.0, "flow": None, "idle": "false", "unused": 3, "product": None}
    assert isinstance(told["unused"], int)


def test_the_background_stands_for_the_training(build: Build) -> None:
    bundle = build("two", TANGLED)
    found = explained(bundle, a_row())
    assert found.source == "training"
    assert found.shares.background == 64
    rng = np.random.default_rng(1)
    n = 5000
    score = (rng.random(n) < 0.03).astype(np.float32)
    rows = Rows(score[:, None], np.empty((n, 0), object), (), (), ())
    chosen = background_arrays(rows, score)["background.numbers"]
    assert chosen.shape == (64, 1)
    assert chosen.mean() == pytest.approx(score.mean(), abs=1 / 64)
    halves = [chosen[:32].mean(), chosen[32:].mean()]
    assert halves == pytest.approx([2 / 64, 2 / 64], abs=1 / 32)
    assert np.array_equal(chosen, background_arrays(rows, score)["background.numbers"])


def test_fewer_rows_than_the_sample_are_all_taken() -> None:
    rows = Rows(np.arange(5, dtype=np.float32)[:, None], np.full((5, 1), "", object), (), (), ())
    arrays = background_arrays(rows, np.arange(5.0))
    assert sorted(arrays["background.numbers"][:, 0].tolist()) == [0, 1, 2, 3, 4]
    assert arrays["background.categories"].tolist() == [[""]] * 5


def test_a_bundle_of_before_is_compared_with_its_golden_rows_and_says_so(build: Build) -> None:
    found = explained(build("two", TANGLED, bare=True, golden=12), a_row())
    assert found.source == "golden"
    assert found.shares.background == 10
    assert found.base + sum(amounts(found).values()) == pytest.approx(found.value, abs=1e-6)
    assert found.contributions[0].usual.low is None


def test_a_bundle_without_any_rows_says_that_it_cannot(build: Build) -> None:
    with pytest.raises(NotExplainable) as caught:
        explained(build("two", TANGLED, bare=True), a_row())
    assert "no rows to compare" in str(caught.value.why)
