"""Golden rows are asked again wherever a bundle is loaded."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from andamio.bundles import Graph
from andamio.bundles.golden import check_golden, golden_rows, rows_of
from andamio.errors import GoldenRowsDiffer
from andamio.kernel.digests import canonical_json


@pytest.fixture
def graph(model, info) -> Graph:
    return Graph(model.SerializeToString(), info)


@pytest.fixture
def golden(graph, make_rows) -> list[dict]:
    rows = make_rows([[50.1, 1], [np.nan, 50], [7, -0.3]], ["H", "", "L"])
    return msgspec.json.decode(canonical_json(golden_rows(rows, graph.run(rows))))


def test_golden_rows_are_the_same_rows_after_a_journey_through_json(golden):
    rows = rows_of(golden)
    np.testing.assert_array_equal(rows.numbers, np.array([[50.1, 1], [np.nan, 50], [7, -0.3]], np.float32))
    assert rows.categories.tolist() == [["H"], [""], ["L"]]


def test_the_same_graph_answers_them_the_same(graph, golden):
    check_golden(graph, golden)
    check_golden(graph, [])


def test_another_decision_is_told_with_its_row(graph, golden):
    golden[2]["decision"] = 1 - golden[2]["decision"]
    with pytest.raises(GoldenRowsDiffer) as caught:
        check_golden(graph, golden)
    assert [str(fault.where) for fault in caught.value.faults] == ["golden row 2"]


def test_another_number_is_told_and_a_rounding_of_another_processor_is_not(graph, golden):
    golden[0]["probabilities"] = [share + 1e-6 for share in golden[0]["probabilities"]]
    check_golden(graph, golden)
    golden[0]["probabilities"][0] += 0.01
    with pytest.raises(GoldenRowsDiffer):
        check_golden(graph, golden)


def test_an_answer_that_the_graph_does_not_give_differs(graph, golden):
    golden[0]["value"] = 1.0
    with pytest.raises(GoldenRowsDiffer):
        check_golden(graph, golden)
