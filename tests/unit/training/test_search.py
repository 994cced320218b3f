"""The search for features: it finds what is there, and nothing where nothing is."""

from __future__ import annotations

import numpy as np
import polars as pl

from andamio.contracts import parse_contract
from andamio.contracts.contract import Contract, Feature
from andamio.training.boosting import Boosting, BoostingSettings
from andamio.training.candidates import Setting
from andamio.training.matrix import Matrices
from andamio.training.pairs import numeric_tags, pair_features, telling
from andamio.training.search import MOST_FOUND, search_features
from andamio.training.splits import folds
from andamio.training.table import Problem, read_problem
from andamio.training.task import target_of, task_of
from andamio.training.trials import Proposal, run_trial

QUICK = BoostingSettings(learning_rate=0.15, leaves=6, columns=0.8)
PLANT = """
[model]
kind = "{kind}"
data = "mill"
target = "y"

[input.torque]
type = "number"
unit = "Nm"

[input.speed]
type = "number"
unit = "rpm"

[input.inlet]
type = "number"
unit = "degC"

[input.outlet]
type = "number"
unit = "degC"

[input.on]
type = "boolean"

[output.y]
"""


def plant(kind: str = "regression", extra: str = "") -> Contract:
    return parse_contract(PLANT.format(kind=kind) + extra, name="mill", file="models/mill.toml")


def table(rows: int, target: str, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    torque, speed = rng.uniform(20, 60, rows), rng.uniform(1000, 2000, rows)
    inlet = rng.normal(300, 10, rows)
    outlet = inlet + rng.normal(5, 2, rows)
    shown = {"power": torque * speed / 1000, "noise": 0 * torque}[target] + rng.normal(size=rows)
    on = rng.random(rows) < 0.5
    return pl.DataFrame(
        {"torque": torque, "speed": speed, "inlet": inlet, "outlet": outlet, "on": on, "y": shown}
    )


def searched(problem: Problem, excluded: frozenset[str] = frozenset()) -> tuple[Feature, ...]:
    matrices = Matrices(problem.contract, problem.rows, excluded)
    task, target, parts = task_of(problem), target_of(problem), folds(problem, 3)

    def run(proposal: Proposal) -> object:
        x = matrices.matrix(proposal.found)
        return run_trial(proposal, Setting(x, target, task, 0), parts)

    start = run(Proposal(Boosting(QUICK), (), Boosting.title))
    strategy = search_features(problem.contract, excluded, matrices, Boosting(QUICK), Boosting(QUICK), start)
    try:
        proposal = next(strategy)
        while True:
            proposal = strategy.send(run(proposal))
    except StopIteration as end:
        return end.value


def test_a_product_that_makes_the_target_is_found() -> None:
    found = searched(read_problem(plant(), table(500, "power")))
    assert found[0] == Feature("torque_times_speed", "torque * speed")
    assert len(found) <= MOST_FOUND


def test_nothing_is_found_where_nothing_is() -> None:
    assert [searched(read_problem(plant(), table(300, "noise", seed))) for seed in range(3)] == [(), (), ()]


def test_an_excluded_tag_is_in_no_pair() -> None:
    found = searched(read_problem(plant(), table(300, "power")), frozenset({"speed"}))
    assert not [f for f in found if "speed" in f.expression]


def test_sums_and_differences_need_units_that_match() -> None:
    names = {f.name for f in pair_features(plant(), ["torque", "inlet", "outlet"])}
    assert "inlet_minus_outlet" in names
    assert not {"torque_minus_inlet", "torque_plus_inlet"} & names


def test_switches_are_no_numbers_to_do_arithmetic_on() -> None:
    assert numeric_tags(plant(), frozenset({"inlet"})) == ("torque", "speed", "outlet")


def test_a_name_that_the_contract_uses_is_not_given_again() -> None:
    declared = '\n[features]\ntorque_times_speed = "torque * speed"\n'
    names = [f.name for f in pair_features(plant(extra=declared), ["torque", "speed"])]
    assert "torque_times_speed" not in names
    assert "torque_over_speed" in names


def test_features_that_are_constant_or_follow_an_earlier_column_are_left_out() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 200))
    new = np.column_stack([a, b, 2 * a + 1e-4 * b, np.full(200, 3.0), a * b, a * b + 1]).astype(np.float32)
    features = [Feature(name, name) for name in ("follows", "constant", "tells", "again")]
    assert [f.name for f in telling(features, new, 2)] == ["tells"]
