"""Sensor faults are told apart from a process that works."""

from __future__ import annotations

import numpy as np

from andamio.monitoring import Level
from andamio.monitoring.repeats import findings_by_profile, range_findings
from tests.unit.monitoring.conftest import Plant, usual


def findings(plant: Plant) -> list:
    seen = plant.seen()
    rows = seen.of_version(1)
    found = findings_by_profile(seen, rows, plant.contract, plant.profile)
    return found + range_findings(seen, rows, plant.contract)


def test_healthy_sensors_have_no_findings(plant: Plant) -> None:
    plant.answer(usual(300, 20))
    assert findings(plant) == []


def test_a_stuck_sensor_is_found_in_its_asset_with_the_value_and_since_when(plant: Plant) -> None:
    numbers = usual(200, 21)
    numbers[101::2, 0] = 61.5
    plant.answer(numbers, assets=["pump-1", "pump-2"] * 100)
    (found,) = findings(plant)
    assert (found.kind, found.level, found.tag, found.asset) == ("stuck", Level.ALARM, "temp", "pump-2")
    assert found.data == {"rows": 50, "value": 61.5}
    assert found.since.timestamp() == plant.seen().times[101]


def test_a_sensor_that_was_stuck_and_moves_again_is_no_finding_any_more(plant: Plant) -> None:
    numbers = usual(200, 22)
    numbers[50:120, 0] = 61.5
    plant.answer(numbers)
    assert findings(plant) == []


def test_a_tag_that_goes_missing_is_found(plant: Plant) -> None:
    numbers = usual(100, 23)
    numbers[60:, 0] = np.nan
    plant.answer(numbers)
    (found,) = findings(plant)
    assert (found.kind, found.tag, found.data["share"]) == ("missing", "temp", 0.4)


def test_values_outside_their_range_are_noticed(plant: Plant) -> None:
    numbers = usual(100, 24)
    numbers[80:, 0] = np.linspace(130, 140, 20)
    plant.answer(numbers)
    (found,) = findings(plant)
    assert (found.kind, found.level, found.data["rows"]) == ("out-of-range", Level.NOTICE, 20)
