from __future__ import annotations

import math

import pytest

from andamio.contracts import parse_contract
from andamio.statistics.intervals import Interval
from andamio.training.gates import GateResult, deployable, judge, parity_gate
from andamio.training.slices import Slice

CONTRACT = parse_contract(
    """
[model]
kind = "classification"
data = "d"
target = "y"
[input.product]
type = "category"
values = ["A", "B"]
[output.y]
[accept]
recall = ">= 0.9"
slices = { by = ["product"], recall = ">= 0.8" }
noise = { level = 0.01, flips = "<= 0.02" }
""",
    name="m",
    file="models/m.toml",
)
EQUAL = parity_gate({"passed": True, "max_abs_difference": 0.0})


def verdicts(recall=0.95, low=0.91, by_slice=(), flips=0.0, parity=EQUAL) -> list[GateResult]:
    return judge(CONTRACT, {"recall": Interval(recall, low, 0.99)}, by_slice, {"flips": flips}, parity)


def part(rows: int, events: int, recall: float) -> Slice:
    return Slice("product", "A", rows, events, {"recall": recall})


def test_a_candidate_that_passes_every_gate_is_deployable():
    assert deployable(verdicts(by_slice=[part(100, 20, 0.85)]))


@pytest.mark.parametrize(
    "changed",
    [
        {"recall": 0.89},
        {"recall": math.nan},
        {"flips": 0.03},
        {"by_slice": [part(100, 20, 0.79)]},
        {"parity": parity_gate({"passed": False, "max_abs_difference": 0.2})},
    ],
)
def test_one_failed_gate_is_enough(changed):
    results = verdicts(**changed)
    assert not deployable(results)
    assert sum(result.passed is False for result in results) == 1


def test_a_slice_with_too_few_events_is_not_judged_and_says_so():
    result = next(r for r in verdicts(by_slice=[part(100, 2, 0.0)]) if r.where == "product = A")
    assert result.passed is None
    assert "not enough data" in str(result.note)


def test_a_pass_that_the_rows_are_too_few_to_be_sure_of_says_so():
    result = next(r for r in verdicts(recall=0.92, low=0.80) if r.where == "all")
    assert result.passed
    assert "too few" in str(result.note)
