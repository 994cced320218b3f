"""A real disk that fills up: what was there stays, the error is kind, and with room the command works."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import chdir, suppress
from pathlib import Path

import pytest

from andamio.cli.application import run

from .plant_state import left_behind, state
from .small_plant import MODEL, training_at_once

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("bad input")]

KIB = 1024


@pytest.fixture
def crowded(plant: Path, small_disk: Path) -> Iterator[Path]:
    """The plant on the small disk."""
    place = small_disk / "plant"
    shutil.copytree(plant, place)
    with chdir(place):
        yield place


def fill(ballast: Path, *, leaving: int) -> None:
    """Fill the disk of a file to the last page, then give some room back."""
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"0" * 4 * KIB):
            pass
    assert os.statvfs(ballast.parent).f_bavail == 0
    os.truncate(ballast, max(0, ballast.stat().st_size - leaving))


def add(plant: Path, source: Path) -> int:
    return run(["data", "add", str(source / "more.csv"), "--to", "pumps"])


def train(plant: Path, source: Path) -> int:
    with training_at_once():
        return run(["train", MODEL, "--seed", "9"])


def deploy(plant: Path, source: Path) -> int:
    return run(["deploy", f"{MODEL}@2", "--reason", "better"])


@pytest.mark.parametrize(
    ("command", "rooms"),
    [
        (add, (0, 4, 12, 24, 48, 96)),
        (train, (0, 40, 80, 120, 160)),
        (deploy, (0, 8, 32, 40, 48, 64, 80)),
    ],
)
def test_on_a_full_disk_a_command_is_refused_and_nothing_is_half_written(
    crowded: Path,
    plant_at_work: Path,
    capsys: pytest.CaptureFixture[str],
    command: Callable[[Path, Path], int],
    rooms: tuple[int, ...],
) -> None:
    ballast = crowded.parent / "ballast"
    before = state(crowded)
    statuses = []
    for room in rooms:
        capsys.readouterr()
        fill(ballast, leaving=room * KIB)
        statuses.append(command(crowded, plant_at_work.parent))
        said = capsys.readouterr().err
        ballast.unlink()
        if statuses[-1] == 0:
            break
        assert statuses[-1] == 7, said
        assert "full" in said
        found = state(crowded)
        assert found["wrong"] == []
        assert {part: found[part] for part in ("datasets", "answers")} == {
            part: before[part] for part in ("datasets", "answers")
        }
        assert [name for name in left_behind(crowded) if not name.startswith(".ballast")] == []
    assert statuses[0] == 7
    if statuses[-1]:
        assert command(crowded, plant_at_work.parent) == 0, capsys.readouterr().err
    after = state(crowded)
    assert after["wrong"] == []
    assert any(after[part] != before[part] for part in ("datasets", "versions", "answers"))


def test_on_a_full_disk_no_answer_of_a_batch_is_given_that_the_journal_does_not_have(
    crowded: Path, plant_at_work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ballast, output = crowded.parent / "ballast", tmp_path / "answers.csv"
    words = ["score", "--in", str(plant_at_work.parent / "first.csv"), "--out", str(output)]
    fill(ballast, leaving=0)
    assert run(words) == 7
    assert "error[journal-full]" in capsys.readouterr().err
    assert not output.exists()
    assert run(["status"]) == 0
    ballast.unlink()
    assert run(words) == 0
    assert len(output.read_text().splitlines()) == 201
