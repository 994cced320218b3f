"""What a process loads before it works: nothing that its work does not need."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLANT_ONLY = {
    "alembic",
    "apprise",
    "deltalake",
    "jinja2",
    "lightgbm",
    "mapie",
    "matplotlib",
    "onnx",
    "onnxmltools",
    "optuna",
    "polars",
    "scipy",
    "skl2onnx",
    "sklearn",
    "spox",
    "sqlalchemy",
}
HEAVY = PLANT_ONLY | {
    "cryptography",
    "numpy",
    "onnxruntime",
    "pint",
    "prometheus_client",
    "structlog",
    "uvicorn",
}
BASE_COMMANDS = ("serve", "status", "score", "feedback", "doctor", "rollback", "deploy", "error", "explain")


def loaded_by(statements: str) -> set[str]:
    """Run some statements in a process of their own and return the top packages it has loaded."""
    tail = "\nimport json, sys\nprint()\nprint(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", statements + tail], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_import_andamio_loads_nothing_but_itself() -> None:
    found = loaded_by("import andamio")
    assert found & (HEAVY | {"babel", "msgspec", "rich", "typer"}) == set()


def test_the_help_of_andamio_loads_no_library_of_a_command() -> None:
    found = loaded_by("from andamio.cli.application import run\nassert run(['--help']) == 0")
    assert found & HEAVY == set()
    assert "typer" in found


@pytest.mark.parametrize("command", BASE_COMMANDS)
def test_a_command_of_the_base_loads_no_library_of_the_plant(command: str) -> None:
    found = loaded_by(f"from andamio.cli.application import load_command\nload_command({command!r})")
    assert found & PLANT_ONLY == set()


def test_the_scoring_process_knows_no_room_of_the_control_side() -> None:
    found = loaded_by(
        "import andamio.serving.process, sys\n"
        "rooms = {m.split('.')[1] for m in sys.modules if m.startswith('andamio.')}\n"
        "assert not rooms & {'app', 'data', 'features', 'lifecycle', 'monitoring', 'registry', 'reports',"
        " 'training'}, rooms\n"
        "assert 'andamio.storage.database' not in sys.modules"
    )
    assert found & PLANT_ONLY == set()


def test_scoring_from_python_needs_the_base_only() -> None:
    found = loaded_by("import andamio\nandamio.read_contract, andamio.open_bundle, andamio.score")
    assert found & PLANT_ONLY == set()
