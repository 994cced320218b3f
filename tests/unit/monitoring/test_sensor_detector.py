"""Sensor faults in words, per asset, live and in a replay, and what an older bundle still says."""

from __future__ import annotations

import numpy as np
import pytest

from andamio.language import say, speak
from andamio.monitoring import Cause, Finding, Level
from andamio.monitoring.detectors import factory_of, show
from andamio.monitoring.observation import streams
from andamio.monitoring.repeats import findings_by_profile
from andamio.monitoring.rows import Rows
from andamio.monitoring.sensor_words import finding_of
from andamio.monitoring.sensors import SensorDetector
from andamio.statistics.faults import Fault, FaultKind, FaultReference
from tests.unit.monitoring.conftest import Plant, usual

REFERENCE = FaultReference.learn(usual(2000, 0), units=["degC", "degC"]).arrays()
EVIDENCE = {
    "size": 4.0,
    "value": -999.0,
    "before": 20.0,
    "after": 68.0,
    "other": 1.0,
    "seconds": 7200.0,
    "factor": 1.8,
}


def rows_of(numbers: np.ndarray, start: float = 0.0) -> Rows:
    count = len(numbers)
    times = start + 60.0 * np.arange(count)
    return Rows(
        asset="pump-1",
        times=times,
        arrived=times,
        numbers=numbers.astype(np.float32),
        categories=np.full((count, 1), "L", dtype=object),
        scores=np.zeros(count),
        suspect=np.zeros((count, 2), bool),
    )


def in_both(finding: Finding) -> tuple[tuple[str, str], tuple[str, str]]:
    said = []
    for language in ("en", "es"):
        with speak(language):
            said.append((say(finding.what), say(finding.fix)))
    return said[0], said[1]


@pytest.mark.parametrize("kind", list(FaultKind))
def test_every_fault_has_its_sentence_and_what_to_do_in_both_languages(plant: Plant, kind: FaultKind) -> None:
    stream = kind in {FaultKind.GAP, FaultKind.CLOCK}
    fault = Fault(
        kind=kind,
        tag=-1 if stream else 0,
        since=1e9,
        found=1e9,
        certainty=0.8,
        evidence=EVIDENCE,
        conversion="x10",
    )
    finding = finding_of(fault, plant.contract, "pump-1")
    english, spanish = in_both(finding)
    for what, fix in (english, spanish):
        assert "pump-1" in what
        assert stream or "temp" in what
        assert "{" not in what + fix
    assert english[0] != spanish[0]
    assert english[1] != spanish[1]
    assert finding.cause is (Cause.PIPELINE if stream else Cause.SENSOR)
    assert (finding.kind, finding.certainty, finding.level) == (kind.value, 0.8, Level.ALARM)


def test_a_fault_that_is_over_is_only_noticed(plant: Plant) -> None:
    fault = Fault(kind=FaultKind.STUCK, tag=0, since=1e9, found=1e9, until=2e9, evidence={"value": 61.5})
    finding = finding_of(fault, plant.contract, "")
    assert finding.level is Level.NOTICE
    assert finding.data["until"] == "2033-05-18T03:33:20+00:00"
    assert "over" in in_both(finding)[0][0]


def test_a_detector_continues_after_a_restart_as_if_nothing_had_happened(plant: Plant) -> None:
    numbers = usual(300, 3)
    numbers[200:, 0] = numbers[199, 0]
    whole, first, second = (SensorDetector(plant.contract, REFERENCE) for _ in range(3))
    whole.feed(rows_of(numbers))
    first.feed(rows_of(numbers[:205]))
    second.restore(first.state())
    second.feed(rows_of(numbers[205:], 60.0 * 205))
    (finding,) = second.standing()
    assert [finding] == whole.standing()
    assert (finding.kind, finding.tag, finding.asset) == ("stuck", "temp", "pump-1")
    assert finding.since is not None
    assert finding.since.timestamp() == 60.0 * 199


def test_rows_of_a_broken_sensor_are_marked_for_what_comes_after(plant: Plant) -> None:
    numbers = usual(300, 4)
    numbers[150:, 0] = np.nan
    detector = SensorDetector(plant.contract, REFERENCE)
    detector.feed(rows_of(numbers))
    assert detector.suspect()[150:, 0].all()
    assert not detector.suspect()[:, 1].any()


def test_status_replays_the_kept_rows_through_the_detector(plant: Plant) -> None:
    numbers = usual(400, 5)
    numbers[201::2, 0] += 40
    plant.answer(numbers, assets=["pump-1", "pump-2"] * 200)
    seen = plant.seen()
    found = []
    for stream in streams(seen, seen.of_version(1)):
        detectors = factory_of(plant.contract, REFERENCE)()
        show(detectors, stream)
        found += [finding for detector in detectors for finding in detector.standing()]
    of_sensors = [f for f in found if f.cause is Cause.SENSOR]  # the rows of the test all came at one moment
    assert [(f.kind, f.tag, f.asset) for f in of_sensors] == [("offset", "temp", "pump-2")]


def test_a_bundle_without_learnt_sensors_abstains_and_is_judged_by_its_profile(plant: Plant) -> None:
    assert SensorDetector(plant.contract, {}).abstains
    numbers = usual(200, 6)
    numbers[100:, 0] = 61.5
    plant.answer(numbers)
    seen = plant.seen()
    (found,) = findings_by_profile(seen, seen.of_version(1), plant.contract, plant.profile)
    assert (found.kind, found.cause) == ("stuck", Cause.SENSOR)
