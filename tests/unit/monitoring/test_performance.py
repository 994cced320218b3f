"""Live performance is measured where the truth is known, and harm is told from bad luck."""

from __future__ import annotations

import numpy as np
import pytest

from andamio.bundles import GraphInfo
from andamio.journal import Judged, Prediction, PredictionRecord, TruthRecord
from andamio.monitoring.performance import Promise, measure
from tests.unit.monitoring.conftest import Plant, usual

PROMISED = {
    "recall": Promise(0.9, 0.8, 0.96),
    "false_alarm_rate": Promise(0.02, 0.01, 0.04),
    "accuracy": Promise(0.97, 0.95, 0.99),
}


def judge(plant: Plant):
    return measure(plant.seen().judged, plant.contract, plant.info, PROMISED)


def lived(plant: Plant, *, caught: int, missed: int, false: int, quiet: int) -> None:
    """Let rows of ten machines be answered, dealt out evenly."""
    risk = np.array([0.9] * caught + [0.1] * missed + [0.9] * false + [0.1] * quiet)
    assets = [f"pump-{i % 10}" for i in range(len(risk))]
    ids = plant.answer(usual(len(risk), 30), risk=risk, assets=assets)
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


def test_one_bad_day_of_one_machine_is_one_piece_of_evidence(plant: Plant) -> None:
    risk = np.full(24, 0.1)
    ids = plant.answer(usual(24, 33), risk=risk)
    plant.tell(ids, ["1"] * 24)
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


def numbers(truths: np.ndarray, errors: np.ndarray) -> list[Judged]:
    """Judge the predictions of a number, machine by machine."""
    record = PredictionRecord(ids=(), time=0.0, model="press", version=1, digest="0" * 64, numbers=b"")
    return [
        Judged(
            Prediction(
                id=str(i),
                record=record,
                asset=f"press-{i % 10}",
                event_time=None,
                flags=(),
                numbers=np.zeros(1, np.float32),
                categories=(),
                probabilities=None,
                decision=None,
                value=float(truth + error),
                lower=float(truth + error - 1),
                upper=float(truth + error + 1),
            ),
            TruthRecord(time=0.0, model="press", value=float(truth), prediction=str(i)),
        )
        for i, (truth, error) in enumerate(zip(truths, errors, strict=True))
    ]


@pytest.mark.parametrize(("spread", "harmful"), [(1.0, False), (4.0, True)])
def test_the_error_of_a_number_is_held_against_the_promised_one(
    plant: Plant, spread: float, harmful: bool
) -> None:
    random = np.random.default_rng(0)
    judged = numbers(random.normal(50, 5, 200), random.normal(0, spread, 200))
    info = GraphInfo(
        kind="regression", numbers=("load",), categories=(), features=("load",), classes=(), coverage=0.9
    )
    found = measure(judged, plant.contract, info, {"mae": Promise(0.8, 0.7, 0.9)})
    measured = {m.name: m.value for m in found.measures}
    assert measured["mae"] == pytest.approx(spread * 0.8, rel=0.15)
    assert (measured["coverage"] > 0.5) is not harmful
    assert bool(found.findings) is harmful
