"""Somebody presses Ctrl-C in the middle of a real training."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .plant_state import state
from .small_plant import MODEL

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.xdist_group("bad input")]


def test_ctrl_c_in_a_training_says_so_and_leaves_the_plant_as_it_was(plant: Path) -> None:
    before = state(plant)
    with subprocess.Popen(
        [sys.executable, "-m", "andamio", "train", MODEL, "--budget", "10m"],
        cwd=plant,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "ANDAMIO_LANG": "en"},
    ) as process:
        assert process.stdout is not None
        said = ""
        while "trying" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        process.send_signal(signal.SIGINT)
        said += process.stdout.read()
        assert process.wait(120) == 130, said
    assert "interrupted; nothing was left half-written" in said
    assert "Traceback" not in said
    assert state(plant) == before
