"""Somebody writes into the plant's folder: what was changed is found, named, and does not run."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from andamio.cli.application import run
from andamio.registry.audit_entry import GENESIS, AuditEntry, entry_hash

pytestmark = pytest.mark.xdist_group("bad input")
Sql = Callable[..., None]
COLUMNS = ("seq", "time", "actor", "action", "subject", "reason", "old", "new", "previous", "hash")


@pytest.fixture
def sql(plant: Path) -> Sql:
    """Write into the registry behind Andamio's back, its triggers taken away first."""

    def write(*statements: str) -> None:
        with closing(sqlite3.connect(plant / ".andamio" / "andamio.db")) as database, database:
            triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in triggers:
                database.execute(f'DROP TRIGGER "{name}"')
            for statement in statements:
                database.execute(statement)

    return write


def verified(capsys: pytest.CaptureFixture[str], *more: str) -> list[tuple[str, int]]:
    """Return kind and row of what ``andamio audit --verify`` finds; empty when all holds."""
    capsys.readouterr()
    status = run(["audit", "--verify", "--json", *more])
    answer = json.loads(capsys.readouterr().out)
    if status == 0:
        assert answer["holds"] is True
        return []
    assert status == 5
    assert answer["error"]["code"] == "audit-broken"
    faults = answer["error"]["faults"]
    return [(f["data"]["kind"], f["data"]["seq"]) for f in faults if "kind" in f.get("data", {})]


def recompute_the_chain(plant: Path) -> None:
    """Give every row the hash that it would have had, as a forger who knows the program would."""
    with closing(sqlite3.connect(plant / ".andamio" / "andamio.db")) as database, database:
        previous = GENESIS
        for row in database.execute(f"SELECT {', '.join(COLUMNS)} FROM audit ORDER BY seq").fetchall():
            entry = AuditEntry(**{**dict(zip(COLUMNS, row, strict=True)), "previous": previous})
            previous = entry_hash(entry)
            database.execute(
                "UPDATE audit SET previous = ?, hash = ? WHERE seq = ?", (entry.previous, previous, entry.seq)
            )


def test_the_triggers_refuse_an_edit_and_a_deletion(plant: Path) -> None:
    with closing(sqlite3.connect(plant / ".andamio" / "andamio.db")) as database:
        for statement in ("UPDATE audit SET actor = 'eve'", "DELETE FROM audit WHERE seq = 2"):
            with pytest.raises(sqlite3.DatabaseError):
                database.execute(statement)


def test_an_untouched_log_holds_and_the_bundles_vouch_for_it(
    plant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["audit", "--verify", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["heads"] == 2
    assert answer["rows"] >= 4


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE audit SET actor = 'eve' WHERE seq = 3", ("edited", 3)),
        ("UPDATE audit SET reason = 'he said so' WHERE seq = 4", ("edited", 4)),
        ("DELETE FROM audit WHERE seq = 2", ("deleted", 2)),
        ("DELETE FROM audit WHERE seq = 1", ("deleted", 1)),
    ],
)
def test_an_edited_and_a_deleted_row_are_named(
    plant: Path, sql: Sql, capsys: pytest.CaptureFixture[str], statement: str, found: tuple[str, int]
) -> None:
    sql(statement)
    assert found in verified(capsys)
    assert run(["doctor"]) == 1
    assert "the audit log is not as it was written" in capsys.readouterr().out


def test_exchanged_rows_are_named(plant: Path, sql: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    sql(
        "UPDATE audit SET seq = -3 WHERE seq = 3",
        "UPDATE audit SET seq = 3 WHERE seq = 4",
        "UPDATE audit SET seq = 4 WHERE seq = -3",
    )
    assert {("moved", 3), ("moved", 4)} <= set(verified(capsys))


def test_a_chain_recomputed_from_end_to_end_does_not_agree_with_the_bundles(
    plant: Path, sql: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    sql("UPDATE audit SET actor = 'eve' WHERE seq = 1")
    recompute_the_chain(plant)
    assert verified(capsys) == [("rewritten", 1)]


def test_a_tail_that_was_cut_off_is_missed_by_a_bundle_of_later(
    plant: Path, sql: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    sql("DELETE FROM audit WHERE seq >= 1")
    assert ("truncated", 1) in verified(capsys)


def test_a_tail_after_the_last_bundle_is_missed_by_a_head_that_was_kept(
    plant: Path, sql: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    head = plant.parent / "head.json"
    assert run(["audit", "--keep", str(head)]) == 0
    last = json.loads(head.read_text())["seq"]
    sql(f"DELETE FROM audit WHERE seq = {last}")
    # The deploy's last row being gone, opening the plant completed it again: another row under this number.
    assert [kind for kind, _ in verified(capsys, "--kept-head", str(head))] == ["rewritten"]
    assert verified(capsys) == []


def test_a_report_vouches_for_the_log_as_a_bundle_does(
    plant: Path, sql: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    page = str(plant / "reports" / "pump-health@2.html")
    assert verified(capsys, "--kept-head", page) == []
    sql("UPDATE audit SET actor = 'eve' WHERE seq = 1")
    recompute_the_chain(plant)
    assert ("rewritten", 1) in verified(capsys, "--kept-head", page)


def test_another_champion_written_into_the_tables_is_found(
    plant: Path, sql: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    sql("UPDATE versions SET note = 'approved by everybody' WHERE number = 2")
    assert run(["audit", "--verify"]) == 5
    assert "pump-health@2 is not what was registered" in capsys.readouterr().err


def bundles(plant: Path) -> list[Path]:
    """Return the folders of the store."""
    return sorted(path for path in (plant / ".andamio" / "bundles").iterdir() if path.is_dir())


FILES = (
    "manifest.json", "contract.toml", "graph.onnx", "graph.json", "reference.npz", "golden.json",
    "evaluation.json", "parity.json", "lineage.json", "record.json", "signature.json",
)  # fmt: skip


def test_the_files_of_these_tests_are_all_that_a_bundle_has(plant: Path) -> None:
    assert [sorted(path.name for path in bundle.iterdir()) for bundle in bundles(plant)] == [
        sorted(FILES)
    ] * 2


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_of_a_bundle_is_refused_by_every_command_that_would_use_it(
    plant: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    for bundle in bundles(plant):
        content = bytearray((bundle / name).read_bytes())
        content[len(content) // 2] ^= 1
        (bundle / name).write_bytes(content)
    for words in (
        ["deploy", "pump-health@2"],
        ["status"],
        ["score", "--in", "../rows.csv", "--out", "../out.csv"],
    ):
        assert run(words) == 5, words
        assert "error[bundle-refused]" in capsys.readouterr().err
    assert run(["deploy", "pump-health@2", "--file-only", "--bundle", str(bundles(plant)[0])]) == 5
    assert json.loads((plant / ".andamio" / "deployment.json").read_text())["generation"] == 1


@pytest.mark.live
def test_serve_does_not_answer_with_a_changed_bundle_and_says_why(plant: Path) -> None:
    for bundle in bundles(plant):
        (bundle / "graph.onnx").write_bytes(b"another model")
    with subprocess.Popen(
        [sys.executable, "-m", "andamio", "serve", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"ANDAMIO_LANG": "en"},
    ) as process:
        assert process.stdout is not None
        announced = ""
        while not announced.endswith("\n}\n"):
            line = process.stdout.readline()
            assert line, announced
            announced += line
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    told = json.loads(announced)
    assert told["models"] == {}
    assert [error["code"] for error in told["errors"]] == ["bundle-refused"]


def test_a_damaged_deployment_file_is_written_again_by_doctor(
    plant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["deploy", "pump-health@2", "--reason", "better"]) == 0
    file = plant / ".andamio" / "deployment.json"
    whole = json.loads(file.read_text())
    file.write_text('{"generation": 2, "models": {"pump')
    capsys.readouterr()
    assert run(["status"]) == 3
    assert "andamio doctor --repair" in capsys.readouterr().err
    assert run(["doctor", "--repair"]) == 0
    capsys.readouterr()
    again = json.loads(file.read_text())
    assert again["models"] == whole["models"]
    assert again["generation"] > whole["generation"]
    assert run(["status"]) == 0
    assert run(["rollback", "pump-health", "--reason", "odd"]) == 0
    assert run(["audit", "--verify"]) == 0


def test_doctor_leaves_a_whole_deployment_file_alone(plant: Path) -> None:
    file = plant / ".andamio" / "deployment.json"
    whole = file.read_bytes()
    assert run(["doctor", "--repair"]) == 0
    assert file.read_bytes() == whole
