"""The commands around a version's life, typed as a person types them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from andamio.cli.application import run

Typed = Callable[..., str]


@pytest.fixture
def typed(plant, tmp_path: Path, monkeypatch, capsys) -> Typed:
    """Type a command in a plant with two versions, one of which failed a gate; returns what it printed."""
    (tmp_path / "models").mkdir()
    (tmp_path / "andamio.toml").write_text(
        "[plant]\nname = 'Planta'\ntime_zone = 'America/Bogota'\n"
        f"[keys]\nsigning = '{tmp_path.parent / tmp_path.name}-keys/site.pem'\n"
        f"trusted = ['{plant.signer.public}']\n"
    )
    monkeypatch.setenv("ANDAMIO_PLANT", str(tmp_path))
    monkeypatch.setenv("ANDAMIO_LANG", "en")
    monkeypatch.setenv("COLUMNS", "160")
    plant.train()
    plant.train(deployable=False)
    plant.train()

    def type_(*words: str, status: int = 0) -> str:
        assert run(words) == status, capsys.readouterr()
        shown = capsys.readouterr()
        return shown.out + shown.err

    return type_


def as_json(shown: str) -> dict:
    return json.loads(shown)


def test_models_tells_what_could_be_deployed_and_what_is(typed: Typed) -> None:
    assert "Nothing of pump-health is in production" in typed("models")
    typed("deploy", "pump-health@1", "--reason", "first")
    model = as_json(typed("models", "--json"))["models"][0]
    assert (model["champion"], model["versions"], model["deployable"], model["newest"]) == (1, 3, 2, 3)


def test_deploy_and_rollback_tell_what_is_in_production(typed: Typed) -> None:
    shown = typed("deploy", "pump-health@1", "--reason", "first")
    assert "pump-health@1 is in production" in shown
    assert "No scoring process is running" in shown
    assert "in the place of pump-health@1" in typed("deploy", "pump-health@3", "--reason", "better")
    assert "nothing was changed" in typed("deploy", "pump-health@3")
    assert "pump-health@1 is in production, in the place of pump-health@3" in typed("rollback", "pump-health")
    assert "andamio deploy pump-health@VERSION" in typed("rollback", "pump-health", status=4)


def test_a_command_without_a_reason_says_that_the_log_has_none(typed: Typed) -> None:
    assert "--reason" in typed("deploy", "pump-health@1")
    assert "No reason was given" not in typed("deploy", "pump-health@3", "--reason", "better")


def test_a_version_that_failed_a_gate_needs_a_persons_word(typed: Typed) -> None:
    assert "recall >= 0.9" in typed("deploy", "pump-health@2", status=1)
    typed("deploy", "pump-health@2", "--despite-gates", "a trial with a person beside it")
    assert as_json(typed("models", "--json"))["models"][0]["champion"] == 2


def test_deploy_asks_which_version(typed: Typed) -> None:
    assert "andamio deploy pump-health@3 is the newest" in typed("deploy", "pump-health", status=2)
    assert "has no version 9" in typed("deploy", "pump-health@9", status=4)


def test_deploy_and_rollback_work_while_the_database_is_away(typed: Typed, tmp_path: Path) -> None:
    typed("deploy", "pump-health@1", "--reason", "first")
    typed("deploy", "pump-health@3", "--reason", "better")
    settings = tmp_path / "andamio.toml"
    home = settings.read_text()
    settings.write_text(home + "[storage]\ndatabase = 'postgresql://u:s3cret@127.0.0.1:1/p'\n")
    shown = typed("rollback", "pump-health", status=7)
    assert "andamio rollback pump-health --file-only" in shown
    assert "s3cret" not in shown
    assert "pump-health@1 is in production" in typed("rollback", "pump-health", "--file-only")
    assert "pump-health@3 is in production" not in typed("deploy", "pump-health@3", "--file-only", status=4)
    settings.write_text(home)
    assert as_json(typed("models", "--json"))["models"][0]["champion"] == 1


def test_a_bundle_from_elsewhere_becomes_a_version(typed: Typed, plant, tmp_path: Path) -> None:
    digest = plant.build("pump-health", 77).digest
    stick = tmp_path / "stick"
    stick.mkdir()
    (plant.board.bundles / digest).rename(stick / digest)
    typed("deploy", "pump-health@4", "--bundle", str(stick / digest), "--reason", "from the lab")
    assert as_json(typed("models", "--json"))["models"][0]["champion"] == 4


def test_show_tells_a_version_from_its_bundle(typed: Typed) -> None:
    shown = typed("show", "pump-health@2")
    assert "recall >= 0.9" in shown
    assert "may not be deployed" in shown
    assert as_json(typed("show", "pump-health@2", "--json"))["evaluation"]["deployable"] is False
    assert "3 versions" in typed("show", "pump-health")


def test_show_as_of_answers_what_was_in_production_then(typed: Typed) -> None:
    typed("deploy", "pump-health@1", "--reason", "first")
    today = datetime.now(UTC) - timedelta(hours=5)
    yesterday = today - timedelta(days=1)
    assert "nothing was in production" in typed("show", "--as-of", f"{yesterday:%Y-%m-%d}")
    shown = as_json(typed("show", "--as-of", f"{today:%Y-%m-%d}", "--json"))
    assert [one["version"] for one in shown["in_production"]] == [1]
    assert "had no champion then" in typed(
        "show", "pump-health", "--as-of", f"{yesterday:%Y-%m-%d}", status=4
    )
    assert "pump-health@1" in typed("show", "pump-health", "--as-of", f"{today:%Y-%m-%d}")
    assert "is not a date" in typed("show", "--as-of", "last tuesday", status=2)
    assert "andamio show NAME" in typed("show", status=2)


def test_compare_puts_two_versions_side_by_side(typed: Typed) -> None:
    shown = typed("compare", "pump-health@1", "pump-health@3")
    assert "the same contract" in shown
    assert "andamio deploy pump-health@3" in shown
    assert as_json(typed("compare", "pump-health@1", "pump-health@3", "--json"))["contract"] == []


def test_audit_reads_verifies_and_keeps(typed: Typed, tmp_path: Path) -> None:
    typed("deploy", "pump-health@1", "--reason", "first winter")
    shown = typed("audit")
    assert "decided to deploy" in shown
    assert "first winter" in shown
    assert len(as_json(typed("audit", "pump-health@1", "--json"))["rows"]) == 3
    assert "6 rows" in typed("audit", "--verify")


def test_audit_names_the_row_that_somebody_edited(typed: Typed, tmp_path: Path) -> None:
    typed("deploy", "pump-health@1", "--reason", "first")
    with sqlite3.connect(tmp_path / ".andamio" / "andamio.db") as database:
        database.execute("DROP TRIGGER audit_no_update")
        database.execute("UPDATE audit SET actor = 'eve' WHERE seq = 5")
    database.close()
    assert "row 5 was edited" in typed("audit", "--verify", status=5)


def test_a_kept_head_finds_rows_that_were_cut_off(typed: Typed, plant, tmp_path: Path, monkeypatch) -> None:
    kept = tmp_path / "head.json"
    monkeypatch.setattr("andamio.app.load_key", lambda *_, **__: plant.signer)
    typed("audit", "--keep", str(kept))
    with sqlite3.connect(tmp_path / ".andamio" / "andamio.db") as database:
        database.execute("DROP TRIGGER audit_no_delete")
        database.execute("DELETE FROM audit WHERE seq = 3")
        database.execute("DELETE FROM versions WHERE number = 3")
    database.close()
    assert "2 rows" in typed("audit", "--verify")
    assert "a kept head knows row 3" in typed("audit", "--kept-head", str(kept), status=5)


@pytest.mark.parametrize(
    "words",
    [
        ("models",),
        ("show", "pump-health@2"),
        ("show", "--as-of", "2026-11-01"),
        ("compare", "pump-health@1", "pump-health@2"),
        ("audit",),
        ("audit", "--verify"),
        ("deploy", "pump-health@1"),
    ],
)
def test_every_command_speaks_spanish(typed: Typed, monkeypatch, words: tuple[str, ...]) -> None:
    english = typed(*words)
    monkeypatch.setenv("ANDAMIO_LANG", "es")
    spanish = typed(*words)
    common = set(english.splitlines()) & set(spanish.splitlines())
    assert {line for line in common if line.strip()} == set()
