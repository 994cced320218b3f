"""Live performance is measured where the truth is known, and harm is told from bad luck."""

from __future__ import annotations

import numpy as np
import pytest

from andamio.monitoring.performance import measure
from tests.unit.monitoring.conftest import Plant, usual

PROMISED = {"recall": 0.9, "false_alarm_rate": 0.02, "accuracy": 0.97}


def judge(plant: Plant):
    return measure(plant.seen().judged, plant.contract, plant.info, PROMISED)


def lived(plant: Plant, *, caught: int, missed: int, false: int, quiet: int) -> None:
    risk = np.array([0.9] * caught + [0.1] * missed + [0.9] * false + [0.1] * quiet)
    ids = plant.answer(usual(len(risk), 30), risk=risk)
    plant.tell(ids, ["1"] * (caught + missed) + ["0"] * (false + quiet))


def test_shares_are_counted_against_the_truth(plant: Plant) -> None:
    lived(plant, caught=18, missed=2, false=3, quiet=97)
    measured = {m.name: (m.value, m.of) for m in judge(plant).measures}
    assert measured == {"accuracy": (115 / 120, 120), "recall": (0.9, 20), "false_alarm_rate": (0.03, 100)}
    assert judge(plant).findings == ()


def test_many_missed_failures_are_harm(plant: Plant) -> None:
    lived(plant, caught=10, missed=30, false=1, quiet=100)
    (found,) = judge(plant).findings
    assert (found.kind, found.data["metric"]) == ("harm", "recall")


def test_many_false_alarms_are_harm(plant: Plant) -> None:
    lived(plant, caught=18, missed=2, false=40, quiet=100)
    (found,) = judge(plant).findings
    assert (found.kind, found.data["metric"]) == ("harm", "false_alarm_rate")


def test_bad_luck_with_few_truths_is_not_harm(plant: Plant) -> None:
    lived(plant, caught=1, missed=4, false=1, quiet=10)
    assert judge(plant).findings == ()


@pytest.mark.parametrize("written", ["1", 1, 1.0, "1.0"])
def test_a_class_is_the_same_however_it_is_written(plant: Plant, written: object) -> None:
    ids = plant.answer(usual(1, 31), risk=np.array([0.9]))
    plant.tell(ids, [written])
    assert {m.name: m.value for m in judge(plant).measures}["recall"] == 1


def test_the_last_truth_that_arrived_wins(plant: Plant) -> None:
    ids = plant.answer(usual(1, 32), risk=np.array([0.9]))
    plant.tell(ids, ["0"])
    plant.tell(ids, ["1"])
    assert judge(plant).judged == 1
    assert {m.name: m.value for m in judge(plant).measures}["recall"] == 1
