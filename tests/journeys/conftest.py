"""A plant at work, to be copied and ruined."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ..crash.small_plant import shared_plant


@pytest.fixture(scope="session")
def plant_at_work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions of a model, the first deployed, a few predictions; nobody writes into it."""
    return shared_plant(tmp_path_factory.mktemp)


@pytest.fixture
def plant(plant_at_work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of its own, with the history files beside it; the current folder is the plant's."""
    copy = tmp_path / "plant"
    shutil.copytree(plant_at_work, copy)
    for name in ("first.csv", "more.csv", "rows.csv"):
        shutil.copy(plant_at_work.parent / name, tmp_path / name)
    monkeypatch.chdir(copy)
    monkeypatch.delenv("ANDAMIO_PLANT", raising=False)
    monkeypatch.setenv("ANDAMIO_LANG", "en")
    return copy
