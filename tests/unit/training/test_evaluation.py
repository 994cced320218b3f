from __future__ import annotations

import json

import numpy as np
import pytest

from andamio.bundles import Outputs
from andamio.contracts import parse_contract
from andamio.contracts.rows import Rows
from andamio.statistics.intervals import Interval
from andamio.training.comparison import compare
from andamio.training.curves import curves
from andamio.training.importance import importances
from andamio.training.judging import measure, plain
from andamio.training.noise import shake, under_noise
from andamio.training.repeated_measures import without_certainty
from andamio.training.slices import slices
from andamio.training.table import Problem, copies_of, read_problem

CONTRACT = parse_contract(
    """
[model]
kind = "classification"
data = "d"
target = "y"
[input.heat]
type = "number"
range = [-2, 2]
out_of_range = "flag"
[input.parts]
type = "integer"
[input.open]
type = "boolean"
[input.product]
type = "category"
values = ["A", "B"]
[output.y]
[costs]
missed_failure = 100
false_alarm = 10
""",
    name="m",
    file="models/m.toml",
)
ROWS = 400


@pytest.fixture
def problem() -> Problem:
    rng = np.random.default_rng(0)
    heat = rng.normal(size=ROWS).clip(-2, 2)
    numbers = np.column_stack([heat, rng.integers(0, 50, ROWS), rng.integers(0, 2, ROWS)]).astype(np.float32)
    categories = rng.choice(["A", "B"], (ROWS, 1), p=[0.95, 0.05]).astype(object)
    rows = Rows(numbers, categories, [None] * ROWS, [None] * ROWS, [()] * ROWS)
    return Problem(
        contract=CONTRACT,
        rows=rows,
        target=(heat + 0.2 * rng.normal(size=ROWS) > 0.5).astype(np.int64),
        classes=("0", "1"),
        positive=1,
        times=None,
        assets=None,
        copies=copies_of(rows),
        source=np.arange(ROWS),
    )


def by_heat(rows: Rows) -> Outputs:
    chance = 1 / (1 + np.exp(-4 * (rows.numbers[:, 0] - 0.5)))
    return Outputs(
        probabilities=np.column_stack([1 - chance, chance]).astype(np.float32),
        decision=(chance >= 0.5).astype(np.int64),
    )


def by_chance(rows: Rows) -> Outputs:
    return Outputs(
        probabilities=np.full((len(rows), 2), 0.5, np.float32), decision=np.zeros(len(rows), np.int64)
    )


def test_noise_of_nothing_changes_nothing(problem):
    found = under_noise(problem, by_heat(problem.rows), by_heat, np.ones(3), 0.0, 0)
    assert found["flips"] == 0.0
    assert found["f1"] == pytest.approx(measure(problem, by_heat(problem.rows))["f1"])


def test_more_noise_turns_more_decisions(problem):
    outputs = by_heat(problem.rows)
    flips = [
        under_noise(problem, outputs, by_heat, np.ones(3), level, 0)["flips"] for level in (0.01, 0.1, 0.5)
    ]
    assert flips[0] < flips[1] < flips[2]


def test_noise_keeps_ranges_whole_numbers_and_switches(problem):
    shaken = shake(problem, np.full(3, 5.0), np.random.default_rng(0)).numbers
    assert np.abs(shaken[:, 0]).max() <= 2.0
    assert (shaken[:, 1] == np.round(shaken[:, 1])).all()
    assert (shaken[:, 2] == problem.rows.numbers[:, 2]).all()
    assert (shaken[:, 1] != problem.rows.numbers[:, 1]).any()


def test_slices_say_when_they_are_too_small(problem):
    found = {part.value: part for part in slices(problem, by_heat(problem.rows), ["product"])}
    assert found["A"].can_be_judged
    assert not found["B"].can_be_judged
    assert found["A"].rows + found["B"].rows == ROWS


def test_a_measured_tag_is_cut_into_bands(problem):
    found = slices(problem, by_heat(problem.rows), ["heat", "open"])
    assert [part.by for part in found] == ["heat"] * 4 + ["open"] * 2
    assert sum(part.rows for part in found if part.by == "heat") == ROWS


def test_a_model_as_good_is_said_to_be(problem):
    outputs = by_heat(problem.rows)
    same = compare(problem, outputs, outputs, "linear", None, 0)
    assert same.as_good
    assert "is as good" in str(same.sentence)


def test_a_worse_model_is_said_to_be(problem):
    worse = compare(problem, by_heat(problem.rows), by_chance(problem.rows), "dummy", None, 0)
    assert not worse.as_good
    assert worse.metric == "cost_per_row"
    assert worse.difference.high < 0


def test_the_tag_that_decides_is_the_most_important(problem):
    found = importances(problem, by_heat, 0)
    assert found[0].tag == "heat"
    assert all(abs(one.loss) < 1e-9 for one in found[1:])


def test_curves_hold_lists_of_equal_length_and_plain_numbers(problem):
    drawn = plain(curves(problem, by_heat(problem.rows)))
    assert json.loads(json.dumps(drawn)) == drawn
    assert {len(v) for v in drawn["thresholds"].values()} == {99}
    assert len({len(v) for v in drawn["precision_recall"].values()}) == 1
    assert sum(drawn["calibration"]["rows"]) == ROWS
    assert sum(map(sum, drawn["confusion"]["counts"])) == ROWS
    assert sum(drawn["scores"]["events"]) == problem.target.sum()


def test_numbers_become_plain_and_nan_becomes_null():
    assert plain({"a": np.float32(0.1), "b": float("nan"), "c": np.array([1, 2]), "d": (True, None)}) == {
        "a": 0.1,
        "b": None,
        "c": [1, 2],
        "d": [True, None],
    }


def test_no_false_alarm_in_eighty_rows_is_no_proof_of_none(press) -> None:
    contract, table = press
    problem = read_problem(contract, table.frame)
    quiet = problem.take(np.flatnonzero(problem.target != problem.positive)[:80])
    outputs = Outputs(decision=np.full(80, 1 - quiet.positive, dtype=np.int64))
    found = {"false_alarm_rate": Interval(0.0, 0.0, 0.0), "f1": Interval(np.nan, np.nan, np.nan)}
    alone = without_certainty(found, quiet, outputs, None)["false_alarm_rate"]
    blocks = without_certainty(found, quiet, outputs, np.arange(80) // 8)["false_alarm_rate"]
    assert (alone.low, blocks.low) == (0.0, 0.0)
    assert alone.high == pytest.approx(0.045, abs=0.001)
    assert blocks.high == pytest.approx(0.308, abs=0.001)
