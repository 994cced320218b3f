"""Make a worker's last segment whole again after a crash, and keep what was cut off."""

from __future__ import annotations

import os
from dataclasses import dataclass

from andamio.journal.frames import HEADER_SIZE, Broken, created_ms, read_frames
from andamio.journal.segments import Segment
from andamio.storage.files import before, replace_file


@dataclass(frozen=True, slots=True)
class Healed:
    """What a look at the last segment found.

    ``end`` is where the next record goes, None when the segment cannot be continued (its header is not
    whole). ``cut`` counts the bytes of a record that was never acknowledged. ``damaged`` counts broken
    stretches with whole records after them: those stay as they are, and every reader reports them.
    """

    end: int | None
    cut: int = 0
    damaged: int = 0


def heal(segment: Segment) -> Healed:
    """Cut the torn tail off a segment that nobody writes.

    The cut bytes are kept beside it (``….torn``), for whoever wants to know; no reader looks there.
    """
    damaged = 0
    with segment.path.open("rb") as file:
        if created_ms(file.read(HEADER_SIZE)) is None:
            return Healed(None)
        end = HEADER_SIZE
        tail: Broken | None = None
        for found in read_frames(file, HEADER_SIZE):
            if isinstance(found, Broken):
                damaged += not found.tail
                tail = found if found.tail else None
            end = found.end
        if tail is None:
            return Healed(end, damaged=damaged)
        file.seek(tail.start)
        torn = file.read()
    replace_file(segment.path.with_name(f"{segment.path.name}.{tail.start}.torn"), torn)
    cut_at(segment, tail.start)
    return Healed(tail.start, cut=len(torn), damaged=damaged)


def cut_at(segment: Segment, end: int) -> None:
    """Shorten a segment to ``end`` bytes, durably."""
    before("truncate", segment.path)
    descriptor = os.open(segment.path, os.O_WRONLY)
    try:
        os.ftruncate(descriptor, end)
        before("fsync", segment.path)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
