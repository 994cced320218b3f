"""Outcomes of every end of every operation, found once for all tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


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
