"""A machine that nobody labelled: from its history to an answer that says what is wrong."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from andamio.cli.application import run

START = datetime(2026, 1, 1, tzinfo=UTC)


def history(file: Path, rows: int, first: int, press: float = 0.0) -> None:
    random = np.random.default_rng(first)
    with file.open("w", newline="", encoding="utf-8") as out:
        written = csv.writer(out)
        written.writerow(["time", "temp", "flow", "press"])
        for row in range(rows):
            load, valve = random.normal(size=2)
            moment = (START + timedelta(minutes=5 * (first + row))).isoformat()
            values = (60 + 3 * load, 30 + 2 * load - valve, 5 + press + 0.5 * valve)
            noise = random.normal(0, (0.5, 0.3, 0.1))
            written.writerow([moment, *(f"{v + n:.4f}" for v, n in zip(values, noise, strict=True))])


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("andamio.kernel.settings.DEFAULT_KEYS", tmp_path / "keys")
    monkeypatch.setattr("andamio.cli.init.DEFAULT_KEYS", tmp_path / "keys", raising=False)
    monkeypatch.setenv("ANDAMIO_LANG", "en")
    monkeypatch.chdir(tmp_path)
    history(tmp_path / "mill.csv", 1200, 0)
    history(tmp_path / "new.csv", 60, 1200, press=1.5)
    return tmp_path


def test_a_history_without_labels_becomes_a_detector_that_says_which_tag(
    plant: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def typed(*words: str) -> str:
        status = run(list(words))
        told = capsys.readouterr()
        assert status == 0, f"{words}\n{told.out}{told.err}"
        return told.out

    drafted = typed("init", "plant", "--from", "mill.csv")
    assert "nothing needs a label" in drafted
    assert "the last 20 rows" in drafted
    monkeypatch.chdir(plant / "plant")
    typed("data", "add", "../mill.csv", "--to", "mill")
    trained = typed("train", "mill", "--trials", "2")
    assert "detection: injected faults noticed" in trained
    typed("deploy", "mill@1", "--reason", "first")
    typed("score", "--in", "../new.csv", "--out", "../answers.csv")
    with (plant / "answers.csv").open(encoding="utf-8") as file:
        answers = list(csv.DictReader(file))
    assert len(answers) == 60 - 19
    assert np.mean([answer["label"] == "anomaly" for answer in answers]) > 0.8
    assert all((float(a["score"]) >= 1) == (a["decision"] == "true") for a in answers)
    assert all((float(a["health"]) <= 50) == (float(a["score"]) >= 1) for a in answers)
    explained = typed("explain", answers[-1]["id"])
    first = next(line for line in explained.splitlines() if "because" in line)
    assert "press" in first
    assert re.search(r"(worn|failing), health \d+ of 100", typed("status"))


def test_a_kind_that_needs_a_target_says_so(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "plant", "--from", "mill.csv", "--kind", "regression"]) == 2
    assert "needs a target" in capsys.readouterr().err
    assert not (plant / "plant").exists()
