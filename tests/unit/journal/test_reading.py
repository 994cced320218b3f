"""Reading passes over nothing silently, merges the workers by time, and goes on where it stopped."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from andamio.errors import text
from andamio.journal import Cursor, Damage, Journal, PredictionRecord, read_journal, tail
from andamio.journal.frames import frame
from andamio.journal.segments import segments_of


def names(items) -> list[str]:
    return [item.ids[0] if isinstance(item, PredictionRecord) else type(item).__name__ for item in items]


def test_workers_are_merged_by_time(folder, prediction):
    with Journal(folder, "w0") as zero, Journal(folder, "w1") as one:
        for i in range(0, 20, 2):
            zero.append_now([prediction(f"r{i:02d}", time=1000.0 + i)])
            one.append_now([prediction(f"r{i + 1:02d}", time=1001.0 + i)])
    assert names(read_journal(folder)) == [f"r{i:02d}" for i in range(20)]


def test_a_clock_that_goes_back_loses_nothing(folder, prediction):
    times = [1000.0, 1001.0, 500.0, 501.0, 1002.0]
    with Journal(folder, "w0") as zero, Journal(folder, "w1") as one:
        for i, time in enumerate(times):
            zero.append_now([prediction(f"a{i}", time=time)])
            one.append_now([prediction(f"b{i}", time=time)])
    found = names(read_journal(folder))
    assert [name for name in found if name[0] == "a"] == [f"a{i}" for i in range(5)]
    assert [name for name in found if name[0] == "b"] == [f"b{i}" for i in range(5)]


def test_a_cursor_goes_on_where_the_last_reading_stopped(folder, prediction, monkeypatch):
    monkeypatch.setattr(tail, "LARGEST_SEGMENT", 600)
    cursor = Cursor()
    seen: list[str] = []
    with Journal(folder, "w0") as zero, Journal(folder, "w1") as one:
        for i in range(30):
            zero.append_now([prediction(f"a{i}", time=1000.0 + i)])
            if i % 3 == 0:
                one.append_now([prediction(f"b{i}", time=1000.5 + i)])
            seen += names(read_journal(folder, cursor))
            cursor = msgspec.json.decode(msgspec.json.encode(cursor), type=Cursor)
    assert sorted(seen) == sorted([f"a{i}" for i in range(30)] + [f"b{i}" for i in range(0, 30, 3)])
    assert names(read_journal(folder, cursor)) == []
    assert names(read_journal(folder)) == sorted(seen, key=lambda n: int(n[1:]) + (n[0] == "b") / 2)


def test_a_reading_that_is_broken_off_has_seen_what_it_was_given(folder, prediction):
    with Journal(folder, "w0") as zero, Journal(folder, "w1") as one:
        for i in range(5):
            zero.append_now([prediction(f"a{i}", time=1000.0 + i)])
            one.append_now([prediction(f"b{i}", time=1000.5 + i)])
    for stop in range(11):
        cursor = Cursor()
        first: list[str] = []
        for item in read_journal(folder, cursor):
            if len(first) == stop:
                break
            first += names([item])
        rest = names(read_journal(folder, cursor))
        skipped = 1 if stop < 10 else 0
        assert len(first) + skipped + len(rest) == 10
        assert set(first).isdisjoint(rest)


def test_segments_that_were_put_away_are_not_missed(folder, prediction, monkeypatch):
    monkeypatch.setattr(tail, "LARGEST_SEGMENT", 600)
    cursor = Cursor()
    with Journal(folder, "w0") as journal:
        for i in range(4):
            journal.append_now([prediction(f"a{i}")])
        assert len(names(read_journal(folder, cursor))) == 4
        for i in range(4, 12):
            journal.append_now([prediction(f"a{i}")])
    for segment in segments_of(folder)[:-2]:
        segment.path.unlink()
    left = names(read_journal(folder))
    assert names(read_journal(folder, cursor)) == left


def test_a_record_being_written_is_left_for_the_next_reading(folder, prediction):
    cursor = Cursor()
    with Journal(folder, "w0") as journal:
        journal.append_now([prediction("a")])
    path = segments_of(folder)[0].path
    record = frame(msgspec.msgpack.encode(prediction("b")))
    for size in range(0, len(record), 9):
        before = path.read_bytes()
        path.write_bytes(before + record[:size])
        assert "Damage" not in names(read_journal(folder, cursor))
        path.write_bytes(before)
    path.write_bytes(path.read_bytes() + record)
    assert names(read_journal(folder, cursor)) == ["b"]


def test_a_torn_tail_with_a_segment_after_it_is_told(folder, prediction):
    with Journal(folder, "w0") as journal:
        journal.append_now([prediction("a")])
    path = segments_of(folder)[0].path
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + b"\xf5\xa9\xda")
    (folder / "w0-00000002.journal").write_bytes(path.read_bytes()[:size])
    items = list(read_journal(folder))
    assert names(items) == ["a", "Damage", "a"]
    assert items[1] == Damage(path.name, size, size + 3, text("torn at the end"))


@pytest.mark.parametrize(
    "payload", [b"", b"\xc1", msgspec.msgpack.encode(["z", 1.0]), msgspec.msgpack.encode({})]
)
def test_a_whole_frame_that_is_no_record_is_told(folder, prediction, payload):
    with Journal(folder, "w0") as journal:
        journal.append_now([prediction("a")])
    path = segments_of(folder)[0].path
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + frame(payload))
    with Journal(folder, "w0") as journal:
        journal.append_now([prediction("b")])
    items = list(read_journal(folder))
    assert names(items) == ["a", "Damage", "b"]
    assert (items[1].start, items[1].end) == (size, size + len(frame(payload)))


def test_other_files_in_the_folder_are_none_of_its_business(folder, prediction):
    with Journal(folder, "w0") as journal:
        journal.append_now([prediction("a")])
    for name in (
        "notes.txt",
        "w0-1.journal",
        "w0-00000009.journal.torn",
        ".w0-00000009.journal",
        "x.journal",
    ):
        (folder / name).write_bytes(b"rubbish")
    assert names(read_journal(folder)) == ["a"]


def test_a_worker_s_name_may_have_hyphens_and_digits(folder: Path, prediction):
    for worker in ("w", "w-1", "w-00000001"):
        with Journal(folder, worker) as journal:
            journal.append_now([prediction(worker)])
    assert sorted(names(read_journal(folder))) == ["w", "w-00000001", "w-1"]
    assert [segment.worker for segment in segments_of(folder)] == ["w", "w-00000001", "w-1"]
