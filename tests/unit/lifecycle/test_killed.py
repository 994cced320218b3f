"""Whatever moment a deploy or a rollback is killed at, the plant opens; the work is absent or complete."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(("verb", "before", "after"), [("deploy", 2, 3), ("rollback", 2, 1)])
def test_a_kill_at_any_step_leaves_the_work_absent_or_complete(
    tmp_path: Path, verb: str, before: int, after: int
) -> None:
    script = Path(__file__).with_name("killed.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), verb], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout)
    assert len(outcomes) > 10
    assert [outcome["died"] for outcome in outcomes] == [True] * (len(outcomes) - 1) + [False]
    for outcome in outcomes:
        assert outcome["answers"] == outcome["as_it_was_left"]
        assert outcome["answers"] in {before, after}
        assert outcome["told"] == outcome["answers"]
        assert outcome["audit"] == []
        assert outcome["settled"]
        assert outcome["last"] in {f"{verb}-completed", f"{verb}-abandoned", "deploy-completed"}
    assert {outcome["answers"] for outcome in outcomes} == {before, after}
    assert outcomes[-1]["answers"] == after
