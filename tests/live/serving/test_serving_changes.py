"""What answers may change at any moment, and no request notices. One process lives through the whole file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.live
Load = Callable[[int, int], Any]


@pytest.fixture
def at_one(served: Any) -> Any:
    """The shared plant and process, with version 1 answering and the deployment as it should be."""
    plant, running = served
    plant.wait_for(plant.deploy(plant.build(1)))
    assert running.predict(plant.row).json["version"] == 1
    return plant, running


def honest(plant: Any, load: Any) -> set[int]:
    """Check that every answer is whole and comes from the version that it names; return the versions."""
    assert load.broken == []
    versions = set()
    for answer in load.answers:
        assert answer.status == 200
        [prediction] = answer.json["predictions"]
        assert prediction["probability"] == pytest.approx(plant.chance(answer.json["version"]), abs=1e-6)
        versions.add(answer.json["version"])
    return versions


def test_versions_change_under_load_without_a_failed_or_mixed_answer(at_one: Any, hammer: Load) -> None:
    plant, running = at_one
    versions = [plant.build(number) for number in (1, 2, 3)]
    load = hammer(running.port, 8)
    load.wait_for(50)
    for turn in range(1, 10):
        served = versions[turn % 3]
        plant.wait_for(plant.deploy(served))
        assert running.predict(plant.row).json["version"] == served.version
        load.wait_for(20)
    load.stop()
    assert honest(plant, load) == {1, 2, 3}
    assert set(plant.journalled()) >= {answer.json["predictions"][0]["id"] for answer in load.answers}


def test_a_rollback_brings_the_version_before_back_as_one(at_one: Any, hammer: Load) -> None:
    plant, running = at_one
    plant.wait_for(plant.deploy(plant.build(2)))
    load = hammer(running.port, 4)
    load.wait_for(20)
    assert plant.wait_for(plant.roll_back()).errors == {}
    assert running.predict(plant.row).json["version"] == 1
    load.wait_for(20)
    load.stop()
    assert honest(plant, load) == {1, 2}


def test_a_damaged_bundle_is_refused_and_the_incumbent_goes_on(at_one: Any, hammer: Load) -> None:
    plant, running = at_one
    damaged = plant.build(4)
    graph = plant.bundles / damaged.digest / "graph.onnx"
    content = bytearray(graph.read_bytes())
    content[len(content) // 2] ^= 1
    graph.write_bytes(content)
    load = hammer(running.port, 4)
    report = plant.wait_for(plant.deploy(damaged))
    load.wait_for(20)
    load.stop()
    assert report.errors["pump-health"].startswith("bundle-refused: ")
    assert running.ask("/readyz").status == 200
    assert plant.wait_for(plant.roll_back()).errors == {}
    assert honest(plant, load) == {1}


def test_a_bundle_that_answers_its_golden_rows_wrongly_is_refused(at_one: Any) -> None:
    plant, running = at_one
    report = plant.wait_for(plant.deploy(plant.build(2, golden_shift=0.01)))
    assert report.errors["pump-health"].startswith("golden-rows-differ: ")
    assert running.predict(plant.row).json["version"] == 1


def test_a_bundle_of_another_model_is_refused(at_one: Any) -> None:
    plant, running = at_one
    report = plant.wait_for(plant.deploy(plant.build(2, model="other")))
    assert report.errors["pump-health"].startswith("bundle-refused: ")
    assert running.predict(plant.row).json["version"] == 1


def test_a_refused_model_does_not_stop_another_one(at_one: Any, withdraw: Any) -> None:
    plant, running = at_one
    refused = plant.build(1, golden_shift=0.01, model="other")
    assert set(plant.wait_for(plant.deploy(refused, model="other")).errors) == {"other"}
    assert running.predict(plant.row, model="other").status == 404
    report = plant.wait_for(plant.deploy(plant.build(2)))
    assert set(report.errors) == {"other"}
    assert running.predict(plant.row).json["version"] == 2
    report = plant.wait_for(plant.deploy(plant.build(2, model="other"), model="other"))
    assert report.errors == {}
    assert running.predict(plant.row, model="other").json["version"] == 2
    plant.wait_for(withdraw(plant, "other"))
    assert running.predict(plant.row, model="other").status == 404
    assert running.predict(plant.row).status == 200


def test_a_deployment_file_that_cannot_be_read_or_goes_back_changes_nothing(at_one: Any, until: Any) -> None:
    plant, running = at_one
    first = plant.build(1)
    generation = plant.wait_for(plant.deploy(plant.build(2))).generation
    plant.write_unchecked(generation - 1, first)
    until(lambda: plant.report().errors)
    assert running.predict(plant.row).json["version"] == 2
    plant.deployment.write_text("{")
    until(lambda: plant.report().errors.get("", "").startswith("deployment-damaged"))
    assert running.predict(plant.row).json["version"] == 2
    plant.deployment.unlink()
    assert running.predict(plant.row).json["version"] == 2
    plant.write_unchecked(generation + 1, first)
    assert plant.wait_for(generation + 1).errors == {}
    assert running.predict(plant.row).json["version"] == 1
