"""A file or a folder is there whole, or as it was before."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andamio.errors import DiskFull
from andamio.storage import files
from andamio.storage.files import (
    make_folder,
    publish_folder,
    remove_abandoned_staging,
    replace_file,
    saying_when_full,
    staging_folder,
    write_file,
)


class Killed(BaseException):
    """The process was killed here."""


def stopping(at: int):
    left = [at]

    def hook(step: str, path: Path) -> None:
        left[0] -= 1
        if left[0] <= 0:
            raise Killed

    return hook


def steps_of(monkeypatch, work) -> list[tuple[str, str]]:
    steps: list[tuple[str, str]] = []
    monkeypatch.setattr(files, "_before", lambda step, path: steps.append((step, path.name)))
    work()
    monkeypatch.undo()
    return steps


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=2000), st.binary(max_size=2000))
def test_a_replaced_file_has_the_new_content_and_nothing_is_left_beside_it(old, new):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        replace_file(path, old)
        replace_file(path, new)
        assert path.read_bytes() == new
        assert [entry.name for entry in Path(folder).iterdir()] == ["a.json"]


def test_a_replacement_is_written_synced_renamed_and_its_folder_synced(tmp_path, monkeypatch):
    steps = steps_of(monkeypatch, lambda: replace_file(tmp_path / "a", b"new"))
    assert [step for step, _ in steps] == ["write", "fsync", "rename", "fsync"]
    assert steps[-1][1] == tmp_path.name
    steps = steps_of(monkeypatch, lambda: replace_file(tmp_path / "a", b"new", durable=False))
    assert [step for step, _ in steps] == ["write", "rename"]


@pytest.mark.parametrize("stop", [1, 2, 3, 4])
def test_a_replacement_stopped_at_any_step_leaves_the_old_file_or_the_new_one(tmp_path, monkeypatch, stop):
    path = tmp_path / "a"
    replace_file(path, b"old")
    monkeypatch.setattr(files, "_before", stopping(stop))
    with pytest.raises(Killed):
        replace_file(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == (b"new" if stop == 4 else b"old")


def test_what_a_killed_writer_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path):
    dead = tmp_path / ".a.99999999.abc123.tmp"
    living = tmp_path / f".a.{os.getppid()}.abc123.tmp"
    other = tmp_path / ".b.99999999.abc123.tmp"
    for path in (dead, living, other):
        path.write_bytes(b"half")
    replace_file(tmp_path / "a", b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([living.name, other.name, "a"])


def test_a_full_disk_leaves_the_old_file_and_says_so(tmp_path, monkeypatch):
    path = tmp_path / "a"
    replace_file(path, b"old")

    def full(step: str, where: Path) -> None:
        if step == "fsync":
            raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(files, "_before", full)
    with pytest.raises(DiskFull) as caught:
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]
    assert caught.value.fix is not None


@pytest.mark.parametrize(
    ("said", "full"),
    [
        ("Generic LocalFileSystem error: No space left on device (os error 28)", True),
        ("Disk quota exceeded (os error 122)", True),
        ("Permission denied (os error 13)", False),
        ("os error 280", False),
    ],
)
def test_a_library_says_in_its_text_that_the_disk_is_full(tmp_path, said, full):
    class LibraryError(Exception):
        pass

    with pytest.raises(DiskFull if full else LibraryError), saying_when_full(tmp_path):
        raise LibraryError(said)


def test_another_failure_of_the_disk_is_not_called_full(tmp_path, monkeypatch):
    def broken(step: str, where: Path) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(files, "_before", broken)
    with pytest.raises(OSError, match="broken"):
        replace_file(tmp_path / "a", b"new")


def test_a_file_gets_the_mode_it_was_asked_for(tmp_path):
    replace_file(tmp_path / "a", b"", mode=0o600)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_a_new_file_is_not_written_over(tmp_path):
    write_file(tmp_path / "a", b"one")
    with pytest.raises(FileExistsError):
        write_file(tmp_path / "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"one"


def test_folders_are_made_with_those_above_them(tmp_path):
    make_folder(tmp_path / "a" / "b" / "c", mode=0o700)
    assert [stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "a", tmp_path / "a" / "b")] == [0o700, 0o700]
    make_folder(tmp_path / "a" / "b" / "c")


def test_a_staging_folder_is_gone_when_it_was_not_published(tmp_path):
    def build() -> None:
        with staging_folder(tmp_path) as staging:
            write_file(staging / "a", b"half")
            raise Killed

    with pytest.raises(Killed):
        build()
    assert list(tmp_path.iterdir()) == []


def test_a_published_folder_appears_whole(tmp_path):
    with staging_folder(tmp_path) as staging:
        write_file(staging / "a", b"whole")
        publish_folder(staging, tmp_path / "final")
    assert [path.name for path in tmp_path.iterdir()] == ["final"]
    assert (tmp_path / "final" / "a").read_bytes() == b"whole"


def test_publishing_under_a_name_that_is_there_keeps_what_is_there(tmp_path):
    for content in (b"first", b"second"):
        with staging_folder(tmp_path) as staging:
            write_file(staging / "a", content)
            publish_folder(staging, tmp_path / "final")
    assert [path.name for path in tmp_path.iterdir()] == ["final"]
    assert (tmp_path / "final" / "a").read_bytes() == b"first"


def test_abandoned_staging_is_removed_and_nothing_else(tmp_path):
    (tmp_path / ".staging-1-abc" / "inner").mkdir(parents=True)
    (tmp_path / "kept").mkdir()
    (tmp_path / ".lock").touch()
    remove_abandoned_staging(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "kept"]
