"""The demo tells its whole story."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def play(folder: Path, *options: str) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "andamio",
        "demo",
        "--exit",
        "--json",
        "--port",
        "0",
        "--folder",
        str(folder),
        *options,
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr + ended.stdout
    story: dict[str, Any] = json.loads(ended.stdout)
    return story


def kinds(story: dict[str, Any], chapter: str) -> set[tuple[str, str | None, str | None]]:
    return {(f["kind"], f["tag"], f["asset"]) for f in story["findings"][chapter]}


@pytest.mark.live
@pytest.mark.slow
def test_the_demo_notices_the_stuck_sensor_and_the_drift_and_goes_back(tmp_path: Path) -> None:
    story = play(tmp_path / "plant", "--trials", "3")
    assert kinds(story, "quiet") == set()
    odd = kinds(story, "odd")
    assert ("stuck", "bearing_temperature", "pump-03") in odd
    assert ("drift", "vibration", None) in odd
    assert ("season", "ambient_temperature", None) in odd
    causes = {f["kind"]: f["cause"] for f in story["findings"]["odd"]}
    assert (causes["drift"], causes["season"]) == ("process", "season")
    assert story["versions"] == ["pump-health@1", "pump-health@2"]
    assert story["rollback_s"] > 0
    assert (tmp_path / "plant" / "reports" / "pump-health@2.html").is_file()
