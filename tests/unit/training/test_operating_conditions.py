"""A machine whose load switches from row to row: its conditions are found, and stay in the bundle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from andamio.bundles import Graph, build_bundle, create_key
from andamio.contracts import parse_contract
from andamio.contracts.contract import Contract
from andamio.explanations.explainer import Effort, Explainer
from andamio.statistics.conditions import Conditions
from andamio.statistics.remaining_life import last_rows
from andamio.training.anomaly.learning import learn_detector
from andamio.training.fitting import fit
from andamio.training.importance import importances
from andamio.training.learnt import Learnt
from andamio.training.run import Candidate, TrainOptions, train
from andamio.training.table import Problem, read_problem

from .conftest import Table
from .test_remaining_life import history
from .test_remaining_life_bundle import MILL

LEVELS = np.array([[0.0, 0.0], [40.0, -7.0], [-300.0, 90.0]])
GAINS = np.array([[1.0, 1.0], [2.0, 0.5], [0.6, 1.6]])
LOAD = '\n[input.load]\ntype = "number"\nmissing = "impute"\n'
TEXT = MILL.replace("[features]", LOAD + "\n[features]")
DETECTOR = """
[model]
kind = "anomaly"
data = "mill"
time = "cycle"
asset = "mill"

[window]
length = 12
conditions = ["load"]
""" + "".join(f'[input.{tag}]\ntype = "number"\nmissing = "impute"\n' for tag in ("heat", "sound", "load"))


def contract(*, conditions: bool) -> Contract:
    text = TEXT.replace("least = 4\n", 'least = 4\nconditions = ["load"]\n') if conditions else TEXT
    return parse_contract(text, name="mill", file="models/mill.toml")


def switching(mills: int, seed: int = 0) -> pl.DataFrame:
    table = history(mills, seed)
    rng = np.random.default_rng(seed + 1)
    place = rng.integers(0, 3, table.height)
    tags = ["heat", "sound"]
    read = LEVELS[place] + GAINS[place] * table.select(tags).to_numpy()
    load = np.array([10.0, 50.0, 100.0])[place] + rng.normal(0, 0.1, len(place))
    columns = [pl.Series(tag, read[:, column]) for column, tag in enumerate(tags)]
    return table.with_columns(*columns, pl.Series("load", load))


@pytest.fixture(scope="module")
def candidate() -> Candidate:
    made = contract(conditions=True)
    return train(made, Table(switching(15)), TrainOptions(trials=3), lambda _: None)


def test_the_conditions_travel_in_the_bundle_with_a_graph_that_is_the_models(candidate: Candidate) -> None:
    assert candidate.parts.parity["passed"]
    conditions = Conditions.of_arrays(candidate.parts.reference)
    assert conditions is not None
    assert np.allclose(np.sort(conditions.centres[:, 0]), [10.0, 50.0, 100.0], atol=0.5)
    told = candidate.parts.lineage["learnt"]["conditions"]
    assert told["tags"] == ["load"]
    assert np.allclose(np.array(told["centres"]), conditions.centres, rtol=1e-5)


def test_the_conditions_of_the_reference_are_those_of_the_graph() -> None:
    """A detector is learnt again from all rows, whose conditions are not quite those of the training part."""
    made = parse_contract(DETECTOR, name="mill", file="models/mill.toml")
    answers: list[Learnt] = []

    def learn_and_keep(problem: Problem, **more: Any) -> Learnt:
        learnt = learn_detector(problem, **more)
        assert learnt.again is not None
        again = learnt.again
        answers.append(learnt)
        return replace(learnt, again=lambda every: answers.append(again(every)) or answers[-1])

    found = train(made, Table(switching(15)), TrainOptions(trials=1), lambda _: None, learn=learn_and_keep)
    rehearsed, learnt = (one.conditions for one in answers)
    kept = Conditions.of_arrays(found.parts.reference)
    assert rehearsed is not None
    assert learnt is not None
    assert kept is not None
    assert np.array_equal(kept.mean, learnt.mean)
    assert not np.array_equal(kept.mean, rehearsed.mean)


def test_an_explanation_speaks_of_wear_and_not_of_loads(candidate: Candidate, tmp_path: Path) -> None:
    signer = create_key(tmp_path / "keys" / "plant.pem")
    bundle = build_bundle(candidate.parts, tmp_path / "bundles", signer, {})
    graph = Graph(candidate.parts.graph, candidate.parts.info)
    asked = read_problem(bundle.contract, switching(6, seed=7))
    usual = float(np.mean(graph.run(asked.rows).value))
    worn = asked.rows.take(last_rows(asked.assets, asked.times))
    explainer = Explainer(bundle, graph)
    for place in range(3):
        found = explainer.explain(worn.take(np.array([place])), f"mill {place}", Effort())
        amounts = {one.tag.name: one.amount for one in found.contributions}
        assert found.base + sum(amounts.values()) == pytest.approx(found.value, abs=0.1)
        assert found.base == pytest.approx(usual, abs=8)
        assert abs(amounts["load"]) < 3
        assert amounts["heat"] + amounts["sound"] < -10


def error(*, conditions: bool, table: pl.DataFrame, unseen: pl.DataFrame) -> float:
    made = contract(conditions=conditions)
    fitted = fit(read_problem(made, table), only=frozenset({"curved"}), trials=1)
    asked = read_problem(made, unseen)
    told = fitted.native(asked.rows)
    assert told.value is not None
    return float(np.sqrt(np.mean((told.value - asked.target) ** 2)))


def test_loads_that_switch_cost_nothing_once_they_are_named() -> None:
    table, unseen = switching(15), switching(6, seed=7)
    named = error(conditions=True, table=table, unseen=unseen)
    plain = error(conditions=False, table=history(15).with_columns(load=pl.lit(1.0)),
                  unseen=history(6, 7).with_columns(load=pl.lit(1.0)))  # fmt: skip
    mixed = error(conditions=False, table=table, unseen=unseen)
    assert named < 1.15 * plain
    assert mixed > 1.5 * plain


def test_importance_is_of_levelled_tags() -> None:
    made = contract(conditions=True)
    problem = read_problem(made, switching(15))
    fitted = fit(problem, trials=3)
    graph = Graph(fitted.graph, fitted.info)
    found = {one.tag: one.loss for one in importances(problem, graph.run, 0, fitted.plan.conditions)}
    # Readings of another condition, put in as they are, would tell of hundreds of units.
    assert 0 < found["heat"] < 60
    assert found["load"] < found["heat"]
