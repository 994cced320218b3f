"""A model of remaining life from its contract to what becomes a bundle: windows, horizon, prices, gates."""

from __future__ import annotations

import pytest

from andamio.contracts import parse_contract
from andamio.training.run import Candidate, TrainOptions, train

from .conftest import Table
from .test_remaining_life import HORIZON, history

MILL = f"""
[model]
kind = "regression"
data = "mill"
target = "life"
time = "cycle"
asset = "mill"
horizon = {HORIZON:g}

[window]
length = 12
least = 4

[input.heat]
type = "number"
missing = "impute"

[input.sound]
type = "number"
missing = "impute"

[features]
heat_mean = "mean(heat)"
sound_mean = "mean(last(sound, 6))"

[output.life]
coverage = 0.8

[costs]
late = 4
early = 1

[accept]
phm_score = "<= 50"
cost_per_row = "<= 40"
"""


@pytest.fixture(scope="module")
def candidate() -> Candidate:
    contract = parse_contract(MILL, name="mill", file="models/mill.toml")
    return train(contract, Table(history(15)), TrainOptions(trials=3, steps=1), lambda _: None)


def test_its_gates_are_judged_by_remaining_life_and_its_prices(candidate: Candidate) -> None:
    assert candidate.deployable
    assert candidate.evaluation.main == "cost_per_row"
    assert {"phm_score", "late_share", "cost_per_row"} <= set(candidate.evaluation.metrics)
    assert candidate.parts.parity["passed"]


def test_whole_machines_are_held_out(candidate: Candidate) -> None:
    assert candidate.split.rule == "asset"


def test_young_machines_are_answered_from_the_least_samples_on(candidate: Candidate) -> None:
    rows = history(15).height - 15 * 3
    assert len(candidate.split.train) + len(candidate.split.test) == rows
    assert all(
        0 <= entry["lower"] <= entry["value"] <= entry["upper"] <= HORIZON for entry in golden(candidate)
    )


def golden(candidate: Candidate) -> list[dict[str, float]]:
    return list(candidate.parts.golden)
