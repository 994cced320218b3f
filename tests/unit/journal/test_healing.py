"""After a crash the whole records are there, the torn one is cut off and kept aside, nothing else moves."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from andamio.journal import Damage, Journal, PredictionRecord, ServiceRecord, read_journal
from andamio.journal.frames import HEADER_SIZE
from andamio.journal.segments import segments_of
from andamio.storage import files


def write(folder: Path, prediction, *names: str) -> Path:
    with Journal(folder, "w0") as journal:
        for name in names:
            journal.append_now([prediction(name)])
    return segments_of(folder)[-1].path


def predicted(folder: Path) -> list[str]:
    return [name for item in read_journal(folder) if isinstance(item, PredictionRecord) for name in item.ids]


def healings(folder: Path) -> list[ServiceRecord]:
    return [item for item in read_journal(folder) if isinstance(item, ServiceRecord)]


def test_a_torn_tail_of_any_length_is_cut_off_and_told(folder, prediction):
    path = write(folder, prediction, "a", "b", "c")
    whole = path.read_bytes()
    start_of_c = whole.rindex(b"\xf5\xa9\xda\x4a")
    for cut in range(start_of_c + 1, len(whole), 7):
        path.write_bytes(whole[:cut])
        for torn in folder.glob("*.torn"):
            torn.unlink()
        assert predicted(folder) == ["a", "b"]
        with Journal(folder, "w0") as journal:
            journal.append_now([prediction("d")])
        assert predicted(folder) == ["a", "b", "d"]
        (healing,) = healings(folder)
        assert (healing.event, healing.detail["cut_bytes"]) == ("healed", cut - start_of_c)
        (torn,) = folder.glob("*.torn")
        assert torn.read_bytes() == whole[start_of_c:cut]
        assert not [item for item in read_journal(folder) if isinstance(item, Damage)]


def test_zeros_that_a_power_cut_left_are_cut_off(folder, prediction):
    path = write(folder, prediction, "a")
    with path.open("ab") as file:
        file.write(bytes(10_000))
    with Journal(folder, "w0") as journal:
        journal.append_now([prediction("b")])
    assert predicted(folder) == ["a", "b"]


def test_a_damaged_middle_stays_as_it_is_and_what_follows_is_kept(folder, prediction):
    path = write(folder, prediction, "a", "b", "c")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with Journal(folder, "w0") as journal:
        journal.append_now([prediction("d")])
    assert predicted(folder) == ["a", "c", "d"]
    assert path.read_bytes().startswith(bytes(content))
    (damage,) = (item for item in read_journal(folder) if isinstance(item, Damage))
    assert (damage.segment, damage.start < len(content) // 2 < damage.end) == (path.name, True)


@pytest.mark.parametrize("size", range(HEADER_SIZE))
def test_a_segment_killed_while_it_was_begun_is_passed_over(folder, prediction, size):
    path = write(folder, prediction)
    path.write_bytes(path.read_bytes()[:size])
    assert list(read_journal(folder)) == []
    with Journal(folder, "w0") as journal:
        journal.append_now([prediction("a")])
    assert [type(item) for item in read_journal(folder)] == [PredictionRecord]


def test_a_segment_whose_header_is_damaged_is_told_and_not_written_to(folder, prediction):
    path = write(folder, prediction, "a")
    content = bytearray(path.read_bytes())
    content[3] ^= 1
    path.write_bytes(content)
    write(folder, prediction, "b")
    items = list(read_journal(folder))
    assert [type(item) for item in items] == [Damage, PredictionRecord]
    assert path.read_bytes() == content


class Killed(BaseException):
    """The process was killed here."""


def test_a_healing_stopped_at_any_step_can_be_done_again(folder, prediction, monkeypatch):
    path = write(folder, prediction, "a", "b")
    whole = path.read_bytes()
    for stop in range(1, 12):
        path.write_bytes(whole[:-3])
        left = [stop]

        def hook(step, where, left=left):
            left[0] -= 1
            if left[0] <= 0:
                raise Killed

        monkeypatch.setattr(files, "_before", hook)
        with contextlib.suppress(Killed):
            Journal(folder, "w0").close()
        monkeypatch.undo()
        assert predicted(folder) == ["a"]
        with Journal(folder, "w0") as journal:
            journal.append_now([prediction("c")])
        assert predicted(folder) == ["a", "c"]


def test_another_worker_s_torn_tail_is_left_to_that_worker(folder, prediction):
    path = write(folder, prediction, "a")
    with path.open("ab") as file:
        file.write(b"\xf5\xa9")
    torn = path.read_bytes()
    with Journal(folder, "w1") as journal:
        journal.append_now([prediction("b")])
    assert path.read_bytes() == torn
    assert sorted(predicted(folder)) == ["a", "b"]
