"""Real commands, killed at random moments after they have begun; and a training that somebody interrupts."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from andamio.cli.application import run

from .plant_state import state
from .small_plant import MODEL, training_at_once

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.xdist_group("bad input")]

AT_ONCE = [sys.executable, str(Path(__file__).with_name("at_once.py"))]
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "ANDAMIO_LANG": "en"}


def killed_after(plant: Path, words: list[str], seconds: float) -> None:
    """Start a command, let it work for so long, and kill it."""
    with subprocess.Popen(
        [*AT_ONCE, *words], cwd=plant, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=ENVIRONMENT
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        threading.Event().wait(seconds)
        process.send_signal(signal.SIGKILL)


def test_kills_at_random_times_leave_the_work_absent_or_complete(plant: Path, plant_at_work: Path) -> None:
    chance = random.Random(5)
    add = ["data", "add", str(plant_at_work.parent / "more.csv"), "--to", "pumps"]
    for words, longest in ((add, 0.5), (["train", MODEL, "--seed", "9"], 2.0)):
        for _ in range(3):
            killed_after(plant, words, chance.uniform(0.02, longest))
            assert state(plant)["wrong"] == []
    assert run(add) == 0
    with training_at_once():
        assert run(["train", MODEL, "--seed", "9"]) == 0
    found = state(plant)
    assert found["wrong"] == []
    assert set(found["datasets"]) == {"pumps@0", "pumps@1"}
    assert 3 <= len(found["versions"]) <= 4  # trained on pumps@0, pumps@1, or each in its turn


def test_ctrl_c_in_a_training_says_so_and_leaves_the_plant_as_it_was(plant: Path) -> None:
    before = state(plant)
    with subprocess.Popen(
        [sys.executable, "-m", "andamio", "train", MODEL, "--budget", "10m"],
        cwd=plant,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as process:
        assert process.stderr is not None
        said = ""
        while "trying" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        process.send_signal(signal.SIGINT)
        said += process.stderr.read()
        assert process.wait(60) == 130, said
    assert "interrupted; nothing was left half-written" in said
    assert "Traceback" not in said
    assert state(plant) == before
