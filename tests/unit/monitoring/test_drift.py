"""A process that moved is found; a season, a stuck sensor and a usual week are not called drift."""

from __future__ import annotations

import numpy as np
import pytest

from andamio.monitoring import Level
from andamio.monitoring.drift import drift_findings
from tests.unit.monitoring.conftest import Plant, usual


def findings(plant: Plant) -> list:
    seen = plant.seen()
    return drift_findings(seen, seen.of_version(1), plant.contract, plant.profile)


def risk(rows: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.05, 0.15, rows)


@pytest.mark.parametrize("seed", range(10, 18))
def test_a_usual_week_has_no_drift(plant: Plant, seed: int) -> None:
    plant.answer(usual(400, seed), risk=risk(400))
    assert findings(plant) == []


def test_a_tag_that_moved_is_found_with_its_direction_and_size(plant: Plant) -> None:
    plant.answer(usual(400, 10) + [8, 0], risk=risk(400))
    (found,) = findings(plant)
    assert (found.kind, found.level, found.tag) == ("drift", Level.ALARM, "temp")
    assert found.data["median_move"] == pytest.approx(8, abs=1)
    assert "temp moved up by" in str(found.what)


def test_a_tag_that_fell_is_said_to_have_moved_down(plant: Plant) -> None:
    plant.answer(usual(400, 10) - [8, 0], risk=risk(400))
    assert "temp moved down by" in str(findings(plant)[0].what)


def test_context_may_move_and_is_only_noticed(plant: Plant) -> None:
    plant.answer(usual(400, 10) + [0, 12], risk=risk(400))
    (found,) = findings(plant)
    assert (found.kind, found.level, found.tag) == ("context", Level.NOTICE, "ambient")


def test_a_few_rows_are_not_judged(plant: Plant) -> None:
    plant.answer(usual(49, 10) + [30, 0], risk=risk(49))
    assert findings(plant) == []


def test_rows_of_a_stuck_sensor_are_not_called_drift(plant: Plant) -> None:
    numbers = usual(400, 10)
    numbers[250:, 0] = 90.0
    plant.answer(numbers, risk=risk(400))
    assert [found.tag for found in findings(plant)] == []


def test_a_changed_mix_of_a_category_is_found(plant: Plant) -> None:
    plant.answer(usual(400, 10), ["M"] * 400, risk=risk(400))
    (found,) = findings(plant)
    assert (found.kind, found.tag) == ("drift", "product")
    assert found.what.values["label"] == "M"


def test_predictions_that_moved_are_noticed(plant: Plant) -> None:
    plant.answer(usual(400, 10), risk=np.full(400, 0.9))
    (found,) = findings(plant)
    assert (found.kind, found.level) == ("prediction-drift", Level.NOTICE)
