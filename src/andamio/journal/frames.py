"""The form of the journal on disk: a header, then framed records that prove themselves.

    segment  = magic (8 bytes) · created, milliseconds since 1970 (8) · CRC-32 of both (4) · frame …
    frame    = mark (4 bytes) · length of the payload (4) · CRC-32 of length and payload (4) · payload

All numbers are little-endian. The mark lets a reader find the next whole frame after a damaged one.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MAGIC = b"ANDAJRN\x01"
MARK = b"\xf5\xa9\xda\x4a"
LARGEST_PAYLOAD = 64 * 1024 * 1024 - 1024

_HEADER = struct.Struct("<8sQI")
_FRAME = struct.Struct("<4sII")
_LENGTH = struct.Struct("<I")
_CREATED = struct.Struct("<8sQ")

HEADER_SIZE = _HEADER.size
FRAME_SIZE = _FRAME.size


@dataclass(frozen=True, slots=True)
class Whole:
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
    return start + _LENGTH.pack(zlib.crc32(start))


def created_ms(start: bytes) -> int | None:
    """Return when a segment was begun; None when these are not the first bytes of one."""
    if len(start) < HEADER_SIZE:
        return None
    magic, created, check = _HEADER.unpack_from(start)
    if magic != MAGIC or check != zlib.crc32(start[: _CREATED.size]):
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
    check = zlib.crc32(payload, zlib.crc32(length))
    return b"".join((_FRAME.pack(MARK, len(payload), check), payload))


def read_frames(file: BinaryIO, start: int) -> Iterator[Whole | Broken]:
    """Yield the frames from an offset on, and what is broken between or after them."""
    file.seek(start)
    position = start
    while True:
        head = file.read(FRAME_SIZE)
        if not head:
            return
        payload = _payload(file, head)
        if payload is not None:
            end = position + FRAME_SIZE + len(payload)
            yield Whole(payload, position, end)
            position = end
            continue
        file.seek(position)
        rest = file.read()
        found = _first_whole(rest)
        if found is None:
            yield Broken(position, position + len(rest), tail=True)
            return
        # Zero: a writer finished this very frame between the two readings.
        if found > 0:
            yield Broken(position, position + found, tail=False)
        position += found
        file.seek(position)


def _payload(file: BinaryIO, head: bytes) -> bytes | None:
    if len(head) < FRAME_SIZE:
        return None
    mark, length, check = _FRAME.unpack(head)
    if mark != MARK or length > LARGEST_PAYLOAD:
        return None
    payload = file.read(length)
    if len(payload) < length or zlib.crc32(payload, zlib.crc32(head[4:8])) != check:
        return None
    return payload


def _first_whole(content: bytes) -> int | None:
    """Find where the first whole frame begins."""
    position = content.find(MARK)
    while position >= 0:
        if len(content) >= position + FRAME_SIZE:
            _, length, check = _FRAME.unpack_from(content, position)
            begin = position + FRAME_SIZE
            payload = memoryview(content)[begin : begin + length]
            prefix = content[position + 4 : position + 8]
            if len(payload) == length <= LARGEST_PAYLOAD and zlib.crc32(payload, zlib.crc32(prefix)) == check:
                return position
        position = content.find(MARK, position + 1)
    return None
