"""The memory of ``andamio score`` moves on together with its answers, whenever the process is killed."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from andamio.bundles.deployment import Served, read_deployment, write_deployment
from andamio.cli.application import run
from andamio.kernel.settings import find_plant
from andamio.monitoring.looking import look_at_machines

WINDOW = """
[window]
length = 4
lateness = "2 min"
tags = ["bearing_temp"]
"""
HEADER = "bearing_temp,ambient_temp,product,pump,timestamp"


def rows(pump: str, minutes: range) -> list[str]:
    return [f"{50 + m % 7},20,L,{pump},2026-01-01 08:{m:02d}:00" for m in minutes]


def write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join([HEADER, *lines]) + "\n")


@pytest.fixture
def living(plant: Path, models: Any) -> Path:
    """A plant whose model reads windows and answers remaining life."""
    bundle = models.bundle("number", more=WINDOW, head="horizon = 100")
    path = plant / ".andamio" / "deployment.json"
    write_deployment(path, read_deployment(path).deploying("pump", Served(4, bundle.digest)))
    refused = "300,20,L,P1,2026-01-01 08:09:30"
    write(plant / "first.csv", rows("P1", range(12)) + [refused] + rows("P2", range(9)))
    write(plant / "second.csv", rows("P2", range(9, 14)) + rows("P1", range(12, 20)))
    return plant


@pytest.fixture
def outcomes(living: Path, tmp_path: Path) -> dict[str, Any]:
    """What ``dying_score.py`` found."""
    script = Path(__file__).with_name("dying_score.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads((tmp_path / "outcomes.json").read_text()))


def told(answers: list[dict[str, str]] | None) -> list[dict[str, str]] | None:
    """Answers without their ids, which are new in each run."""
    return answers and [{name: row[name] for name in row if name != "id"} for row in answers]


@pytest.mark.live
def test_killed_anywhere_every_window_is_answered_once_and_the_next_file_finds_all_or_nothing(
    outcomes: dict[str, Any],
) -> None:
    whole = outcomes["whole"]
    assert whole["ended"] == [0, 0, 0]
    assert whole["refused"] == 1, whole["rejected"]
    assert whole["files"] == ["first.csv", "second.csv"]
    assert any(row["course"] != row["value"] for row in whole["first"])
    kinds = Counter(step.split()[0] for step in whole["steps"])
    assert min(kinds[kind] for kind in ("write", "fsync", "rename")) >= 4
    assert len(outcomes["again"]) == len(whole["steps"]) + 6
    for number, outcome in enumerate(outcomes["again"], 1):
        assert outcome["ended"][0] == -signal.SIGKILL, number
        assert outcome["ended"][-2:] == [0, 0], number
        assert outcome["rows"] == whole["rows"], number
        assert outcome["files"] == whole["files"], number
        assert outcome["refused"] == whole["refused"], number
        for name in ("first", "second"):
            assert told(outcome[name]) == told(whole[name]), number
        assert [row["id"] for name in ("first", "second") for row in outcome[name]] == outcome["ids"], number
        assert (outcome["rejected"], outcome["left"]) == (whole["rejected"], []), number
    kinds = set()
    for number, outcome in enumerate(outcomes["onwards"], 1):
        assert outcome["ended"] == [-signal.SIGKILL, 0], number
        kinds.add(done := outcome["first"] is not None)
        assert outcome["files"] == whole["files"][0 if done else 1 :], number
        assert told(outcome["first"]) == (told(whole["first"]) if done else None), number
        if done:
            assert outcome["rows"] == whole["rows"], number
            assert told(outcome["second"]) == told(whole["second"]), number
    assert kinds == {True, False}


def test_a_file_that_was_scored_is_not_scored_again(living: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["score", "--in", "first.csv", "--out", "out.csv", "--state", "w.state", "--json"]
    assert run(command) == 0
    once = json.loads(capsys.readouterr().out)
    content, kept = (living / "out.csv").read_bytes(), (living / "w.state").read_bytes()
    shutil.copy("first.csv", "copy.csv")
    command[command.index("out.csv")] = "other.csv"
    command[command.index("first.csv")] = "copy.csv"
    assert run(command) == 0
    again = json.loads(capsys.readouterr().out)
    assert (once["already"], again["already"]) == (False, True)
    assert (again["scored"], again["refused"]) == (once["scored"], 1)
    assert Path(again["out"]) == living / "out.csv"
    assert not (living / "other.csv").exists()
    assert ((living / "out.csv").read_bytes(), (living / "w.state").read_bytes()) == (content, kept)
    assert run(command[:-1]) == 0
    assert "was scored already" in capsys.readouterr().out


def test_status_and_the_control_process_tell_the_course_that_the_files_ended_with(
    living: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ends: dict[str, float] = {}
    for name in ("first", "second"):
        command = ["score", "--in", f"{name}.csv", "--out", f"{name}.out.csv", "--state", "w.state"]
        assert run(command) == 0
        with Path(f"{name}.out.csv").open(newline="") as file:
            ends |= {row["asset"]: float(row["course"]) for row in csv.DictReader(file)}
    capsys.readouterr()
    assert run(["status", "--json"]) == 0
    (model,) = json.loads(capsys.readouterr().out)["models"]
    lives = {life["asset"]: life for life in model["lives"]}
    assert {asset: life["left"] for asset, life in lives.items()} == pytest.approx(ends)
    assert [life["left"] for life in model["lives"]] == sorted(ends.values())
    assert (lives["P1"]["rows"], lives["P1"]["at"]) == (15, "2026-01-01T08:17:00")
    assert lives["P1"]["answered"] != pytest.approx(lives["P1"]["left"])
    assert lives["P1"]["lower"] < lives["P1"]["answered"] < lives["P1"]["upper"]
    told = look_at_machines(find_plant(), lambda: None, "pump")
    assert (told["version"], told["machines"], told["lives"]) == (4, [], model["lives"])
    assert run(["status"]) == 0
    assert "as one course over 15 rows" in capsys.readouterr().out
