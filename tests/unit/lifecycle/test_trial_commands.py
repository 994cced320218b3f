"""A canary, an A/B trial and a shadow, typed as a person types them, with a registry and without one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from andamio.cli.application import run
from andamio.errors import WorkersRefused
from andamio.journal import Journal, PredictionRecord
from andamio.lifecycle import Plan, deploy, promote, try_out

Typed = Callable[..., Any]
WHO = {"actor": "ana", "reason": "trial"}


@pytest.fixture
def typed(plant: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Iterator[Typed]:
    """Type a command in a plant with three versions, the second of which failed a gate."""
    (tmp_path / "models").mkdir()
    (tmp_path / "andamio.toml").write_text(
        f"[plant]\nname = 'Planta'\ntime_zone = 'UTC'\n[keys]\ntrusted = ['{plant.signer.public}']\n"
    )
    monkeypatch.setenv("ANDAMIO_PLANT", str(tmp_path))
    monkeypatch.setenv("ANDAMIO_LANG", "en")
    monkeypatch.setenv("COLUMNS", "200")
    for deployable in (True, False, True):
        plant.train(deployable=deployable)

    def type_(*words: str, status: int = 0) -> Any:
        assert run(words) == status, capsys.readouterr()
        shown = capsys.readouterr()
        return json.loads(shown.out) if "--json" in words and status == 0 else shown.out + shown.err

    return type_


def test_a_canary_is_begun_widened_seen_and_promoted(typed: Typed, plant: Any) -> None:
    typed("deploy", "pump-health@1", "--reason", "first")
    shown = typed("deploy", "pump-health@3", "--canary", "10", "--reason", "try")
    assert "pump-health@1 stays in production" in shown
    assert "pump-health@3 is a canary: it answers 10 % of the assets." in shown
    salt = plant.board.read().models["pump-health"].trial.salt
    told = typed("deploy", "pump-health@3", "--canary", "25%", "--json")
    assert (told["new"], told["canary"]["version"], told["canary"]["share"]) == (1, 3, 25)
    assert plant.board.read().models["pump-health"].trial.salt == salt
    assert "nothing was changed" in typed("deploy", "pump-health@3", "--canary", "25")
    assert typed("models", "--json")["models"][0]["canary"]["version"] == 3
    assert "canary @3 25 %" in typed("models")
    assert "pump-health@3 is a canary" in typed("show", "pump-health")
    assert plant.registry.aliases.number("pump-health", "challenger") == 3
    assert "pump-health@3 is in production, in the place of pump-health@1" in typed("promote", "pump-health")
    assert plant.registry.aliases.number("pump-health", "challenger") is None
    assert typed("rollback", "pump-health", "--json")["new"] == 1


def test_a_rollback_ends_the_canary_first_and_says_so(typed: Typed, plant: Any) -> None:
    typed("deploy", "pump-health@1", "--reason", "first")
    typed("deploy", "pump-health@3", "--reason", "second")
    typed("deploy", "pump-health@1", "--canary", "10", "--reason", "look back")
    shown = typed("rollback", "pump-health", "--reason", "enough")
    assert "pump-health@3 stays in production" in shown
    assert "The trial has ended" in shown
    assert plant.answers() == 3
    assert "in the place of pump-health@3" in typed("rollback", "pump-health")


def test_an_ab_trial_splits_the_assets_of_the_journal(typed: Typed, plant: Any, tmp_path: Path) -> None:
    pumps = [f"pump-{n}" for n in range(9)]
    record = PredictionRecord(
        ids=pumps, time=1.0, model="pump-health", version=1, digest="d", numbers=b"\0" * 36, assets=pumps
    )
    with Journal(tmp_path / ".andamio" / "journal", "serve-1") as journal:
        journal.append_now([record])
    typed("deploy", "pump-health@1", "--reason", "first")
    assert "50 % of the assets in an A/B trial" in typed("deploy", "pump-health@3", "--ab", "50")
    trial = plant.board.read().models["pump-health"].trial
    assert sorted((*trial.champion_assets, *trial.challenger_assets)) == pumps
    assert len(trial.challenger_assets) == 4


def test_a_shadow_needs_no_gates_and_its_promotion_does(typed: Typed, plant: Any) -> None:
    typed("deploy", "pump-health@1", "--reason", "first")
    assert "recall" in typed("deploy", "pump-health@2", "--canary", "10", status=1)
    assert "hears everything and answers nobody" in typed("deploy", "pump-health@2", "--shadow")
    assert plant.registry.aliases.number("pump-health", "shadow") == 2
    assert "did not pass its gates" in typed("promote", "pump-health", status=1)
    typed("rollback", "pump-health", "--trial", "--reason", "heard enough")
    assert plant.registry.aliases.number("pump-health", "shadow") is None
    assert "nothing challenges the champion" in typed("promote", "pump-health", status=4)


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["--canary", "0"], 2),
        (["--canary", "100"], 2),
        (["--ab", "half"], 2),
        (["--canary", "nan"], 2),
        (["--canary", "10", "--shadow"], 2),
        (["--shadow"], 3),
    ],
)
def test_a_trial_that_means_nothing_is_refused(
    typed: Typed, plant: Any, options: list[str], status: int
) -> None:
    typed("deploy", "pump-health@3", *options, status=status)
    assert plant.board.read().generation == 0


def test_the_audit_log_tells_the_whole_story(typed: Typed, plant: Any) -> None:
    typed("deploy", "pump-health@1", "--reason", "first")
    typed("deploy", "pump-health@3", "--canary", "10", "--reason", "try")
    typed("promote", "pump-health", "--reason", "it holds")
    assert [action for action in plant.actions() if action != "alias-moved"] == [
        "deploy-intended",
        "deploy-completed",
        "canary-intended",
        "canary-completed",
        "promote-intended",
        "promote-completed",
    ]
    assert "let answer as a canary" in typed("audit", "pump-health")
    assert typed("audit", "--verify")


def test_without_a_registry_the_file_alone_is_changed(typed: Typed, plant: Any) -> None:
    for words in (["pump-health@1"], ["pump-health@3"]):
        typed("deploy", *words, "--reason", "known here")
    typed("rollback", "pump-health", "--file-only")
    typed("deploy", "pump-health@1", "--file-only", status=0)
    plant.registry.database.close()
    for version in plant.registry.versions("pump-health")[2:]:
        folder = str(plant.board.bundles / version.digest)
        typed("deploy", "pump-health@3", "--bundle", folder, "--canary", "20", "--file-only")
    assert "in the place of pump-health@1" in typed("promote", "pump-health", "--file-only")
    typed("deploy", "pump-health@1", "--file-only", "--shadow")
    typed("rollback", "pump-health", "--trial", "--file-only")
    assert plant.board.read().models["pump-health"].shadow is None


def test_a_canary_that_a_scoring_process_refuses_is_taken_back(plant: Any, start_worker: Any) -> None:
    first, second = plant.train(), plant.train()
    deploy(plant.registry, plant.board, "pump-health", first.number, **WHO)
    start_worker(refuses=frozenset({second.digest}))
    with pytest.raises(WorkersRefused):
        try_out(plant.registry, plant.board, "pump-health", second.number, Plan("canary", 10.0), **WHO)
    route = plant.board.read().models["pump-health"]
    assert (route.champion.version, route.trial) == (1, None)
    assert plant.actions()[-1] == "canary-failed"
    assert plant.registry.aliases.number("pump-health", "challenger") is None


def test_a_promotion_waits_for_every_scoring_process(plant: Any, start_worker: Any) -> None:
    first, second = plant.train(), plant.train()
    start_worker("scorer-1")
    start_worker("scorer-2")
    deploy(plant.registry, plant.board, "pump-health", first.number, **WHO)
    try_out(plant.registry, plant.board, "pump-health", second.number, Plan("ab", 50.0), **WHO)
    change = promote(plant.registry, plant.board, "pump-health", **WHO)
    assert (change.followed, change.new.version) == (("scorer-1", "scorer-2"), 2)
