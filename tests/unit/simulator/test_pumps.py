"""The simulated plant is the same for the same seed, and its physics holds."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from andamio.simulator import Disturbance, PumpPlant

START = datetime(2026, 1, 5, tzinfo=UTC)
DAYS = 40


def test_the_same_seed_gives_the_same_plant_hour_for_hour() -> None:
    whole = PumpPlant(7, START).run(24 * 4)
    in_parts = PumpPlant(7, START)
    first, second = in_parts.run(24), in_parts.run(24 * 3)
    for tag, values in whole.tags.items():
        np.testing.assert_array_equal(values, np.concatenate([first.tags[tag], second.tags[tag]]))
    assert whole.pump == [*first.pump, *second.pump]


def test_another_seed_gives_another_plant() -> None:
    one, other = PumpPlant(1, START).run(24), PumpPlant(2, START).run(24)
    assert not np.array_equal(one.tags["vibration"], other.tags["vibration"])


def test_a_worn_pump_shakes_and_heats_before_it_fails() -> None:
    readings = PumpPlant(3, START).run(24 * DAYS)
    failing = readings.failure == 1
    heat = readings.tags["bearing_temp"] - readings.tags["ambient_temp"]
    assert 0.01 < failing.mean() < 0.15
    assert readings.tags["vibration"][failing].mean() > 1.8 * readings.tags["vibration"][~failing].mean()
    assert heat[failing].mean() > heat[~failing].mean() + 5


def test_january_is_hotter_than_july_in_this_plant() -> None:
    january = PumpPlant(3, START).run(24 * 10).tags["ambient_temp"].mean()
    july = PumpPlant(3, datetime(2026, 7, 5, tzinfo=UTC)).run(24 * 10).tags["ambient_temp"].mean()
    assert january > july + 4


def test_a_stuck_sensor_repeats_its_last_value_and_touches_no_other_tag() -> None:
    stuck = Disturbance("stuck", "bearing_temp", from_hour=30, pump="pump-02")
    clean, disturbed = PumpPlant(5, START).run(60), PumpPlant(5, START, disturbances=[stuck]).run(60)
    second = np.array(disturbed.pump) == "pump-02"
    held = disturbed.tags["bearing_temp"][second][30:]
    assert np.unique(held).size == 1
    np.testing.assert_array_equal(
        disturbed.tags["bearing_temp"][~second], clean.tags["bearing_temp"][~second]
    )
    np.testing.assert_array_equal(disturbed.tags["vibration"], clean.tags["vibration"])


def test_a_drift_moves_its_tag_in_every_pump_by_its_size() -> None:
    drift = Disturbance("drift", "vibration", from_hour=10, size=1.5)
    clean, disturbed = PumpPlant(5, START).run(20), PumpPlant(5, START, disturbances=[drift]).run(20)
    moved = disturbed.tags["vibration"] - clean.tags["vibration"]
    np.testing.assert_allclose(moved[: 10 * 8], 0)
    np.testing.assert_allclose(moved[10 * 8 :], 1.5, atol=0.011)
