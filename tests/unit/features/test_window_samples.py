"""What happens to a window's samples as they enter the graph: levelled by condition, and begun."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from andamio.contracts import parse_contract
from andamio.contracts.contract import Contract
from andamio.contracts.rows import Rows
from andamio.features import feature_graph, learn_plan, run_features
from andamio.statistics.conditions import find_conditions

LENGTH = 12
SETTINGS = np.array([0.0, 10.0, 25.0])
HEATS = np.array([20.0, 500.0, 90.0])
Samples = NDArray[np.float32]

CONTRACT = """
[model]
kind = "regression"
data = "engines"
target = "left"
time = "cycle"
asset = "engine"

[window]
length = 12
least = 3
{more}

[input.speed]
type = "number"
missing = "impute"

[input.heat]
type = "number"
missing = "impute"
range = [0, 1000]
out_of_range = "clip"

[features]
{features}

[output.left]
"""
FEATURES = {
    "whole": "mean(heat)",
    "short": "mean(last(heat, 3))",
    "spread": "std(heat)",
    "slope": "slope(heat)",
    "now": "heat * 1",
}


def contract(more: str = 'conditions = ["speed"]') -> Contract:
    features = "\n".join(f'{name} = "{expression}"' for name, expression in FEATURES.items())
    return parse_contract(CONTRACT.format(more=more, features=features), name="engine", file="e.toml")


def rows_of(speed: Samples, heat: Samples) -> Rows:
    many = len(speed)
    numbers = np.column_stack([speed[:, -1], heat[:, -1]])
    blank = [None] * many
    return Rows(numbers, np.empty((many, 0), object), blank, blank, [()] * many, np.hstack([speed, heat]))


def history(many: int = 400, seed: int = 0) -> tuple[Samples, Samples, Samples]:
    """Speeds, heats and the wear behind them, each ``(rows, LENGTH)``; speeds switch at every sample."""
    rng = np.random.default_rng(seed)
    place = rng.choice(3, (many, LENGTH), p=[0.25, 0.5, 0.25])
    wear = rng.random((many, LENGTH))
    heat = HEATS[place] + np.array([1.0, 4.0, 2.0])[place] * wear
    speed = SETTINGS[place] + rng.normal(0, 0.01, place.shape)
    return speed.astype(np.float32), heat.astype(np.float32), wear.astype(np.float32)


def values(made: Contract, rows: Rows, learnt_from: Rows | None = None) -> Mapping[str, Samples]:
    graph = feature_graph(learn_plan(made, rows if learnt_from is None else learnt_from))
    table = run_features(graph, rows)
    alone = np.vstack([run_features(graph, rows.take(np.array([row]))) for row in range(min(20, len(table)))])
    assert np.array_equal(alone, table[: len(alone)], equal_nan=True)
    return {name: table[:, place] for place, name in enumerate(graph.names)}


def test_features_are_of_samples_told_as_in_the_commonest_condition() -> None:
    speed, heat, wear = history()
    found = values(contract(), rows_of(speed, heat))
    level = 500 + 4 * wear
    assert np.allclose(found["whole"], level.mean(axis=1), atol=0.2)
    assert np.allclose(found["spread"], level.std(axis=1), atol=0.2)
    assert np.allclose(found["heat"], level[:, -1], atol=0.5)
    assert np.array_equal(found["now"], found["heat"])
    assert np.array_equal(found["speed"], speed[:, -1])


def test_without_conditions_samples_stay_as_they_are() -> None:
    speed, heat, _ = history()
    found = values(contract(more=""), rows_of(speed, heat))
    assert np.allclose(found["whole"], heat.mean(axis=1), rtol=1e-5)
    assert np.array_equal(found["heat"], heat[:, -1])


def test_the_graph_levels_as_training_does() -> None:
    speed, heat, _ = history()
    rows = rows_of(speed, heat)
    conditions = find_conditions(("speed",), rows.numbers[:, :1], ("heat",), rows.numbers[:, 1:])
    assert conditions is not None
    told = conditions.packed(("speed", "heat"), rows.numbers)
    assert np.allclose(values(contract(), rows)["heat"], told[:, 1], rtol=1e-6)


def test_a_sample_whose_condition_is_unknown_is_missing_and_filled_after_levelling() -> None:
    speed, heat, wear = history()
    learnt_from = rows_of(speed, heat)
    speed = speed.copy()
    speed[:, 5] = np.nan
    level = 500 + 4 * wear
    level[:, 5] = (level[:, 4] + level[:, 6]) / 2
    found = values(contract(), rows_of(speed, heat), learnt_from)
    assert np.allclose(found["whole"], level.mean(axis=1), atol=0.2)


def test_a_range_is_of_readings_as_they_are() -> None:
    speed, heat, _ = history()
    learnt_from, high = rows_of(speed, heat), heat.copy()
    slow = speed[:, -1] < 5
    high[slow, -1] = 5000.0
    low = 1000.0 - 20.0
    found = values(contract(), rows_of(speed, high), learnt_from)
    # Clipped at 1,000 as read, then four times as far from the usual as in the commonest condition.
    assert np.allclose(found["heat"][slow], 500 + 4 * low, rtol=0.05)


@pytest.mark.parametrize("known", [3, 5, 11])
def test_a_mean_over_a_window_that_has_only_begun_is_the_mean_of_what_there_is(known: int) -> None:
    speed, heat, _ = history()
    learnt_from, begun = rows_of(speed, heat), heat.copy()
    begun[:, : LENGTH - known] = np.nan
    found = values(contract(more=""), rows_of(speed, begun), learnt_from)
    assert np.allclose(found["whole"], np.nanmean(begun, axis=1), rtol=1e-5)
    assert np.allclose(found["short"], heat[:, -3:].mean(axis=1), rtol=1e-5)
    held = np.where(np.isnan(begun), np.nanmean(begun, axis=1, keepdims=True), begun)
    assert np.allclose(found["spread"], held.std(axis=1), rtol=1e-4)


def test_a_window_that_has_begun_and_never_moves_does_not_spread() -> None:
    heat = np.full((4, LENGTH), 0.1, np.float32)
    heat[:, :7] = np.nan
    speed = np.ones_like(heat)
    found = values(contract(more=""), rows_of(speed, heat), rows_of(*history()[:2]))
    assert (found["spread"] == 0).all()
    assert (found["slope"] == 0).all()


def test_a_hole_inside_a_window_that_has_begun_is_bridged() -> None:
    speed, heat, _ = history()
    begun = heat.copy()
    begun[:, :4], begun[:, 8] = np.nan, np.nan
    whole = begun.copy()
    whole[:, 8] = (heat[:, 7] + heat[:, 9]) / 2
    whole[:, :4] = np.nanmean(begun, axis=1, keepdims=True)
    found = values(contract(more=""), rows_of(speed, begun), rows_of(speed, heat))
    assert np.allclose(found["whole"], whole.mean(axis=1), rtol=1e-5)


def test_a_window_without_any_sample_is_undefined() -> None:
    speed, heat, _ = history()
    nothing = heat.copy()
    nothing[3] = np.nan
    found = values(contract(more=""), rows_of(speed, nothing))
    assert found["whole"][3] == np.median(np.delete(found["whole"], 3)).astype(np.float32)
