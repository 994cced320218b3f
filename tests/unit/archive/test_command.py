"""``andamio journal compact``, as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from andamio.cli.application import run
from andamio.cli.audit import ACTIONS
from andamio.cli.past import archive_of
from andamio.journal import Journal, PredictionRecord, TruthRecord, read_journal
from andamio.kernel.settings import find_plant

DAY_S = 86_400.0


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "andamio.toml").write_text('[plant]\nname = "test"\n\n[journal]\nkeep_days = 30\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANDAMIO_LANG", "en")
    with Journal(tmp_path / ".andamio" / "journal", "serve-1") as journal:
        for days in (40, 1):
            moment = time.time() - days * DAY_S
            record = PredictionRecord(
                ids=[f"d{days}"], time=moment, model="pump", version=1, digest="d", numbers=bytes(8)
            )
            journal.append_now([record, TruthRecord(time=moment, model="pump", value=1.0)])
    return tmp_path


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert run(words) == 0
    return capsys.readouterr().out


def test_it_says_what_was_moved_and_what_went(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(typed(capsys, "journal", "compact", "--json"))
    assert (told["moved"], told["predictions"], told["damaged"]) == (["serve-1-00000001.journal"], 2, [])
    assert told["pruned"] == {"predictions": 1, "truths": 1, "rejects": 0, "events": 0}
    said = typed(capsys, "journal", "compact")
    assert "0 segments moved" in said
    assert "nothing is older than" in said


def test_it_says_it_in_spanish_too(
    plant: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANDAMIO_LANG", "es")
    said = typed(capsys, "--language", "es", "journal", "compact")
    assert "segmentos pasaron a las tablas" in said
    assert "de predictions anteriores a" in said


def test_doctor_counts_tables_and_segments_as_one(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (plant / "andamio.toml").write_text('[plant]\nname = "test"\n')
    run(["doctor"])
    assert "the journal is whole: 4 records" in capsys.readouterr().out
    typed(capsys, "journal", "compact")
    run(["doctor"])
    assert "the journal is whole: 4 records" in capsys.readouterr().out


def test_a_box_that_never_compacts_loads_nothing_for_it(plant: Path) -> None:
    assert archive_of(find_plant()) is None
    program = (
        "import sys\nfrom andamio.cli.past import archive_of\n"
        "from andamio.kernel.settings import find_plant\n"
        "assert archive_of(find_plant()) is None\nassert not {'polars', 'deltalake'} & set(sys.modules)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=plant, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_pruning_is_in_the_audit_log_before_and_after(
    plant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.loads(typed(capsys, "journal", "compact", "--json"))
    entries = json.loads(typed(capsys, "audit", "--json"))["rows"]
    assert [entry["action"] for entry in entries] == ["journal-prune-intended", "journal-prune-completed"]
    assert {entry["subject"] for entry in entries} == {"journal"}
    assert {entry["reason"] for entry in entries} == {"[journal] keep_days = 30"}
    for entry in entries:
        assert entry["new"] == {"first_kept": told["first_kept"], "rows": told["pruned"]}
    typed(capsys, "journal", "compact")
    assert len(json.loads(typed(capsys, "audit", "--json"))["rows"]) == 2
    assert {entry["action"] for entry in entries} <= set(ACTIONS)


def test_nothing_is_pruned_when_the_audit_log_cannot_be_written(
    plant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (plant / ".andamio" / "andamio.db").write_bytes(b"no database at all" * 100)
    assert run(["journal", "compact", "--json"]) == 7
    (plant / ".andamio" / "andamio.db").unlink()
    assert json.loads(typed(capsys, "journal", "compact", "--json"))["pruned"]["predictions"] == 1


@pytest.mark.live
def test_of_several_compactions_at_once_each_is_done_or_busy_and_nothing_is_double(plant: Path) -> None:
    (plant / "andamio.toml").write_text('[plant]\nname = "test"\n')
    for worker in range(3):
        with Journal(plant / ".andamio" / "journal", f"serve-{worker + 2}") as journal:
            for number in range(20):
                record = PredictionRecord(
                    ids=[f"w{worker}-{number}"], time=time.time(), model="pump", version=1, digest="d",
                    numbers=bytes(8),
                )  # fmt: skip
                journal.append_now([record])
                journal.begin_next_segment()
    before = ids_in(plant)
    program = "import sys; from andamio.cli.application import run; sys.exit(run(['journal', 'compact']))"
    runs = [
        subprocess.Popen([sys.executable, "-c", program], cwd=plant, stderr=subprocess.DEVNULL)
        for _ in range(3)
    ]
    statuses = {one.wait() for one in runs}
    assert statuses <= {0, 6}
    assert 0 in statuses
    assert sorted(ids_in(plant)) == sorted(before)
    assert len(before) == len(set(before)) == 62


def ids_in(plant: Path) -> list[str]:
    """Return the ids of all predictions that a reader finds."""
    folder = find_plant(plant)
    found = read_journal(folder.journal, archive=archive_of(folder))
    return [name for item in found if isinstance(item, PredictionRecord) for name in item.ids]
