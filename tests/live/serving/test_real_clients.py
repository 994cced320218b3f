"""The clients of MLflow, Triton and KServe, as their projects publish them, ask a real scoring process."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.live, pytest.mark.slow]

HERE = Path(__file__).parent
MADE = Path(__file__).parents[3] / ".venv-clients" / "bin" / "python"
ROWS = [
    {"bearing_temp": 80.0, "ambient_temp": 20.0, "product": "L"},
    {"bearing_temp": 179.5, "ambient_temp": -9.0, "product": "H"},
]
BAD = [ROWS[0], ROWS[1] | {"bearing_temp": 214.0}]
OFFLINE = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


@pytest.fixture
def expected(served: Any) -> list[dict[str, Any]]:
    """What native JSON answers."""
    predictions: list[dict[str, Any]] = served[1].predict(*ROWS).json["predictions"]
    assert [prediction["label"] for prediction in predictions] == ["failure", "failure"]
    return predictions


def ask_with(client: str, served: Any) -> Any:
    python = Path(os.environ.get("ANDAMIO_CLIENTS_PYTHON") or MADE)
    if not python.is_file():
        pytest.skip(f"the clients are not installed at {python}; make clients installs them")
    done = subprocess.run(
        [str(python), str(HERE / "clients" / f"{client}_client.py"), str(served[1].port),
         json.dumps(ROWS), json.dumps(BAD)],
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | OFFLINE,
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_mlflows_scoring_client(served: Any, expected: list[dict[str, Any]]) -> None:
    answer = ask_with("mlflow", served)
    assert answer["labels"] == answer["by_order"] == [p["label"] for p in expected]
    assert answer["probabilities"] == [p["probability"] for p in expected]
    assert "422" in answer["refused"]
    assert "bearing_temp = 214" in answer["refused"]
    assert "error_code" in answer["refused"]


def test_tritons_client_in_bytes_and_in_json(served: Any, expected: list[dict[str, Any]]) -> None:
    answer = ask_with("triton", served)
    assert answer["live"] is True
    assert answer["server"] == "andamio"
    assert answer["inputs"] == ["bearing_temp", "ambient_temp", "product"]
    assert answer["index"] == [{"name": "pump-health", "version": "3", "state": "READY", "reason": ""}]
    assert answer["labels"] == [p["label"] for p in expected]
    assert answer["decisions"] == [p["decision"] for p in expected]
    assert answer["id"] == "42"
    assert answer["probabilities"] == [[p["probability"] for p in expected]] * 3
    assert answer["refused"].startswith("422")
    assert "bearing_temp = 214" in answer["refused"]


def test_kserves_client_in_both_protocols(served: Any, expected: list[dict[str, Any]]) -> None:
    answer = ask_with("kserve", served)
    assert answer["ready"] == [True, True, True, True]
    assert answer["labels"] == [p["label"] for p in expected]
    assert answer["probabilities"] == [[p["probability"] for p in expected]] * 3
    assert answer["id"] == ["42", "42"]
    assert "bearing_temp = 214" in answer["refused"]
