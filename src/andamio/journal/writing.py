"""Append records and acknowledge them when they are committed, many waiting ones in one commit."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import msgspec

from andamio.errors import Unequipped, text
from andamio.journal.frames import frame
from andamio.journal.records import Record, ServiceRecord
from andamio.journal.segments import check_worker
from andamio.journal.tail import SegmentWriter
from andamio.storage.files import make_folder
from andamio.storage.locks import hold

Durability = Literal["process", "power-cut"]

_PATIENCE_S = 2.0


class Journal:
    """One worker's journal.

    With ``durability="process"`` a record is committed when the system has it: a killed process loses
    nothing, a power cut may lose the last seconds. With ``"power-cut"`` it is committed when the disk has
    it; records that wait meanwhile share the next commit, which begins as soon as the disk is free.
    """

    def __init__(self, folder: Path, worker: str, durability: Durability = "process") -> None:
        """Take the worker's place, heal what a crash left, and be ready to append.

        Raises:
            Busy: A living process writes this worker's journal.
            JournalFull: There is no room for the first record.
            UsageError: The name cannot be part of a file's name.
        """
        check_worker(worker)
        make_folder(folder)
        what = text("the journal of worker {worker}", worker=worker)
        self._lock = hold(folder / f"{worker}.lock", what, patience_s=_PATIENCE_S)
        self._durable = durability == "power-cut"
        self._encoder = msgspec.msgpack.Encoder()
        self._guard = threading.Lock()
        self._group: _Group | None = None
        self._committing = False
        self._disk: ThreadPoolExecutor | None = None
        try:
            self._segment = SegmentWriter(folder, worker)
            if self._segment.healed_bytes:
                detail = {"cut_bytes": self._segment.healed_bytes}
                self.append_now([ServiceRecord(time=time.time(), event="healed", detail=detail)])
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def place(self) -> tuple[str, int]:
        """The worker, and the number of the segment that it stands in: the next record is not before it."""
        return self._segment.place

    async def commit(self, records: Sequence[Record]) -> None:
        """Append records; return when they are committed, all of them or none.

        Raises:
            JournalFull: There is no room; nothing of them was recorded, and a later commit may succeed.
        """
        content = self._framed(records)
        if not self._durable:
            with self._guard:
                self._segment.append(content)
            return
        if self._group is None:
            self._group = _Group(asyncio.get_running_loop().create_future())
        group = self._group
        group.parts.append(content)
        if not self._committing:
            self._begin_commit()
        await asyncio.shield(group.done)

    def append_now(self, records: Sequence[Record]) -> None:
        """Append records and commit them before returning, for whoever has no event loop.

        Raises:
            JournalFull: There is no room; nothing of them was recorded.
        """
        self._write(self._framed(records))

    def begin_next_segment(self) -> None:
        """Close the segment, if anything is in it, so that it may be moved into the archive.

        Raises:
            JournalFull: There is no room for the next.
        """
        with self._guard:
            self._segment.begin_next()

    def close(self) -> None:
        """Commit what still waits and leave the worker's place; call it from the event loop's thread."""
        if self._disk is not None:
            self._disk.shutdown(wait=True)
        group, self._group = self._group, None
        if group is not None:
            group.settle(self._attempt(group))
        with self._guard:
            self._segment.close()
        self._lock.release()

    def _framed(self, records: Sequence[Record]) -> bytes:
        encode = self._encoder.encode
        if len(records) == 1:
            return frame(encode(records[0]))
        return b"".join([frame(encode(record)) for record in records])

    def _write(self, content: bytes) -> None:
        with self._guard:
            self._segment.append(content, durable=self._durable)

    def _begin_commit(self) -> None:
        group, self._group = self._group, None
        if group is None:
            self._committing = False
            return
        self._committing = True
        if self._disk is None:
            self._disk = ThreadPoolExecutor(1, thread_name_prefix="journal")
        loop = asyncio.get_running_loop()
        attempt = loop.run_in_executor(self._disk, self._attempt, group)
        attempt.add_done_callback(lambda outcome: self._end_commit(group, outcome.result()))

    def _attempt(self, group: _Group) -> Unequipped | None:
        try:
            self._write(b"".join(group.parts))
        except Unequipped as error:
            return error
        return None

    def _end_commit(self, group: _Group, error: Unequipped | None) -> None:
        self._begin_commit()
        group.settle(error)


class _Group:
    """Records that share one commit."""

    __slots__ = ("done", "parts")

    def __init__(self, done: asyncio.Future[None]) -> None:
        self.done = done
        self.parts: list[bytes] = []

    def settle(self, error: Unequipped | None) -> None:
        """Tell everybody who waits."""
        if error is None:
            self.done.set_result(None)
            return
        self.done.set_exception(error)
        # Whoever waited may be gone; that is no news for the event loop's log.
        self.done.exception()
