"""A model within its size: pruned, measured as it is, told openly; or refused with what would be enough."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from andamio.bundles import Graph
from andamio.bundles.parity import certify, certify_thresholds
from andamio.contracts import parse_contract
from andamio.errors import LimitsRefused
from andamio.training.boosting import Boosting, BoostingSettings
from andamio.training.fitting import Fitted, fit
from andamio.training.forest import Forest
from andamio.training.pruning import MEGABYTE
from andamio.training.table import Problem, read_problem
from andamio.training.task import Task

KILN = """
[model]
kind = "regression"
data = "kiln"
target = "strength"

[input.heat]
type = "number"

[input.load]
type = "number"

[input.speed]
type = "number"

[output.strength]

[limits]
model_mb = {limit}
"""


def limited(model_mb: float) -> Problem:
    """Levels between sharp limits, which trees find and nothing smooth does."""
    random = np.random.default_rng(5)
    heat, load, speed = random.uniform(0, 1, (3, 300))
    level = np.where(heat > 0.6, 3.0, 0.0) + np.where(load > 0.3, 2.0, 0.0) * (speed > 0.5)
    frame = pl.DataFrame({"heat": heat, "load": load, "speed": speed})
    spread = 0.05 + 0.4 * (heat > 0.6)
    frame = frame.with_columns(pl.Series("strength", level + spread * random.normal(size=300)))
    contract = parse_contract(KILN.format(limit=model_mb), name="kiln", file="models/kiln.toml")
    return read_problem(contract, frame)


def fitted(model_mb: float) -> Fitted:
    return fit(limited(model_mb), trials=3, seed=3)


@pytest.fixture(scope="module")
def free() -> Fitted:
    return fitted(100.0)


@pytest.fixture(scope="module")
def pruned(free: Fitted) -> Fitted:
    """Half of what the best model weighs."""
    return fitted(round(len(free.graph) / MEGABYTE / 2, 3))


def test_a_limit_that_is_kept_anyway_costs_nothing(free: Fitted) -> None:
    assert free.pruned is None


def test_a_pruned_model_keeps_within_its_size_and_says_what_that_cost(free: Fitted, pruned: Fitted) -> None:
    told = pruned.pruned
    assert told is not None
    assert told.mb == len(pruned.graph) / MEGABYTE
    assert told.mb <= told.limit_mb < told.whole_mb == len(free.graph) / MEGABYTE
    (before,) = [one for one in free.leaderboard if one.chosen]
    assert told.whole_loss == before.score
    facts = told.facts()
    assert facts["metric"] == "rmse"
    assert str(told.limit_mb) in str(told.sentence)


def test_trees_are_pruned_and_not_given_up(pruned: Fitted) -> None:
    assert pruned.native.model.thresholds()
    dummy = next(one for one in pruned.leaderboard if one.family == "dummy")
    assert pruned.pruned is not None
    assert pruned.pruned.loss < 0.5 * dummy.score


def test_the_loss_that_is_told_is_that_of_the_pruned_model(pruned: Fitted) -> None:
    assert pruned.pruned is not None
    known = np.isfinite(pruned.out_of_fold[:, 0])
    truth = limited(1.0).target[pruned.out_of_fold_rows]
    apart = pruned.out_of_fold[known, 0] - truth[known]
    assert pruned.pruned.loss == pytest.approx(float(np.sqrt(np.mean(apart**2))))


def test_the_graph_of_a_pruned_model_answers_as_it_does(pruned: Fitted) -> None:
    rows = limited(1.0).rows
    graph = Graph(pruned.graph, pruned.info)
    thresholds = certify_thresholds(pruned.native.answer, graph, pruned.graph, rows)
    assert certify(pruned.native, graph, rows, thresholds=thresholds)["passed"]


def test_where_nothing_fits_the_smallest_size_is_told_and_can_be_had() -> None:
    with pytest.raises(LimitsRefused) as refused:
        fitted(0.001)
    smallest = float(str(refused.value.why).split()[-2])
    small = fitted(smallest * 1.01)
    assert 0.001 * MEGABYTE < len(small.graph) <= smallest * 1.01 * MEGABYTE
    # A model of the error's size has a weight of its own: it goes before a number is refused.
    assert small.native.interval is not None
    assert small.native.interval.spread is None


def test_fewer_boosted_trees_are_its_first_or_learn_faster() -> None:
    whole = Boosting(BoostingSettings(learning_rate=0.05, leaves=16, rounds=100))
    proposed = whole.pruned(160, 1600, Task(2))
    assert proposed[0] == Boosting(replace(whole.chosen, rounds=None), 10)
    assert all((one.most or 0) * one.chosen.leaves <= 160 for one in proposed)
    assert all(one.chosen.learning_rate == 0.3 for one in proposed[1:])
    assert {one.chosen.leaves for one in proposed} == {8, 16, 32}


def test_several_classes_share_the_leaves() -> None:
    whole = Boosting(BoostingSettings(leaves=10, rounds=60))
    assert whole.pruned(180, 1800, Task(3))[0].most == 6


def test_a_smaller_forest_has_fewer_trees_or_smaller_ones() -> None:
    proposed = Forest().pruned(150, 4000, Task(0))
    assert [(one.trees, one.leaves) for one in proposed] == [(50, 150), (20, 150), (10, 150), (5, 150)]
    assert Forest().pruned(5, 4000, Task(0)) == ()
