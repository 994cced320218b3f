"""The registry is brought to the deployment file, whatever drove the two apart."""

from __future__ import annotations

import pytest

from andamio.bundles.deployment import read_deployment
from andamio.errors import Busy, DeploymentDamaged, DiskFull, text
from andamio.lifecycle import (
    Reconciled,
    deploy,
    deploy_bundle,
    reconcile,
    repair_deployment,
    roll_back,
    step_back,
)


def put_to_work(plant, number: int):
    return deploy(plant.registry, plant.board, "pump-health", number, actor="ana", reason="better")


def test_a_plant_in_order_is_left_alone(plant) -> None:
    assert reconcile(plant.registry, plant.board) == Reconciled()
    plant.train()
    put_to_work(plant, 1)
    before = plant.actions()
    assert reconcile(plant.registry, plant.board) == Reconciled()
    assert plant.actions() == before


def test_an_intent_without_a_new_file_is_abandoned(plant, monkeypatch) -> None:
    plant.train()
    stop_at(monkeypatch, "andamio.lifecycle.change.Switchboard.switch")
    with pytest.raises(KeyboardInterrupt):
        put_to_work(plant, 1)
    monkeypatch.undo()
    assert reconcile(plant.registry, plant.board).closed == "deploy-abandoned"
    assert (plant.answers(), plant.told()) == (None, None)
    assert plant.actions() == ["deploy-intended", "deploy-abandoned"]


def test_an_intent_whose_file_was_written_is_completed_in_its_owners_name(plant, monkeypatch) -> None:
    plant.train()
    stop_at(monkeypatch, "andamio.lifecycle.change.complete")
    with pytest.raises(KeyboardInterrupt):
        put_to_work(plant, 1)
    monkeypatch.undo()
    assert (plant.answers(), plant.told()) == (1, None)
    assert reconcile(plant.registry, plant.board).closed == "deploy-completed"
    assert plant.told() == 1
    change = plant.registry.aliases.current("pump-health")
    assert (change.actor, change.reason) == ("ana", "better")
    assert plant.registry.audit.entries()[-1].actor == "andamio"
    assert not reconcile(plant.registry, plant.board).anything


def test_an_interrupted_rollback_is_made_good_by_the_next_command(plant, monkeypatch) -> None:
    plant.train()
    plant.train()
    put_to_work(plant, 1)
    put_to_work(plant, 2)
    stop_at(monkeypatch, "andamio.lifecycle.change.complete")
    with pytest.raises(KeyboardInterrupt):
        roll_back(plant.registry, plant.board, "pump-health", actor="beto", reason="odd")
    monkeypatch.undo()
    put_to_work(plant, 2)
    assert plant.actions()[-6:] == [
        "rollback-intended",
        "alias-moved",
        "rollback-completed",
        "deploy-intended",
        "alias-moved",
        "deploy-completed",
    ]
    assert plant.told() == 2


def test_a_full_disk_of_the_registry_does_not_undo_what_answers(plant, monkeypatch) -> None:
    plant.train()

    def full(*_: object, **__: object) -> None:
        raise DiskFull(text("the disk is full"))

    monkeypatch.setattr("andamio.lifecycle.change.complete", full)
    change = put_to_work(plant, 1)
    monkeypatch.undo()
    assert (change.recorded, plant.answers(), plant.told()) == (False, 1, None)
    assert reconcile(plant.registry, plant.board).closed == "deploy-completed"
    assert plant.told() == 1


def test_what_was_done_without_the_database_is_told_to_it_later(plant) -> None:
    first, second = plant.train(), plant.train()
    put_to_work(plant, 1)
    deploy_bundle(plant.board, "pump-health", second.digest, number=2)
    assert reconcile(plant.registry, plant.board).moved == ("pump-health",)
    assert plant.told() == 2
    step_back(plant.board, "pump-health")
    assert plant.board.champion("pump-health").digest == first.digest
    reconcile(plant.registry, plant.board)
    assert plant.told() == 1
    assert plant.actions()[-2:] == ["alias-moved", "registry-reconciled"]
    assert plant.registry.verify().holds


def test_a_bundle_that_the_registry_does_not_know_leaves_no_champion_there(plant) -> None:
    plant.train()
    put_to_work(plant, 1)
    change = deploy_bundle(plant.board, "pump-health", plant.build("pump-health", 99).digest)
    assert change.new.version == 2
    found = reconcile(plant.registry, plant.board)
    assert (found.moved, found.unknown) == (("pump-health",), ("pump-health",))
    assert plant.told() is None
    assert reconcile(plant.registry, plant.board).moved == ()


def test_a_deployment_file_that_was_removed_leaves_no_champion(plant) -> None:
    plant.train()
    put_to_work(plant, 1)
    plant.board.deployment.unlink()
    assert reconcile(plant.registry, plant.board).moved == ("pump-health",)
    assert plant.told() is None


def test_a_deploy_that_is_under_way_is_left_to_its_process(plant) -> None:
    plant.train()
    deploy_bundle(plant.board, "pump-health", plant.registry.version("pump-health", 1).digest)
    with plant.board.hold():
        assert reconcile(plant.registry, plant.board) == Reconciled()
    assert reconcile(plant.registry, plant.board).moved == ("pump-health",)


def test_a_damaged_deployment_file_is_written_again_with_its_way_back(plant) -> None:
    for _ in range(3):
        plant.train()
    for number in (1, 2, 3):
        put_to_work(plant, number)
    roll_back(plant.registry, plant.board, "pump-health", actor="beto", reason="odd")
    whole = plant.board.read()
    plant.board.deployment.write_bytes(b'{"generation": 4, "mod')
    with pytest.raises(DeploymentDamaged):
        reconcile(plant.registry, plant.board)
    repaired = repair_deployment(plant.registry, plant.board)
    assert repaired.models == whole.models
    assert repaired.generation == whole.generation + 1
    assert read_deployment(plant.board.deployment) == repaired
    assert not reconcile(plant.registry, plant.board).anything


def test_a_whole_deployment_file_is_not_repaired(plant) -> None:
    plant.train()
    put_to_work(plant, 1)
    assert repair_deployment(plant.registry, plant.board) == plant.board.read()
    assert plant.board.read().generation == 1


def test_a_repair_knows_what_was_done_without_the_database(plant) -> None:
    plant.train()
    put_to_work(plant, 1)
    deploy_bundle(plant.board, "pump-health", plant.build("pump-health", 99).digest, number=7)
    reconcile(plant.registry, plant.board)
    whole = plant.board.read()
    plant.board.deployment.write_bytes(b"")
    assert repair_deployment(plant.registry, plant.board).models == whole.models


def stop_at(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Stop the command there, as Ctrl-C would."""

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(place, stop)


def test_a_locked_switchboard_names_who_holds_it(plant) -> None:
    with plant.board.hold(), pytest.raises(Busy) as caught:
        plant.board.hold(patience_s=0)
    assert "pid" in caught.value.data
