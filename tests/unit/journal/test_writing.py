"""What is acknowledged is in the journal, once, in order; what cannot be recorded is not acknowledged."""

from __future__ import annotations

import asyncio
import errno
import threading
from pathlib import Path

import pytest

from andamio.errors import Busy, JournalFull, Unequipped, UsageError
from andamio.journal import Journal, read_journal, tail
from andamio.journal.segments import segments_of
from andamio.storage import files

BOTH = pytest.mark.parametrize("durability", ["process", "power-cut"])


@BOTH
def test_every_commit_is_in_the_journal_once_and_in_order(folder, prediction, ids_in, durability):
    async def ask(journal: Journal, who: int) -> None:
        for i in range(20):
            await journal.commit([prediction(f"{who:02d}-{i:02d}")])

    async def everybody() -> None:
        with Journal(folder, "w0", durability) as journal:
            await asyncio.gather(*(ask(journal, who) for who in range(15)))

    asyncio.run(everybody())
    found = ids_in()
    assert sorted(found) == [f"{who:02d}-{i:02d}" for who in range(15) for i in range(20)]
    for who in range(15):
        mine = [name for name in found if name.startswith(f"{who:02d}-")]
        assert mine == sorted(mine)


@BOTH
def test_a_commit_is_readable_when_it_returns(folder, prediction, ids_in, durability):
    async def one_by_one() -> None:
        with Journal(folder, "w0", durability) as journal:
            for i in range(5):
                await journal.commit([prediction(f"a{i}"), prediction(f"b{i}")])
                assert ids_in()[-2:] == [f"a{i}", f"b{i}"]

    asyncio.run(one_by_one())


def test_waiting_records_share_a_commit(folder, prediction, ids_in, monkeypatch):
    syncs: list[str] = []
    first_sync, go_on = threading.Event(), threading.Event()

    def slow(step: str, path: Path) -> None:
        if step == "fsync" and path.suffix == ".journal" and go_on is not None:
            syncs.append(path.name)
            first_sync.set()
            assert go_on.wait(30)

    async def burst() -> None:
        with Journal(folder, "w0", "power-cut") as journal:
            monkeypatch.setattr(files, "_before", slow)
            one = asyncio.create_task(journal.commit([prediction("first")]))
            await asyncio.to_thread(first_sync.wait, 30)
            rest = [asyncio.create_task(journal.commit([prediction(f"r{i:03d}")])) for i in range(200)]
            await asyncio.sleep(0)
            assert not any(task.done() for task in (one, *rest))
            go_on.set()
            await asyncio.gather(one, *rest)

    asyncio.run(burst())
    assert len(syncs) == 2
    assert ids_in() == ["first", *(f"r{i:03d}" for i in range(200))]


def test_a_waiter_who_gives_up_does_not_take_the_others_along(folder, prediction, ids_in):
    async def impatient() -> None:
        with Journal(folder, "w0", "power-cut") as journal:
            leaver = asyncio.create_task(journal.commit([prediction("leaver")]))
            stayer = asyncio.create_task(journal.commit([prediction("stayer")]))
            await asyncio.sleep(0)
            leaver.cancel()
            await stayer
            await journal.commit([prediction("later")])

    asyncio.run(impatient())
    assert ids_in() == ["leaver", "stayer", "later"]


def test_closing_commits_what_still_waits(folder, prediction, ids_in):
    async def close_at_once() -> None:
        journal = Journal(folder, "w0", "power-cut")
        waiting = [asyncio.create_task(journal.commit([prediction(f"r{i}")])) for i in range(5)]
        await asyncio.sleep(0)
        waiting.append(asyncio.create_task(journal.commit([prediction("r5")])))
        await asyncio.sleep(0)
        journal.close()
        await asyncio.gather(*waiting)

    asyncio.run(close_at_once())
    assert ids_in() == [f"r{i}" for i in range(6)]


def full_after(room: int):
    """A disk with this many bytes left, for journals."""
    import os

    real_write = os.write
    left = [room]

    def write(descriptor: int, content: bytes) -> int:
        if left[0] <= 0:
            raise OSError(errno.ENOSPC, "no space left")
        written = real_write(descriptor, content[: left[0]])
        left[0] -= written
        return written

    return write, left


@BOTH
def test_a_full_disk_refuses_the_whole_commit_and_later_ones_succeed(
    folder, prediction, ids_in, monkeypatch, durability
):
    write, left = full_after(60)

    async def fill_up() -> None:
        with Journal(folder, "w0", durability) as journal:
            await journal.commit([prediction("before")])
            size = segments_of(folder)[0].path.stat().st_size
            monkeypatch.setattr(tail.os, "write", write)
            for i in range(3):
                with pytest.raises(JournalFull) as caught:
                    await journal.commit([prediction(f"lost{i}"), prediction(f"lost{i}b")])
                assert segments_of(folder)[0].path.stat().st_size == size
            assert caught.value.fix is not None
            left[0] = 10**6
            await journal.commit([prediction("after")])

    asyncio.run(fill_up())
    assert ids_in() == ["before", "after"]


def test_a_sync_that_fails_takes_the_commit_back(folder, prediction, ids_in, monkeypatch):
    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, "the disk is dying")

    with Journal(folder, "w0", "power-cut") as journal:
        journal.append_now([prediction("before")])
        monkeypatch.setattr(tail.os, "fdatasync", broken)
        with pytest.raises(Unequipped, match="cannot be written"):
            journal.append_now([prediction("lost")])
        monkeypatch.undo()
        journal.append_now([prediction("after")])
    assert ids_in() == ["before", "after"]


def test_when_even_cutting_back_fails_the_next_commit_goes_into_a_new_segment(
    folder, prediction, monkeypatch, kinds_in
):
    write, _ = full_after(30)

    def broken(descriptor: int, size: int) -> None:
        raise OSError(errno.EIO, "the disk is dying")

    with Journal(folder, "w0") as journal:
        journal.append_now([prediction("before")])
        monkeypatch.setattr(tail.os, "write", write)
        monkeypatch.setattr(tail.os, "ftruncate", broken)
        with pytest.raises(JournalFull):
            journal.append_now([prediction("lost")])
        monkeypatch.undo()
        journal.append_now([prediction("after")])
    assert len(segments_of(folder)) == 2
    assert [kind.__name__ for kind in kinds_in()] == ["PredictionRecord", "Damage", "PredictionRecord"]


def test_a_disk_too_full_for_the_first_segment_says_so_and_holds_nothing(
    folder, prediction, ids_in, monkeypatch
):
    write, left = full_after(7)
    monkeypatch.setattr(tail.os, "write", write)
    with pytest.raises(JournalFull):
        Journal(folder, "w0")
    left[0] = 10**6
    with Journal(folder, "w0") as journal:
        journal.append_now([prediction("first")])
    assert ids_in() == ["first"]


def test_a_worker_has_one_writer(folder):
    with Journal(folder, "w0"):
        pytest.MonkeyPatch().setattr("andamio.journal.writing._PATIENCE_S", 0.0)
        with pytest.raises(Busy) as caught:
            Journal(folder, "w0")
        assert "w0" in str(caught.value)
        Journal(folder, "w1").close()
    Journal(folder, "w0").close()


@pytest.mark.parametrize("worker", ["", "../w0", "a/b", ".hidden", "w 0", "w" * 65, "ñ"])
def test_a_name_that_cannot_be_part_of_a_file_s_name_is_refused(folder, worker):
    with pytest.raises(UsageError):
        Journal(folder, worker)


def test_a_full_segment_is_followed_by_the_next(folder, prediction, ids_in, monkeypatch):
    monkeypatch.setattr(tail, "LARGEST_SEGMENT", 2_000)
    names = [f"r{i:03d}" for i in range(60)]
    with Journal(folder, "w0") as journal:
        for name in names:
            journal.append_now([prediction(name)])
        journal.append_now([prediction(*(f"big{i}" for i in range(500)))])
        journal.append_now([prediction("last")])
    sizes = [segment.path.stat().st_size for segment in segments_of(folder)]
    assert len(sizes) > 5
    assert all(size <= 2_000 for size in sizes[:-2])
    assert ids_in() == [*names, *(f"big{i}" for i in range(500)), "last"]


def test_a_new_day_begins_a_new_segment(folder, prediction, ids_in, monkeypatch):
    day = 20_000 * 86_400
    clock = [day + 86_399.0]
    monkeypatch.setattr(tail.time, "time", lambda: clock[0])
    monkeypatch.setattr(tail.time, "time_ns", lambda: int(clock[0] * 1e9))
    with Journal(folder, "w0") as journal:
        journal.append_now([prediction("evening")])
        clock[0] += 2
        journal.append_now([prediction("midnight")])
        journal.append_now([prediction("morning")])
    assert [segment.number for segment in segments_of(folder)] == [1, 2]
    clock[0] += 86_400
    with Journal(folder, "w0") as journal:
        journal.append_now([prediction("next day")])
    assert [segment.number for segment in segments_of(folder)] == [1, 2, 3]
    assert ids_in() == ["evening", "midnight", "morning", "next day"]


def test_a_restart_goes_on_in_the_same_segment(folder, prediction, ids_in):
    for i in range(4):
        with Journal(folder, "w0") as journal:
            journal.append_now([prediction(f"r{i}")])
    assert len(segments_of(folder)) == 1
    assert ids_in() == ["r0", "r1", "r2", "r3"]
    assert list(read_journal(folder / "nowhere")) == []
