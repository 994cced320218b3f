"""Read the tables of flatbuffers: every access is checked against the bytes that are there."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from andamio.errors import Text, text

LARGEST_VECTOR = 100_000


class NotArrow(Exception):
    """The bytes are not what the format says, or what a tag is read from."""

    def __init__(self, why: Text | None = None) -> None:
        self.why = why or text("its bytes are not laid out as the format says")
        super().__init__(str(self.why))


class Table:
    """One table; ``slot`` is the place of a field in the schema's declaration, from 0."""

    def __init__(self, buffer: bytes, start: int) -> None:
        self._buffer = buffer
        self._start = start
        self._fields = start - self._read("<i", start)
        self._width = self._read("<H", self._fields)

    def number(self, slot: int, form: str, default: int = 0) -> int:
        """Read a number; ``form`` as ``struct`` writes it."""
        place = self._place(slot)
        return default if place is None else self._read("<" + form, place)

    def table(self, slot: int) -> Table | None:
        """Read a table within."""
        place = self._place(slot)
        return None if place is None else Table(self._buffer, self._follow(place))

    def text(self, slot: int) -> str:
        """Read a text; absent is empty."""
        place = self._place(slot)
        if place is None:
            return ""
        start = self._follow(place)
        length = self._read("<I", start)
        if length > len(self._buffer) - start - 4:
            raise NotArrow
        return self._buffer[start + 4 : start + 4 + length].decode("utf-8")

    def tables(self, slot: int) -> Iterator[Table]:
        """Read a vector of tables."""
        start, length = self._vector(slot)
        for place in range(length):
            yield Table(self._buffer, self._follow(start + 4 * place))

    def pairs(self, slot: int) -> list[tuple[int, int]]:
        """Read a vector of structures of two 64-bit numbers."""
        start, length = self._vector(slot)
        return [
            (self._read("<q", at), self._read("<q", at + 8)) for at in range(start, start + 16 * length, 16)
        ]

    def numbers(self, slot: int) -> list[int]:
        """Read a vector of 64-bit numbers."""
        start, length = self._vector(slot)
        return [self._read("<q", at) for at in range(start, start + 8 * length, 8)]

    def _vector(self, slot: int) -> tuple[int, int]:
        place = self._place(slot)
        if place is None:
            return 0, 0
        start = self._follow(place)
        length = self._read("<I", start)
        if length > LARGEST_VECTOR:
            raise NotArrow
        return start + 4, length

    def _place(self, slot: int) -> int | None:
        at = 4 + 2 * slot
        if at + 2 > self._width:
            return None
        offset = self._read("<H", self._fields + at)
        return self._start + offset if offset else None

    def _follow(self, place: int) -> int:
        return place + self._read("<I", place)

    def _read(self, form: str, place: int) -> int:
        if place < 0:
            raise NotArrow
        try:
            value: int = struct.unpack_from(form, self._buffer, place)[0]
        except struct.error as error:
            raise NotArrow from error
        return value


def root(buffer: bytes) -> Table:
    """Open the root table of a message."""
    if len(buffer) < 4:
        raise NotArrow
    return Table(buffer, struct.unpack_from("<I", buffer)[0])
