"""The end of a worker's row of segments, where the next record goes."""

from __future__ import annotations

import os
import time
from pathlib import Path

from andamio.errors import JournalFull, Unequipped, text
from andamio.journal.frames import HEADER_SIZE, header
from andamio.journal.healing import heal
from andamio.journal.segments import Segment, segments_of
from andamio.storage.files import before, is_full, sync_folder

LARGEST_SEGMENT = 64 * 1024 * 1024
_DAY_S = 86_400


class SegmentWriter:
    """Append bytes to a worker's last segment, all of them or none.

    A new segment begins when this one is full or its day (UTC) is over. The caller holds the worker's
    lock and lets one thread in at a time.
    """

    def __init__(self, folder: Path, worker: str) -> None:
        """Heal the last segment and stand at its end, or begin the first."""
        self._folder = folder
        self._worker = worker
        self._descriptor: int | None = None
        self.healed_bytes = 0
        last = segments_of(folder, worker)[-1:]
        self._next_number = last[0].number + 1 if last else 1
        if not last or not self._continue(last[0]):
            self._begin()

    @property
    def place(self) -> tuple[str, int]:
        """The worker, and the number of its last segment."""
        return self._worker, self._next_number - 1

    def append(self, content: bytes, *, durable: bool = False) -> None:
        """Append bytes.

        Raises:
            JournalFull: There is no room; the segment ends where it ended before.
            Unequipped: The disk fails in another way; the segment ends where it ended before.
        """
        if self._descriptor is None or self._is_over(len(content)):
            self._begin()
        try:
            self._put(content, durable=durable)
        except OSError as error:
            self._take_back()
            raise _unwritable(self._segment.path, error) from error
        self._end += len(content)

    def begin_next(self) -> None:
        """Close this segment, if there is anything in it, and begin the next.

        Raises:
            JournalFull: There is no room for it.
        """
        if self._end > HEADER_SIZE:
            self._begin()

    def close(self) -> None:
        """Leave the segment as it is."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _put(self, content: bytes, *, durable: bool) -> None:
        descriptor, path = self._descriptor, self._segment.path
        if descriptor is None:
            raise OSError("the segment is closed")
        before("write", path)
        _write_all(descriptor, content)
        if durable:
            before("fsync", path)
            os.fdatasync(descriptor)

    def _take_back(self) -> None:
        """Cut off what was half written; when even that fails, leave the segment to the next healing."""
        descriptor = self._descriptor
        if descriptor is None:
            return
        try:
            before("truncate", self._segment.path)
            os.ftruncate(descriptor, self._end)
        except OSError:
            self.close()

    def _is_over(self, size: int) -> bool:
        if self._end + size > LARGEST_SEGMENT and self._end > HEADER_SIZE:
            return True
        return not self._day <= time.time() < self._day + _DAY_S

    def _continue(self, segment: Segment) -> bool:
        healed = heal(segment)
        self.healed_bytes = healed.cut
        created = segment.created_ms()
        if healed.end is None or created is None:
            return False
        self._open(segment, healed.end, created)
        return True

    def _begin(self) -> None:
        self.close()
        segment = Segment.of(self._folder, self._worker, self._next_number)
        created = time.time_ns() // 1_000_000
        try:
            before("write", segment.path)
            descriptor = os.open(segment.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            try:
                _write_all(descriptor, header(created))
                before("fsync", segment.path)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            sync_folder(self._folder)
        except OSError as error:
            raise _unwritable(segment.path, error) from error
        self._next_number += 1
        self._open(segment, HEADER_SIZE, created)

    def _open(self, segment: Segment, end: int, created_ms: int) -> None:
        self._segment = segment
        self._end = end
        self._day = created_ms // 1000 // _DAY_S * _DAY_S
        self._descriptor = os.open(segment.path, os.O_WRONLY | os.O_APPEND)


def _write_all(descriptor: int, content: bytes) -> None:
    written = os.write(descriptor, content)
    while written < len(content):
        written += os.write(descriptor, content[written:])


def _unwritable(path: Path, error: OSError) -> Unequipped:
    if is_full(error):
        return JournalFull(
            text("the journal cannot grow: the disk is full"),
            where=text("{path}", path=path),
            why=text("what cannot be recorded is not acknowledged; nothing half-written was left"),
            fix=text("free some space on this disk; recording goes on by itself"),
        )
    return Unequipped(
        text("the journal cannot be written"),
        where=text("{path}", path=path),
        why=text("{reason}", reason=error.strerror or error),
        fix=text("look after the disk (dmesg tells what it says) and start the service again"),
    )
