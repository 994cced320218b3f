"""Outcomes of every end of every operation, found once for all tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .small_plant import shared_plant


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What ``dying.py`` found: for each operation its steps and its trials."""
    folder = tmp_path_factory.mktemp("dying")
    script = Path(__file__).with_name("dying.py")
    done = subprocess.run(
        [sys.executable, str(script), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "ANDAMIO_LANG": "en"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads((folder / "outcomes.json").read_text()))


@pytest.fixture(scope="session")
def plant_at_work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions of a model, the first deployed, a few predictions; nobody writes into it."""
    return shared_plant(tmp_path_factory.mktemp)


@pytest.fixture
def plant(plant_at_work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of its own; the current folder is the plant's."""
    copy = tmp_path / "plant"
    shutil.copytree(plant_at_work, copy)
    monkeypatch.chdir(copy)
    monkeypatch.delenv("ANDAMIO_PLANT", raising=False)
    monkeypatch.setenv("ANDAMIO_LANG", "en")
    return copy


@pytest.fixture
def small_disk(mount_small_disk: Callable[[str], Path]) -> Path:
    """A real file system of four megabytes."""
    return mount_small_disk("4m")
