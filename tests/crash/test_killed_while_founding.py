"""``andamio init``, killed before every step on disk: no plant or a whole one, and the next run founds it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from andamio.bundles.keys import load_key
from andamio.contracts import read_contract
from andamio.kernel.settings import find_plant

from .small_plant import history

pytestmark = [pytest.mark.live, pytest.mark.slow]

# Dies before its step of this number.
INIT = """
import os, signal, sys
from andamio.cli.application import run
from andamio.storage import files

left, steps = int(sys.argv[1]), []

def hook(step, path):
    steps.append(step)
    if len(steps) == left:
        os.kill(os.getpid(), signal.SIGKILL)

files._before = hook
status = run(["init", "plant", "--from", "first.csv", "--target", "Failed"])
print(*steps)
sys.exit(status)
"""


def found(folder: Path, *, dying_at: int = 0) -> subprocess.CompletedProcess[str]:
    """Found a plant in a process that may die on the way; its keys lie in the folder too."""
    (folder / "first.csv").write_text(history(40, 1), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-c", INIT, str(dying_at)],
        cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | {"ANDAMIO_LANG": "en", "HOME": str(folder / "home")},
    )  # fmt: skip


def is_whole(plant: Path) -> bool:
    """Tell whether a plant is there; what is there must be whole."""
    if not plant.exists():
        return False
    opened = find_plant(plant)
    assert opened.settings.keys.trusted
    assert len(read_contract(plant / "models" / "failed.toml").inputs) == 2
    return True


def test_killed_anywhere_there_is_no_plant_or_a_whole_one_and_the_next_run_founds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    done = found(whole)
    assert done.returncode == 0, done.stdout + done.stderr
    steps = done.stdout.splitlines()[-1].split()
    assert {"write", "fsync", "rename"} <= set(steps)
    outcomes = []
    for number in range(1, len(steps) + 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.setenv("HOME", str(folder / "home"))
        assert found(folder, dying_at=number).returncode == -signal.SIGKILL
        outcomes.append(is_whole(folder / "plant"))
        again = found(folder)
        assert again.returncode == (3 if outcomes[-1] else 0), again.stdout + again.stderr
        assert is_whole(folder / "plant")
        key = find_plant(folder / "plant").signing_key
        assert key is not None
        load_key(key, plant=folder / "plant")
        assert sorted(path.name for path in folder.iterdir()) == ["first.csv", "home", "plant"]
    assert outcomes == sorted(outcomes)
