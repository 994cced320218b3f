"""The short run for the newest Python: every module imports, and one file goes all the way to a score."""

from __future__ import annotations

import csv
import importlib
import pkgutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import andamio
from andamio.cli.application import run

pytestmark = pytest.mark.smoke


# What only an extra brings that no check installs; make torch-check runs its tests.
HEAVY = {"andamio.training.networks": "torch"}


def modules() -> list[str]:
    found = [module.name for module in pkgutil.walk_packages(andamio.__path__, "andamio.")]
    found = [name for name in found if not name.endswith("__main__") and ".migrations" not in name]
    return [name for name in found if name not in HEAVY or find_spec(HEAVY[name]) is not None]


@pytest.mark.parametrize("module", modules())
def test_a_module_imports(module: str) -> None:
    assert importlib.import_module(module).__doc__


def history(file: Path) -> None:
    random = np.random.default_rng(0)
    with file.open("w", newline="", encoding="latin-1") as out:
        rows = csv.writer(out, delimiter=";")
        rows.writerow(["Presión [bar]", "Temperatura [°C]", "Producto", "Falla"])
        for _ in range(400):
            pressure, temperature = random.normal(5, 1), random.normal(60, 8)
            product = random.choice(["A", "B"])
            failed = int(pressure * temperature + random.normal(0, 2) > 400)
            rows.writerow(
                [f"{pressure:.2f}".replace(".", ","), f"{temperature:.1f}".replace(".", ","), product, failed]
            )


def test_one_file_goes_all_the_way_to_a_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("andamio.kernel.settings.DEFAULT_KEYS", tmp_path / "keys")
    monkeypatch.setattr("andamio.cli.init.DEFAULT_KEYS", tmp_path / "keys", raising=False)
    monkeypatch.setenv("ANDAMIO_LANG", "es")
    monkeypatch.chdir(tmp_path)
    history(tmp_path / "prensa.csv")
    assert run(["init", "planta", "--from", "prensa.csv", "--target", "Falla"]) == 0
    monkeypatch.chdir(tmp_path / "planta")
    steps = [
        ["data", "add", "../prensa.csv", "--to", "prensa"],
        ["data", "check", "prensa", "--contract", "falla"],
        ["train", "falla", "--trials", "1"],
        ["deploy", "falla@1", "--reason", "primera"],
        ["score", "--in", "../prensa.csv", "--out", "salida.csv"],
        ["status"],
        ["audit", "--verify"],
    ]
    for step in steps:
        status = run(step)
        told = capsys.readouterr()
        assert status == 0, f"{step}\n{told.out}{told.err}"
    with (tmp_path / "planta" / "salida.csv").open(encoding="utf-8-sig") as scored:
        assert sum(1 for _ in scored) == 401
