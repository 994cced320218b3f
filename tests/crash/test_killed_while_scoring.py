"""``andamio score``, killed before every step on disk: old files or new ones, and nothing left over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.live, pytest.mark.slow]

# Dies before its step of this number, counted from the first that concerns an output.
SCORE = """
import os, signal, sys
from andamio.cli.application import run
from andamio.storage import files

left, steps = int(sys.argv[1]), []

def hook(step, path):
    if "out." in path.name:
        steps.append(step)
        if len(steps) == left:
            os.kill(os.getpid(), signal.SIGKILL)

files._before = hook
status = run(["score", "--in", "rows.csv", "--out", "out.csv"])
print(*steps)
sys.exit(status)
"""
ROWS = "Temperature [degC],Load\n80.5,1.0\n214.0,1.0\nparada,1.0\n"


def score(plant: Path, *, dying_at: int = 0) -> subprocess.CompletedProcess[str]:
    """Score in a process that may die on the way."""
    return subprocess.run(
        [sys.executable, "-c", SCORE, str(dying_at)],
        cwd=plant, capture_output=True, text=True, check=False, env=os.environ | {"ANDAMIO_LANG": "en"},
    )  # fmt: skip


def found(plant: Path) -> dict[str, str]:
    """Every output and everything that looks like a part of one; ids differ from run to run."""
    text = {path.name: path.read_text() for path in plant.glob("*out.*")}
    return {name: "" if name == "out.csv" and "id" in written else written for name, written in text.items()}


def test_killed_anywhere_it_leaves_the_old_or_the_new_and_the_next_run_clears_up(plant: Path) -> None:
    (plant / "rows.csv").write_text(ROWS)
    done = score(plant)
    assert done.returncode == 0, done.stdout + done.stderr
    steps, whole = done.stdout.splitlines()[-1].split(), found(plant)
    assert sorted(whole) == ["out.csv", "out.rejected.csv"]
    assert whole["out.rejected.csv"].count("\n") == 3
    assert {"write", "fsync", "rename"} <= set(steps)
    for number in range(1, len(steps) + 1):
        old = {"out.csv": "yesterday's\n", "out.rejected.csv": "of yesterday\n"}
        for name, content in old.items():
            (plant / name).write_text(content)
        assert score(plant, dying_at=number).returncode == -signal.SIGKILL
        there = found(plant)
        for name, content in old.items():
            assert there[name] in (content, whole[name]), (number, name)
        if there["out.csv"] != old["out.csv"]:
            assert there["out.rejected.csv"] == whole["out.rejected.csv"], number
        assert score(plant).returncode == 0
        assert found(plant) == whole, number
