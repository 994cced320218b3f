"""The form of the journal on disk: a header, then framed records that prove themselves.

    segment  = magic (8 bytes) · created, milliseconds since 1970 (8) · CRC-32 of both (4) · frame …
    frame    = mark (4 bytes) · length of the payload (4) · CRC-32 of length and payload (4) · payload

All numbers are little-endian. The mark lets a reader find the next whole frame after a damaged one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple
from zlib import crc32

MAGIC = b"ANDAJRN\x01"
MARK = b"\xf5\xa9\xda\x4a"
LARGEST_PAYLOAD = 64 * 1024 * 1024 - 1024
_BLOCK = 1024 * 1024
_CUT_OFF, _NO_FRAME = 0, -1

_HEADER = struct.Struct("<8sQI")
_FRAME = struct.Struct("<4sII")
_LENGTH = struct.Struct("<I")
_CREATED = struct.Struct("<8sQ")

HEADER_SIZE = _HEADER.size
FRAME_SIZE = _FRAME.size


class Whole(NamedTuple):
    """A frame that holds: its payload, and where it begins and ends in the file."""

    payload: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Broken:
    """A stretch that is no frame. ``tail`` is true when nothing whole follows it."""

    start: int
    end: int
    tail: bool


def header(created_ms: int) -> bytes:
    """Return the first bytes of a segment."""
    start = _CREATED.pack(MAGIC, created_ms)
    return start + _LENGTH.pack(crc32(start))


def created_ms(start: bytes) -> int | None:
    """Return when a segment was begun; None when these are not the first bytes of one."""
    if len(start) < HEADER_SIZE:
        return None
    magic, created, check = _HEADER.unpack_from(start)
    if magic != MAGIC or check != crc32(start[: _CREATED.size]):
        return None
    return int(created)


def frame(payload: bytes) -> bytes:
    """Return a record's bytes on disk.

    Raises:
        ValueError: The payload is larger than a reader would believe.
    """
    if len(payload) > LARGEST_PAYLOAD:
        raise ValueError(f"a record of {len(payload)} bytes: write it in several")
    length = _LENGTH.pack(len(payload))
    check = crc32(payload, crc32(length))
    return _FRAME.pack(MARK, len(payload), check) + payload


def read_frames(file: BinaryIO, start: int) -> Iterator[Whole | Broken]:
    """Yield the frames from an offset on, and what is broken between or after them."""
    file.seek(start)
    position, window, at = start, b"", 0
    while True:
        size = _size_of_frame(window, at)
        if size > 0:
            yield Whole(window[at + FRAME_SIZE : at + size], position, position + size)
            position, at = position + size, at + size
            continue
        if size == _CUT_OFF:
            more = file.read(max(_BLOCK, len(window) - at))
            if more:
                window, at = window[at:] + more, 0
                continue
        # A writer may have gone on, or taken something back, since the window was read: look again.
        file.seek(position)
        window = file.read()
        found = _first_whole(window)
        if found is None:
            if window:
                yield Broken(position, position + len(window), tail=True)
            return
        if found > 0:
            yield Broken(position, position + found, tail=False)
        position, at = position + found, found


def _size_of_frame(window: bytes, at: int) -> int:
    """Return how many bytes the whole frame at an offset has, or why there is none."""
    start = at + FRAME_SIZE
    if len(window) < start:
        return _CUT_OFF
    mark, length, check = _FRAME.unpack_from(window, at)
    if mark != MARK or length > LARGEST_PAYLOAD:
        return _NO_FRAME
    end: int = start + length
    if len(window) < end:
        return _CUT_OFF
    if crc32(window[start:end], crc32(window[at + 4 : at + 8])) != check:
        return _NO_FRAME
    return end - at


def _first_whole(window: bytes) -> int | None:
    """Find where the first whole frame begins."""
    at = window.find(MARK)
    while at >= 0:
        if _size_of_frame(window, at) > 0:
            return at
        at = window.find(MARK, at + 1)
    return None
