"""Somebody else holds what a command needs: it says who, changes nothing, and works afterwards."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

import andamio.app
from andamio.cli.application import run
from andamio.errors import text
from andamio.lifecycle import Switchboard
from andamio.storage.locks import hold

from .plant_state import state
from .small_plant import MODEL, training_at_once

pytestmark = pytest.mark.xdist_group("bad input")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a tenth of a second where the house waits ten."""
    quick = partial(andamio.app.open_database, wait_s=0.1)
    monkeypatch.setattr(andamio.app, "open_database", quick)
    assert Switchboard.hold.__kwdefaults__ is not None
    monkeypatch.setitem(Switchboard.hold.__kwdefaults__, "patience_s", 0.1)


@contextmanager
def held_database(plant: Path) -> Iterator[None]:
    """Hold the database as another command does that is writing."""
    with closing(sqlite3.connect(plant / ".andamio" / "andamio.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def busy(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Type a command that must find something held; return what it says."""
    capsys.readouterr()
    assert run(words) == 6
    said = capsys.readouterr().err
    assert said.startswith("error[busy]: ")
    assert "\n  try " in said
    return said


def test_a_locked_database_refuses_a_deploy_and_a_training_and_lets_readers_read(
    plant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state(plant)
    with held_database(plant):
        assert "in use by another process" in busy(["deploy", f"{MODEL}@2", "--reason", "x"], capsys)
        with training_at_once():
            busy(["train", MODEL, "--seed", "9"], capsys)
        for words in (["models"], ["show", f"{MODEL}@1"], ["audit", "--verify"], ["status"]):
            assert run(words) == 0, words
    found = state(plant)
    assert found == before
    with training_at_once():
        assert run(["train", MODEL, "--seed", "9"]) == 0
    assert run(["deploy", f"{MODEL}@3", "--reason", "now"]) == 0
    assert state(plant)["answers"] == {MODEL: 3}


def test_a_dataset_that_another_process_adds_to_is_busy(
    plant: Path, plant_at_work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["data", "add", str(plant_at_work.parent / "more.csv"), "--to", "pumps"]
    with hold(plant / ".andamio" / "datasets" / ".pumps.lock", text("the dataset")):
        assert f"process {os.getpid()} is at work on it" in busy(words, capsys)
    assert run(words) == 0


@pytest.mark.parametrize("words", [["deploy", f"{MODEL}@2"], ["rollback", MODEL]])
def test_a_second_change_of_what_answers_waits_its_turn(
    plant: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert run(["deploy", f"{MODEL}@2"]) == run(["deploy", f"{MODEL}@1"]) == 0
    with hold(plant / ".andamio" / "switchboard.lock", text("the switchboard")):
        busy(words, capsys)
        assert run(["status"]) == run(["models"]) == 0
    assert run(words) == 0
    assert state(plant)["answers"] == {MODEL: 2}
