"""Performance over the whole journal is what joining every row would give, by time, slice and version."""

from __future__ import annotations

import numpy as np
import pytest

from andamio.contracts.contract import Costs
from andamio.journal import Journal, TruthRecord
from andamio.monitoring.performance.cube import Cube
from andamio.monitoring.performance.history import read_history
from andamio.monitoring.performance.told import tell
from andamio.monitoring.performance.worth import worth_of
from tests.unit.monitoring.conftest import HOUR, START, Plant, usual


def lived(plant: Plant, *, days: int = 10, version: int = 1, wrong: float = 0.1, seed: int = 0) -> list[str]:
    """Answer and judge ten machines' hours; two in five rows are events."""
    random = np.random.default_rng(seed)
    rows = 24 * days
    event = random.random(rows) < 0.4
    decided = event ^ (random.random(rows) < wrong)
    ids = plant.answer(
        usual(rows, seed),
        risk=np.where(decided, 0.9, 0.1),
        assets=[f"pump-{i % 10}" for i in range(rows)],
        version=version,
    )
    plant.tell(ids, [str(int(e)) for e in event])
    return ids


def read(plant: Plant, **given: object):
    return read_history(plant.folder, plant.contract, plant.info, **given)  # type: ignore[arg-type]


def measured(part) -> dict[str, float]:
    return {one.name: one.value for one in part.measures}


def test_the_whole_is_what_joining_row_by_row_gives(plant: Plant) -> None:
    lived(plant)
    judged = plant.seen().judged
    right = sum(int(str(item.truth.value)) == item.prediction.decision for item in judged)
    (whole,) = tell(read(plant), plant.info)
    assert whole.judged == len(judged) == 240
    assert measured(whole)["accuracy"] == pytest.approx(right / 240)
    (accuracy, *_) = whole.measures
    assert accuracy.low is not None
    assert accuracy.low < accuracy.value < (accuracy.high or 0)


@pytest.mark.parametrize(("by", "parts"), [("day", 11), ("week", 3), ("version", 2), ("slice", 2)])
def test_the_parts_add_up_to_the_whole(plant: Plant, by: str, parts: int) -> None:
    lived(plant, days=6)
    lived(plant, days=5, version=2, wrong=0.4)
    history = read(plant)
    found = tell(history, plant.info, by)  # type: ignore[arg-type]
    assert sum(part.judged for part in found) == tell(history, plant.info)[0].judged == 264
    assert len(found) in (parts, parts + 1)


def test_a_bad_version_is_told_from_a_good_one(plant: Plant) -> None:
    lived(plant, days=20)
    lived(plant, days=20, version=2, wrong=0.4)
    good, bad = tell(read(plant), plant.info, "version")
    assert (good.name, bad.name) == ("1", "2")
    assert measured(good)["accuracy"] > measured(bad)["accuracy"] + 0.2
    assert tell(read(plant), plant.info, version=2)[0] == dataclass_named(bad, "")


def dataclass_named(part, name: str):
    return type(part)(name, part.judged, part.measures)


def test_machine_days_that_are_alike_within_widen_the_interval(plant: Plant) -> None:
    rows = 24 * 12
    days = np.arange(rows) // 24
    alike, mixed = days % 3 == 0, np.arange(rows) % 3 == 0
    widths = []
    for version, wrong in enumerate((mixed, alike), 1):
        ids = plant.answer(usual(rows, 1), risk=np.full(rows, 0.1), version=version)
        plant.tell(ids, [str(int(w)) for w in wrong])
        (part,) = tell(read(plant), plant.info, version=version)
        widths.append((part.measures[0].high or 0) - (part.measures[0].low or 0))
    assert widths[1] > 2 * widths[0]


def test_what_was_known_then_is_told_apart_from_what_is_known_now(plant: Plant) -> None:
    ids = plant.answer(usual(48, 2), risk=np.full(48, 0.1))
    with Journal(plant.folder, "late") as journal:
        journal.append_now(
            [
                TruthRecord(
                    time=START + HOUR * (i + 24 * (i % 2 + 1)), model="pump", value="0", prediction=name
                )
                for i, name in enumerate(ids)
            ]
        )
    history = read(plant)
    assert tell(history, plant.info)[0].judged == 48
    assert 23 * HOUR < (history.delays.quantile(0.25) or 0) < 25.5 * HOUR
    assert 46 * HOUR < (history.delays.quantile(0.95) or 0) < 51 * HOUR
    then = read(plant, known_by=START + HOUR * 48)
    assert tell(then, plant.info)[0].judged < 48


def test_a_correction_replaces_and_does_not_add(plant: Plant) -> None:
    ids = plant.answer(usual(10, 3), risk=np.full(10, 0.9))
    plant.tell(ids, ["0"] * 10)
    plant.tell(ids, ["1"] * 10)
    (whole,) = tell(read(plant), plant.info)
    assert (whole.judged, measured(whole)["accuracy"]) == (10, 1.0)


def test_a_truth_that_names_machine_and_time_is_joined_too(plant: Plant) -> None:
    plant.answer(usual(4, 4), risk=np.full(4, 0.9))
    told = [row.event_time for row in plant.seen().predictions]
    with Journal(plant.folder, "orders") as journal:
        journal.append_now(
            [
                TruthRecord(time=START, model="pump", value="1", asset="pump-1", event_time=told[1]),
                TruthRecord(time=START, model="pump", value="1", asset="pump-9", event_time=told[2]),
                TruthRecord(time=START, model="pump", value="perhaps", asset="pump-1", event_time=told[3]),
            ]
        )
    history = read(plant)
    assert tell(history, plant.info)[0].judged == 1
    assert history.unreadable == 1


def test_too_many_cells_become_coarser_and_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("andamio.monitoring.performance.cube._MOST_CELLS", 50)
    cube, rows = Cube(), 3000
    times = START + HOUR * np.arange(rows)
    cube.add(1, times, ["pump-1"] * rows, {"product": ["L", "M"] * (rows // 2)}, np.ones((rows, 5)))
    assert cube.days == 28
    assert len(cube.cells) <= 50
    assert sum(sums[0] for key, sums in cube.cells.items() if not key[3]) == rows


def test_a_model_is_worth_what_its_caught_failures_would_have_cost(plant: Plant) -> None:
    risk = np.array([0.9] * 6 + [0.1] * 2 + [0.9] * 4 + [0.1] * 36)
    ids = plant.answer(usual(48, 5), risk=risk)
    plant.tell(ids, ["1"] * 8 + ["0"] * 40)
    worth = worth_of(read(plant), Costs(missed_failure=4000, false_alarm=120))
    assert worth is not None
    assert (worth.caught, worth.missed, worth.false_alarms) == (6, 2, 4)
    assert worth.saved == 6 * 4000 - 4 * 120
    assert worth.lost == 2 * 4000 + 4 * 120
    assert worth.without_model == 8 * 4000
    assert worth.without_model - worth.lost == worth.saved
    days = {int(time // 86400) for time in plant.seen().times}
    assert worth.false_alarms_per_shift == pytest.approx(4 / (3 * len(days)))


def test_truth_that_only_comes_for_alarms_is_said_to_be_one_sided(plant: Plant) -> None:
    ids = plant.answer(usual(48, 6), risk=np.array([0.9] * 8 + [0.1] * 40))
    plant.tell(ids[:8], ["1"] * 8)
    worth = worth_of(read(plant), Costs(missed_failure=4000, false_alarm=120))
    assert worth is not None
    assert any("may be unknown" in str(doubt) for doubt in worth.doubts)
