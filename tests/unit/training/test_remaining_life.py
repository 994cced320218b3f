"""Remaining life: capped answers, the cheaper side, intervals that count machines, and one graph for all."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest

from andamio.bundles import Graph
from andamio.bundles.parity import certify
from andamio.contracts import parse_contract
from andamio.contracts.contract import Contract, Costs
from andamio.contracts.rows import Rows
from andamio.contracts.window import Horizon
from andamio.training.candidates import Setting
from andamio.training.curved import CurvedFit
from andamio.training.fitting import Fitted, fit
from andamio.training.intervals import conformal_quantile, grouped_quantile
from andamio.training.judging import main_metric, measure
from andamio.training.linear import LinearFit
from andamio.training.remaining import WithinHorizon, even_weights, weighted_quantile, within_horizon
from andamio.training.table import Problem, read_problem
from andamio.training.task import Task, task_of

HORIZON = 60.0
MILL = """
[model]
kind = "regression"
data = "mill"
target = "life"
asset = "mill"
time = "cycle"

[input.heat]
type = "number"

[input.sound]
type = "number"

[output.life]
coverage = 0.8
"""
PRICES = "\n[costs]\nlate = 9\nearly = 1\n"


def contract(text: str = MILL) -> Contract:
    read = parse_contract(text, name="mill", file="models/mill.toml")
    return dataclasses.replace(read, horizon=Horizon(HORIZON))


def history(mills: int, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    parts = []
    for mill in range(mills):
        rows = int(rng.integers(60, 120))
        left = np.arange(rows)[::-1].astype(np.float64)
        wear = np.exp(-left / 25) * rng.uniform(0.8, 1.2)
        parts.append(
            pl.DataFrame(
                {
                    "mill": [f"m{mill}"] * rows,
                    "cycle": np.arange(rows),
                    "heat": wear + 0.08 * rng.normal(size=rows),
                    "sound": 2 * wear + 0.1 * rng.normal(size=rows),
                    "life": np.minimum(left, HORIZON),
                }
            )
        )
    return pl.concat(parts)


def problem(text: str = MILL, mills: int = 12, seed: int = 0) -> Problem:
    read = read_problem(dataclasses.replace(contract(text), horizon=None), history(mills, seed))
    return dataclasses.replace(read, contract=contract(text))


def fitted(text: str = MILL) -> Fitted:
    return fit(problem(text), excluded=frozenset(), trials=4, seed=0, progress=lambda _: None)


@pytest.fixture(scope="module")
def even() -> Fitted:
    return fitted()


@pytest.fixture(scope="module")
def priced() -> Fitted:
    return fitted(MILL + PRICES)


def test_a_life_that_bends_is_learnt_better_by_curves_than_by_lines(even: Fitted) -> None:
    scores = {standing.family: standing.score for standing in even.leaderboard}
    assert scores["curved"] < 0.9 * scores["linear"]


def test_no_answer_and_no_limit_leaves_the_horizon(even: Fitted, priced: Fitted) -> None:
    rows = problem(seed=5).rows
    numbers = np.concatenate([rows.numbers, 50 * rows.numbers - 20])
    told = 2 * len(rows)
    wild = Rows(numbers, np.tile(rows.categories, (2, 1)), [None] * told, [None] * told, [()] * told)
    for one in (even, priced):
        told = Graph(one.graph, one.info).run(wild)
        assert told.value is not None
        assert told.lower is not None
        assert told.upper is not None
        assert float(told.lower.min()) >= 0.0
        assert float(told.upper.max()) <= HORIZON
        assert (told.lower <= told.value).all()
        assert (told.value <= told.upper).all()


def test_the_graph_answers_as_the_trained_model_does(priced: Fitted) -> None:
    fresh = problem(seed=3)
    proof = certify(priced.native, Graph(priced.graph, priced.info), fresh.rows, {})
    assert proof["passed"]


def test_where_late_is_dear_the_answer_is_the_lower_quantile(even: Fitted, priced: Fitted) -> None:
    fresh = problem(mills=40, seed=9)
    late = {}
    for name, one in (("even", even), ("priced", priced)):
        value = Graph(one.graph, one.info).run(fresh.rows).value
        assert value is not None
        inside = (fresh.target > 0) & (fresh.target < HORIZON)
        late[name] = float(np.mean(value[inside] > fresh.target[inside]))
    assert late["priced"] < 0.25 < late["even"]


def test_the_price_is_lower_with_the_shift_than_without(even: Fitted, priced: Fitted) -> None:
    fresh = problem(MILL + PRICES, mills=40, seed=9)
    spent = [
        measure(fresh, Graph(one.graph, one.info).run(fresh.rows))["cost_per_row"] for one in (even, priced)
    ]
    assert spent[1] < 0.8 * spent[0]
    assert main_metric(fresh) == ("cost_per_row", False)
    assert main_metric(problem()) == ("rmse", False)


def test_measures_of_life_are_there_only_with_a_horizon(even: Fitted) -> None:
    fresh = problem(seed=4)
    told = Graph(even.graph, even.info).run(fresh.rows)
    assert measure(fresh, told)["phm_score"] > 0
    plain = dataclasses.replace(fresh, contract=dataclasses.replace(fresh.contract, horizon=None))
    assert "phm_score" not in measure(plain, told)
    assert task_of(plain) == Task(0)
    assert task_of(fresh) == Task(0, HORIZON)


def test_a_horizon_in_days_limits_answers_in_hours() -> None:
    week = dataclasses.replace(problem().contract, horizon=Horizon(7 * 86400.0, "days"))
    hours = dataclasses.replace(week, output=dataclasses.replace(week.output, unit="h"))
    assert task_of(dataclasses.replace(problem(), contract=week)).horizon == 7.0
    assert task_of(dataclasses.replace(problem(), contract=hours)).horizon == 168.0


def test_intervals_hold_for_machines_that_were_not_seen(even: Fitted) -> None:
    fresh = problem(mills=60, seed=11)
    told = Graph(even.graph, even.info).run(fresh.rows)
    assert measure(fresh, told)["coverage"] > 0.76


def test_a_machine_with_many_rows_weighs_as_much_as_one_with_few() -> None:
    errors = np.concatenate([np.full(1000, 1.0), np.arange(2.0, 11.0)])
    groups = np.concatenate([np.zeros(1000), np.arange(1, 10)]).astype(np.int64)
    assert conformal_quantile(errors, 0.8) == 1.0
    assert grouped_quantile(errors, 0.8, groups) == 9.0


def test_few_machines_promise_no_more_than_their_largest_error() -> None:
    errors, groups = np.arange(30.0), np.arange(30) % 5
    assert grouped_quantile(errors, 0.9, groups) == 29.0


def test_weights_of_machines_are_even_and_sum_to_one() -> None:
    weights = even_weights(4, np.array([0, 0, 0, 1]))
    assert weights.tolist() == pytest.approx([1 / 6] * 3 + [1 / 2])
    assert weighted_quantile(np.array([5.0, 6.0, 7.0, 1.0]), weights, 0.5) == 1.0


@pytest.mark.parametrize("costs", [None, Costs(late=2.0, early=2.0), Costs(missed_failure=5.0)])
def test_without_a_dearer_side_nothing_is_shifted(costs: Costs | None) -> None:
    margin, truth = np.array([1.0, 2.0, np.nan]), np.array([4.0, 9.0, 1.0])
    assert within_horizon(10.0, margin, truth, costs, None) == WithinHorizon(10.0)


def test_the_shift_is_the_quantile_that_the_prices_ask_for() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(20, 40, 4000)
    margin = truth + rng.normal(0, 5, 4000)
    found = within_horizon(100.0, margin, truth, Costs(late=3.0, early=1.0), None)
    assert float(np.mean(found.apply(margin) <= truth)) == pytest.approx(0.75, abs=0.01)


def test_curves_keep_their_head_far_outside_what_was_seen() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2)).astype(np.float32)
    given = Setting(x, x[:, 0].astype(np.float64) ** 3, Task(0), 0)
    model = CurvedFit(1e-4).train(given)
    far = model.margin(np.array([[1e6, 0.0]], np.float32))
    assert abs(float(far[0, 0])) < 200
    lines = LinearFit(1e-4).train(given).margin(x)[:, 0]
    assert np.std(model.margin(x)[:, 0] - given.y) < 0.1 * np.std(lines - given.y)


def test_a_constant_feature_bends_nothing() -> None:
    x = np.column_stack([np.linspace(0, 1, 50), np.full(50, 7.1)]).astype(np.float32)
    model = CurvedFit(1e-3).train(Setting(x, np.linspace(0, 1, 50), Task(0), 0))
    moved = x.copy()
    moved[:, 1] += 100
    assert model.margin(moved).tolist() == model.margin(x).tolist()
