"""Whatever moment an addition is killed at, the dataset opens; the addition is absent or complete."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ONE_THREAD = os.environ | {"POLARS_MAX_THREADS": "1"}


@pytest.mark.parametrize("kind", ["first", "second"])
def test_a_kill_at_any_step_leaves_the_addition_absent_or_complete(tmp_path: Path, kind: str) -> None:
    script = Path(__file__).with_name("killed.py")
    done = subprocess.run(
        [sys.executable, script, tmp_path, kind], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout)
    absent, complete = (None, 0) if kind == "first" else (0, 1)
    rows = {None: 0, 0: 10, 1: 20}
    assert len(outcomes) > 10
    assert [outcome["died"] for outcome in outcomes] == [True] * (len(outcomes) - 1) + [False]
    for outcome in outcomes:
        assert outcome["left"]["version"] in {absent, complete}
        assert outcome["left"]["rows"] == rows[outcome["left"]["version"]]
        assert outcome["left"]["whole"]
        assert outcome["again"] == 0
        assert outcome["after"] == {"version": complete, "rows": rows[complete], "whole": True}
        assert outcome["rubbish"] == []
        assert outcome["parts"] == complete + 1
    assert {outcome["left"]["version"] for outcome in outcomes} == {absent, complete}


def test_a_kill_at_any_moment_leaves_the_addition_absent_or_complete(tmp_path: Path) -> None:
    script = Path(__file__).with_name("killed.py")
    command = [sys.executable, script, tmp_path, "moments"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ONE_THREAD)
    assert done.returncode == 0, done.stderr
    for outcome in json.loads(done.stdout):
        assert (outcome["left"]["version"], outcome["left"]["rows"]) in {(0, 10), (1, 20)}
        assert outcome["left"]["whole"]
        assert outcome["after"] == {"version": 1, "rows": 20, "whole": True}
        assert outcome["rubbish"] == []
