"""Killed at any step of the compaction, nothing is lost and nothing is double, for any reader."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.live, pytest.mark.slow]
KILLED = -9


@pytest.fixture(scope="module")
def deaths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("compacting")
    script = Path(__file__).with_name("dying_compaction.py")
    done = subprocess.run(
        [sys.executable, str(script), str(folder)],
        capture_output=True, text=True, check=False, env=os.environ | {"ANDAMIO_LANG": "en"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads((folder / "outcomes.json").read_text()))


def test_every_step_was_died_at(deaths: dict[str, Any]) -> None:
    for work in deaths.values():
        assert {"fsync", "rename", "unlink"} <= set(work["steps"])
        assert {trial["ended"] for trial in work["trials"]} == {KILLED}
    assert len(deaths["compacting"]["steps"]) > 40
    assert "torn" in {trial["way"] for trial in deaths["compacting"]["trials"]}


def test_a_reader_finds_the_same_after_every_death(deaths: dict[str, Any]) -> None:
    work = deaths["compacting"]
    assert len(work["before"]["found"]) == 24
    assert work["after"]["found"] == work["before"]["found"]
    wrong = [t["number"] for t in work["trials"] if t["found"]["found"] != work["before"]["found"]]
    assert wrong == []


def test_after_a_death_while_pruning_a_table_is_as_before_or_pruned(deaths: dict[str, Any]) -> None:
    work = deaths["pruning"]
    kept, whole = set(work["after"]["found"]), set(work["before"]["found"])
    assert len(kept) == 15
    for trial in work["trials"]:
        found = trial["found"]["found"]
        assert len(found) == len(set(found)), trial["number"]
        assert kept <= set(found) <= whole, trial["number"]


@pytest.mark.parametrize("name", ["compacting", "pruning"])
def test_the_next_run_completes_it_and_leaves_nothing_behind(deaths: dict[str, Any], name: str) -> None:
    work = deaths[name]
    wrong = [
        trial["number"]
        for trial in work["trials"]
        if trial["again"]["found"] != work["after"]["found"]
        or trial["again"]["segments"] != work["after"]["segments"]
        or len(trial["again"]["parquet"]) != len(work["after"]["parquet"])
    ]
    assert wrong == []
    assert [trial["again"]["left"] for trial in work["trials"] if trial["again"]["left"]] == []
