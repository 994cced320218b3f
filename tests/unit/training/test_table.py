from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from andamio.contracts import parse_contract
from andamio.errors import TrainingDataRefused
from andamio.training.table import read_problem

SOURCE = """
[model]
kind = "{kind}"
data = "oven"
target = "state"
{more}
[input.heat]
column = "Heat [degC]"
type = "number"
unit = "degC"
range = [0, 100]

[input.product]
type = "category"
values = ["A", "B"]

[output.state]
"""


def contract(kind="classification", more=""):
    return parse_contract(SOURCE.format(kind=kind, more=more), name="oven", file="models/oven.toml")


def frame(states, **more) -> pl.DataFrame:
    count = len(states)
    return pl.DataFrame(
        {
            "Heat [degC]": np.linspace(1, 99, count),
            "product": ["A", "B"] * (count // 2),
            "state": states,
            **more,
        },
        strict=False,
    )


@pytest.mark.parametrize(
    ("states", "classes", "positive"),
    [
        ([0, 1] * 20, ("0", "1"), "1"),
        ([0.0, 1.0] * 20, ("0", "1"), "1"),
        ([True, False] * 20, ("false", "true"), "true"),
        (["falla", "ok"] * 20, ("falla", "ok"), "falla"),
        (["no", "sí"] * 20, ("no", "sí"), "sí"),
        (["A", "B", "B", "B"] * 10, ("A", "B"), "A"),
        ([10, 20, 20, 20] * 10, ("10", "20"), "10"),
        (["L", "M", "H"] * 20, ("H", "L", "M"), None),
    ],
)
def test_labels_are_read_however_they_are_coded(states, classes, positive):
    problem = read_problem(contract(), frame(states))
    assert problem.classes == classes
    assert (None if problem.positive is None else problem.classes[problem.positive]) == positive


def test_the_contract_names_the_event():
    problem = read_problem(contract(more='positive = "A"'), frame(["A", "A", "A", "B"] * 10))
    assert problem.classes[problem.positive] == "A"


def test_an_unknown_event_is_refused_with_the_labels():
    with pytest.raises(TrainingDataRefused) as refusal:
        read_problem(contract(more='positive = "Z"'), frame(["A", "B"] * 20))
    assert "A, B" in str(refusal.value.faults[0].why)


def test_rows_that_the_contract_rejects_are_left_out_and_counted():
    table = frame([0, 1] * 20).with_columns(
        pl.when(pl.int_range(pl.len()) < 3).then(999.0).otherwise(pl.col("Heat [degC]")).alias("Heat [degC]")
    )
    problem = read_problem(contract(), table)
    assert len(problem) == 37
    assert problem.source.tolist() == list(range(3, 40))
    assert [(item.rows, "heat" in str(item.reason)) for item in problem.left_out] == [(3, True)]


def test_rows_without_a_target_are_left_out_and_counted():
    problem = read_problem(contract(), frame([None, "A", "B", ""] * 12))
    assert len(problem) == 24
    assert problem.left_out[0].rows == 24


def test_text_in_a_measured_target_is_left_out():
    problem = read_problem(contract("regression"), frame(["1.5", "2.5", "fuera de rango", "3"] * 10))
    assert len(problem) == 30
    assert set(problem.target.tolist()) == {1.5, 2.5, 3.0}


def test_a_missing_target_column_is_named_with_the_nearest_one():
    with pytest.raises(TrainingDataRefused) as refusal:
        read_problem(contract(), frame([0, 1] * 20).rename({"state": "States"}))
    assert "States" in str(refusal.value.faults[0].fix)


def test_one_class_is_not_enough():
    with pytest.raises(TrainingDataRefused, match="oven cannot be trained"):
        read_problem(contract(), frame([0] * 40))


def test_too_few_rows_are_refused_with_what_was_left_out():
    with pytest.raises(TrainingDataRefused) as refusal:
        read_problem(contract(), frame([0, 1] * 6))
    assert refusal.value.fix is not None


def test_times_and_assets_come_along():
    table = frame(
        [0, 1] * 20,
        when=[f"2026-03-01T{h:02d}:00:00-05:00" for h in range(20) for _ in range(2)],
        machine=["m1", "m2"] * 20,
    )
    problem = read_problem(contract(more='time = "when"\nasset = "machine"'), table)
    assert problem.times[2] - problem.times[0] == 3600.0
    assert problem.assets.tolist()[:2] == ["m1", "m2"]
    assert problem.rows.assets[1] == "m2"


def test_taking_rows_keeps_everything_aligned():
    problem = read_problem(contract(), frame([0, 1] * 20))
    part = problem.take(np.array([5, 3, 5]))
    assert part.target.tolist() == [1, 1, 1]
    assert part.rows.numbers[0, 0] == part.rows.numbers[2, 0] == problem.rows.numbers[5, 0]
    assert part.source.tolist() == [5, 3, 5]
