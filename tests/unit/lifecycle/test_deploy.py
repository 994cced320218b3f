"""Putting a version to work and bringing the one before back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andamio.bundles.deployment import Deployment, Served
from andamio.bundles.workers import WorkerPost
from andamio.errors import BundleRefused, Busy, NotDeployable, NotFound, VersionNotFound, WorkersRefused
from andamio.language import render_error
from andamio.lifecycle import deploy, reconcile, roll_back
from andamio.registry import NewVersion


def put_to_work(plant, number: int, model: str = "pump-health"):
    return deploy(plant.registry, plant.board, model, number, actor="ana", reason="better recall")


def go_back(plant, model: str = "pump-health"):
    return roll_back(plant.registry, plant.board, model, actor="beto", reason="odd alarms")


def test_a_deployed_version_answers_and_registry_and_audit_say_so(plant) -> None:
    plant.train()
    change = put_to_work(plant, 1)
    assert (change.old, change.new.version, change.generation, change.recorded) == (None, 1, 1, True)
    assert (plant.answers(), plant.told()) == (1, 1)
    assert plant.actions() == ["deploy-intended", "alias-moved", "deploy-completed"]
    intent, _, completed = plant.registry.audit.entries()[1:]
    assert (intent.actor, intent.reason, intent.subject) == ("ana", "better recall", "pump-health@1")
    assert completed.new_value()["intent"] == intent.seq
    assert plant.registry.verify().holds


def test_without_a_scoring_process_deploy_returns_and_names_none(plant) -> None:
    plant.train()
    assert put_to_work(plant, 1).followed == ()


def test_deploy_returns_when_every_living_worker_serves_it(plant, start_worker) -> None:
    for name in ("scorer-1", "scorer-2"):
        start_worker(name)
    plant.train()
    change = put_to_work(plant, 1)
    assert (change.followed, change.late) == (("scorer-1", "scorer-2"), ())


def test_a_worker_that_does_not_follow_is_named(plant, start_worker) -> None:
    start_worker("scorer-1")
    stuck = WorkerPost(plant.board.workers, "scorer-2")
    stuck.report(0)
    plant.train()
    plant.board = replace(plant.board, patience_s=0.2)
    change = put_to_work(plant, 1)
    stuck.close()
    assert (change.followed, change.late) == (("scorer-1",), ("scorer-2",))
    assert (plant.answers(), plant.told()) == (1, 1)


def test_a_version_that_a_worker_cannot_load_gives_way_to_the_one_before(plant, start_worker) -> None:
    plant.train()
    second = plant.train()
    put_to_work(plant, 1)
    start_worker("scorer-1", refuses=frozenset({second.digest}))
    with pytest.raises(WorkersRefused) as caught:
        put_to_work(plant, 2)
    assert "golden rows" in render_error(caught.value)
    assert "scorer-1" in render_error(caught.value)
    assert (plant.answers(), plant.told()) == (1, 1)
    assert plant.board.read().generation == 3
    assert plant.actions()[-2:] == ["deploy-intended", "deploy-failed"]
    assert plant.registry.audit.entries()[-1].new_value()["error"]["code"] == "workers-refused"
    assert not reconcile(plant.registry, plant.board).anything


def test_a_first_version_that_no_worker_can_load_leaves_nothing_deployed(plant, start_worker) -> None:
    first = plant.train()
    start_worker("scorer-1", refuses=frozenset({first.digest}))
    with pytest.raises(WorkersRefused):
        put_to_work(plant, 1)
    assert (plant.answers(), plant.told()) == (None, None)


def test_a_version_that_failed_a_gate_is_not_deployed(plant) -> None:
    plant.train(deployable=False)
    with pytest.raises(NotDeployable) as caught:
        put_to_work(plant, 1)
    shown = render_error(caught.value)
    assert "recall" in shown
    assert "0.7" in shown
    assert "parity" not in shown
    assert "--despite-gates" in shown
    assert (plant.answers(), plant.actions()) == (None, [])


def test_a_person_may_deploy_despite_the_gates_and_the_audit_log_tells_why(plant) -> None:
    plant.train(deployable=False)
    deploy(
        plant.registry,
        plant.board,
        "pump-health",
        1,
        actor="ana",
        reason="trial",
        despite_gates="two weeks of trial, a person beside it",
    )
    assert plant.answers() == 1
    intent = plant.registry.audit.entries(actions=["deploy-intended"])[0]
    assert intent.new_value()["despite_gates"] == "two weeks of trial, a person beside it"


def test_a_registry_edited_to_say_deployable_does_not_open_the_gates(plant) -> None:
    described = NewVersion.of(plant.build("pump-health", 1, deployable=False))
    plant.registry.register(msgspec.structs.replace(described, deployable=True), actor="eve")
    with pytest.raises(NotDeployable):
        put_to_work(plant, 1)


def test_an_empty_reason_does_not_open_the_gates(plant) -> None:
    plant.train(deployable=False)
    with pytest.raises(NotDeployable):
        deploy(plant.registry, plant.board, "pump-health", 1, actor="ana", reason="", despite_gates="  ")


def test_deploying_what_answers_already_changes_nothing(plant) -> None:
    plant.train()
    put_to_work(plant, 1)
    before = plant.actions()
    change = put_to_work(plant, 1)
    assert (change.changed, change.generation, plant.actions()) == (False, 1, before)


def test_a_bundle_with_a_changed_byte_is_not_deployed(plant) -> None:
    version = plant.train()
    file = plant.board.bundles / version.digest / "graph.onnx"
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(BundleRefused):
        put_to_work(plant, 1)
    assert (plant.answers(), plant.actions()) == (None, [])


def test_a_bundle_of_another_model_is_not_deployed(plant) -> None:
    described = NewVersion.of(plant.build("mill", 1))
    plant.registry.register(msgspec.structs.replace(described, model="pump-health"), actor="ana")
    with pytest.raises(BundleRefused, match="holds mill, not pump-health"):
        put_to_work(plant, 1)


def test_an_unknown_version_is_not_deployed(plant) -> None:
    plant.train()
    with pytest.raises(VersionNotFound):
        put_to_work(plant, 2)


def test_rollback_brings_the_version_before_back_as_one(plant, start_worker) -> None:
    plant.train()
    plant.train()
    put_to_work(plant, 1)
    put_to_work(plant, 2)
    start_worker("scorer-1")
    change = go_back(plant)
    assert change.old is not None
    assert (change.old.version, change.new.version, change.followed) == (2, 1, ("scorer-1",))
    assert (plant.answers(), plant.told()) == (1, 1)
    assert plant.actions()[-3:] == ["rollback-intended", "alias-moved", "rollback-completed"]


def test_rollback_with_nothing_before_says_so_and_writes_nothing(plant) -> None:
    plant.train()
    with pytest.raises(NotFound):
        go_back(plant)
    put_to_work(plant, 1)
    before = plant.actions()
    with pytest.raises(NotFound, match="no earlier version of pump-health"):
        go_back(plant)
    assert plant.actions() == before


def test_rollback_to_a_bundle_that_was_tampered_with_keeps_what_answers(plant) -> None:
    first = plant.train()
    plant.train()
    put_to_work(plant, 1)
    put_to_work(plant, 2)
    file = plant.board.bundles / first.digest / "evaluation.json"
    file.chmod(0o644)
    file.write_bytes(b"{}")
    with pytest.raises(BundleRefused):
        go_back(plant)
    assert (plant.answers(), plant.told()) == (2, 2)


def test_models_are_rolled_back_one_by_one(plant) -> None:
    for model in ("pump-health", "mill"):
        plant.train(model)
        plant.train(model)
        put_to_work(plant, 1, model)
        put_to_work(plant, 2, model)
    go_back(plant, "mill")
    assert (plant.answers("pump-health"), plant.answers("mill")) == (2, 1)


def test_two_people_deploying_at_once_take_turns(plant) -> None:
    for _ in range(4):
        plant.train()
    with ThreadPoolExecutor(4) as people:
        changes = list(people.map(lambda number: put_to_work(plant, number), range(1, 5)))
    assert sorted(change.generation for change in changes) == [1, 2, 3, 4]
    last = max(changes, key=lambda change: change.generation)
    assert (plant.answers(), plant.told()) == (last.new.version, last.new.version)
    assert plant.registry.verify().holds


def test_who_waits_too_long_for_another_deploy_is_told(plant) -> None:
    with plant.board.hold(), pytest.raises(Busy, match="switchboard"):
        plant.board.hold(patience_s=0)


def test_a_change_by_another_hand_between_is_seen(plant) -> None:
    plant.train()
    put_to_work(plant, 1)
    stale = Deployment(generation=0).deploying("pump-health", Served(9, "9" * 64))
    with pytest.raises(Busy):
        plant.board.switch(stale, "pump-health")
    assert plant.answers() == 1


moves = st.lists(st.one_of(st.integers(1, 4), st.just("back")), max_size=8)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(moves=moves)
def test_rollback_always_returns_to_what_answered_before(plant, moves: list[int | str]) -> None:
    """Against the plain model: a stack on which deploy pushes and rollback pops."""
    plant.board.deployment.unlink(missing_ok=True)
    reconcile(plant.registry, plant.board)
    while len(known(plant)) < 4:
        plant.train()
    stack: list[int] = []
    for move in moves:
        if isinstance(move, int):
            put_to_work(plant, move)
            if stack[-1:] != [move]:
                stack.append(move)
        elif len(stack) > 1:
            go_back(plant)
            stack.pop()
        else:
            with pytest.raises(NotFound):
                go_back(plant)
        expected = stack[-1] if stack else None
        assert (plant.answers(), plant.told()) == (expected, expected)


def known(plant) -> list[int]:
    return [v.number for m in plant.registry.models() for v in plant.registry.versions(m.model)]
