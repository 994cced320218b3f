"""Operating conditions: found where there are some, and taken out of what tags read."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from andamio.statistics.conditions import Conditions, find_conditions

SETTINGS = np.array([[0.0, 100.0], [10.0, 100.0], [25.0, 60.0], [42.0, 100.0]])
TAGS, LEVELLED = ("speed", "load"), ("heat", "flow")
NAMES = (*TAGS, *LEVELLED)
Numbers = NDArray[np.float64]


def machine(rows: int = 3000, seed: int = 0) -> tuple[NDArray[np.float32], Numbers]:
    """Rows of speed, load, heat and flow, and the wear that heat and flow tell in every condition."""
    rng = np.random.default_rng(seed)
    place = rng.choice(4, rows, p=[0.2, 0.4, 0.2, 0.2])
    wear = rng.random(rows)
    heat = np.array([20.0, 500.0, 90.0, 1200.0])[place] + np.array([1.0, 2.0, 0.5, 3.0])[place] * wear
    flow = np.array([5.0, 1.0, 70.0, 30.0])[place] - np.array([0.2, 0.1, 4.0, 1.0])[place] * wear
    settings = SETTINGS[place] + rng.normal(0, 0.003, (rows, 2))
    return np.column_stack([settings, heat, flow]).astype(np.float32), wear


def found(table: NDArray[np.float32]) -> Conditions:
    conditions = find_conditions(TAGS, table[:, :2], LEVELLED, table[:, 2:])
    assert conditions is not None
    return conditions


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_as_many_conditions_are_found_as_there_are(seed: int) -> None:
    conditions = found(machine(seed=seed)[0])
    centres = conditions.centres[np.argsort(conditions.centres[:, 0])]
    assert np.allclose(centres, SETTINGS, atol=0.01)


def test_one_condition_is_none_however_its_settings_jitter() -> None:
    rng = np.random.default_rng(0)
    settings = np.column_stack([rng.normal(0, 1e-3, 2000), np.full(2000, 100.0)]).astype(np.float32)
    values = rng.normal(50, 1, (2000, 2)).astype(np.float32)
    assert find_conditions(TAGS, settings, LEVELLED, values) is None


def test_a_load_that_glides_is_cut_into_several() -> None:
    rng = np.random.default_rng(0)
    load = rng.uniform(0, 100, 3000)
    values = np.column_stack([3 * load, -load]) + rng.normal(0, 1, (3000, 2))
    settings = np.column_stack([load, load]).astype(np.float32)
    conditions = find_conditions(TAGS, settings, LEVELLED, values.astype(np.float32))
    assert conditions is not None
    assert len(conditions) >= 8


def test_a_few_odd_rows_are_no_condition() -> None:
    table, _ = machine()
    table[:20, :2] = [500.0, -40.0]
    conditions = found(table)
    assert np.abs(conditions.centres).max() < 150


def test_levelled_tags_tell_of_the_machine_alone() -> None:
    table, wear = machine()
    level = found(table).packed(NAMES, table)
    for column, sign in ((2, 1), (3, -1)):
        assert np.corrcoef(sign * level[:, column], wear)[0, 1] > 0.999
    usual = table[np.abs(table[:, 0] - 10.0) < 1]
    assert np.allclose(level[:, 2].mean(), usual[:, 2].mean(), rtol=1e-3)
    assert np.array_equal(level[:, :2], table[:, :2])


def test_what_is_levelled_can_be_told_in_its_own_condition_again() -> None:
    table, _ = machine()
    conditions = found(table)
    windows = table.reshape(300, 10, 4).transpose(0, 2, 1).reshape(300, 40)
    again = conditions.packed(NAMES, conditions.packed(NAMES, windows), back=True)
    assert np.allclose(again, windows, rtol=1e-4)


def test_without_its_settings_a_levelled_tag_has_no_value() -> None:
    table, _ = machine()
    conditions = found(table)
    table[7, 1] = np.nan
    level = conditions.packed(NAMES, table)
    assert np.isnan(level[7, 1:]).all()
    assert level[7, 0] == table[7, 0]
    assert np.isfinite(np.delete(level, 7, axis=0)).all()


def test_a_tag_that_stands_still_in_a_condition_stays_a_number() -> None:
    table, _ = machine()
    table[:, 2] = np.where(np.abs(table[:, 0] - 10.0) < 1, 7.0, table[:, 2])
    level = found(table).packed(NAMES, table)
    assert np.isfinite(level).all()


def test_too_few_rows_have_no_conditions() -> None:
    table, _ = machine(rows=60)
    assert find_conditions(TAGS, table[:, :2], LEVELLED, table[:, 2:]) is None


def test_they_survive_as_arrays() -> None:
    table, _ = machine()
    conditions = found(table)
    arrays = {key: np.asarray(value) for key, value in conditions.arrays().items()}
    again = Conditions.of_arrays(arrays)
    assert again is not None
    assert (again.tags, again.levelled) == (TAGS, LEVELLED)
    assert np.array_equal(again.packed(NAMES, table), conditions.packed(NAMES, table))
    assert Conditions.of_arrays({}) is None
