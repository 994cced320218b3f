"""A person labels the rows that the plant asks for, and the labels come back with how they were chosen."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from andamio.cli.application import run
from andamio.journal import TruthRecord, read_journal
from andamio.monitoring.labelling import read_mark

pytestmark = pytest.mark.slow


def spoken(words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert run([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_rows_are_asked_for_labelled_and_brought_back(
    plant: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (model,) = [one["model"] for one in spoken(["status"], capsys)["models"]]
    assert run(["score", "--in", str(tmp_path / "rows.csv"), "--out", str(tmp_path / "answers.csv")]) == 0
    asked = spoken(["label", "next", model, "--rows", "6", "--out", str(tmp_path / "ask.csv")], capsys)
    assert 3 <= len(asked["rows"]) <= 6
    assert sum(row["chosen"] == "random" for row in asked["rows"]) == 3
    assert all(row["weight"] >= 1 for row in asked["rows"])
    with (tmp_path / "ask.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    answer = rows[0].index("answer")
    for row in rows[1:-1]:
        row[-1] = row[answer]  # the person agrees with the model, and leaves the last row empty
    with (tmp_path / "told.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    told = spoken(["label", "import", str(tmp_path / "told.csv")], capsys)
    assert (told["recorded"], told["marked"], told["empty"]) == (len(rows) - 2, len(rows) - 2, 1)
    marks = [
        read_mark(record.source)
        for record in read_journal(plant / ".andamio" / "journal")
        if isinstance(record, TruthRecord) and record.source.startswith("label:")
    ]
    assert len(marks) == len(rows) - 2
    assert None not in marks
    (health,) = spoken(["status"], capsys)["models"]
    assert health["performance"]["judged"] >= len(marks)
    assert "what" in health["estimate"]
    again = spoken(["label", "next", model, "--rows", "6", "--out", str(tmp_path / "more.csv")], capsys)
    assert not {row["id"] for row in again["rows"]} & {row[0] for row in rows[1:-1]}
