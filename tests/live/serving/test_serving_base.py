"""The edge runtime alone is enough to serve, score and take the truth back."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.live


@pytest.fixture
def base_python() -> str:
    """The Python of an environment with the base install only."""
    python = os.environ.get("ANDAMIO_BASE_PYTHON", "")
    if not Path(python).is_file():
        pytest.skip("ANDAMIO_BASE_PYTHON names no Python of a base-only environment; make base builds one")
    return python


def run(python: str, plant: Any, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-c", "from andamio.cli import main; main()", *arguments],
        env=os.environ | {"ANDAMIO_PLANT": str(plant.root), "ANDAMIO_LANG": "en"},
        cwd=plant.root, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_the_base_environment_lacks_the_plant_part(base_python: str) -> None:
    plant_part = ("polars", "sklearn", "sqlalchemy", "onnx")
    code = f"import importlib.util as u; print([n for n in {plant_part} if u.find_spec(n)])"
    done = subprocess.run([base_python, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_base_environment_serves(base_python: str, plant: Any, serve: Any) -> None:
    plant.deploy(plant.build(1))
    with serve(plant, python=base_python) as running:
        answer = running.predict(plant.row)
        assert answer.json["predictions"][0]["probability"] == pytest.approx(plant.chance(1), abs=1e-6)
        plant.wait_for(plant.deploy(plant.build(2)))
        assert running.predict(plant.row).json["version"] == 2
        assert running.stop() == 0


def test_a_base_environment_scores_a_file_and_takes_its_truth_back(base_python: str, plant: Any) -> None:
    plant.deploy(plant.build(1))
    (plant.root / "rows.csv").write_text("bearing_temp;ambient_temp;product\n80,5;20,1;L\n200,0;20,0;M\n")
    done = run(base_python, plant, "score", "--in", "rows.csv", "--out", "out.csv")
    assert done.returncode == 0, done.stderr
    assert len((plant.root / "out.csv").read_text().splitlines()) == 2
    assert "contract-range" in (plant.root / "out.rejected.csv").read_text()
    name = (plant.root / "out.csv").read_text().splitlines()[1].split(",")[1]
    done = run(base_python, plant, "explain", name)
    assert done.returncode == 0, done.stderr
    assert "because bearing_temp is 80.5 °C" in done.stdout
    (plant.root / "truth.csv").write_text(f"id,state\n{name},failure\n")
    done = run(base_python, plant, "feedback", "truth.csv", "--json")
    assert done.returncode == 0, done.stderr
    assert '"joined": 1' in done.stdout


def test_parquet_asks_for_the_plant_part(base_python: str, plant: Any) -> None:
    plant.deploy(plant.build(1))
    done = run(base_python, plant, "score", "--in", "rows.parquet", "--out", "out.csv", "--json")
    assert done.returncode == 7
    assert "missing-extra" in done.stdout
