"""Read a whole Arrow stream as columns of cells."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from andamio.contracts.cells import Cells
from andamio.errors import BodyRefused, text
from andamio.serving.dialects.arrow.columns import Batch
from andamio.serving.dialects.arrow.flat import NotArrow, Table, root
from andamio.serving.dialects.arrow.schema import Column, read_schema
from andamio.serving.dialects.asking import more_than

_CONTINUES = b"\xff\xff\xff\xff"
_SCHEMA, _DICTIONARY, _BATCH = 1, 2, 3
_V4, _V5 = 3, 4
_DICTIONARY_CAP = 100_000
_FREE_CELLS = 100_000


def read_arrow(body: bytes, cap: int) -> list[tuple[str, Cells]]:
    """Read a stream.

    Raises:
        BodyRefused: It is no Arrow stream, is compressed, or holds types that no tag is read from.
        BodyTooLarge: It has more rows than ``cap``.
    """
    try:
        return _Stream(cap).read(body)
    except (NotArrow, ValueError, OverflowError) as error:
        raise BodyRefused(
            text("the body is not an Arrow stream that can be read"),
            why=error.why if isinstance(error, NotArrow) else text("{reason}", reason=error),
            fix=text(
                "send Arrow's stream format (IPC), uncompressed, with columns of numbers, texts and moments"
            ),
        ) from error


class _Stream:
    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._columns: Sequence[Column] | None = None
        self._dictionaries: dict[int, list[str | None]] = {}
        self._parts: list[list[Cells]] = []
        self._height = 0
        self._size = 0

    def read(self, body: bytes) -> list[tuple[str, Cells]]:
        self._size = len(body)
        for kind, header, content in _messages(body):
            if kind == _SCHEMA and self._columns is None:
                self._columns = read_schema(header)
                self._parts = [[] for _ in self._columns]
            elif kind == _DICTIONARY:
                self._learn(header, content)
            elif kind == _BATCH:
                self._add(header, content)
            else:
                raise NotArrow
        if self._columns is None:
            raise NotArrow
        return [
            (column.name, _joined(parts)) for column, parts in zip(self._columns, self._parts, strict=True)
        ]

    def _add(self, header: Table, content: bytes) -> None:
        if self._columns is None:
            raise NotArrow
        self._height += max(header.number(0, "q"), 0)
        if self._height > self._cap:
            raise more_than(self._cap)
        if self._height * len(self._columns) > max(_FREE_CELLS, 8 * self._size):
            raise NotArrow  # no cell takes less than a bit
        batch = Batch(header, content, self._cap)
        for column, parts in zip(self._columns, self._parts, strict=True):
            parts.append(batch.cells(column, self._dictionaries))

    def _learn(self, header: Table, content: bytes) -> None:
        name, data = header.number(0, "q"), header.table(1)
        column = next((c for c in self._columns or () if c.dictionary == name), None)
        if column is None or data is None:
            raise NotArrow
        texts = list(Batch(data, content, _DICTIONARY_CAP).cells(_of_texts(column), {}))
        known = self._dictionaries.get(name, []) if header.number(2, "B") else []
        if len(known) + len(texts) > _DICTIONARY_CAP:
            raise NotArrow
        self._dictionaries[name] = known + texts


def _of_texts(column: Column) -> Column:
    return Column(column.name, column.layout, column.dtype)


def _joined(parts: Sequence[Cells]) -> Cells:
    if len(parts) == 1:
        return parts[0]
    if parts and all(isinstance(part, np.ndarray) for part in parts):
        return np.concatenate(parts)
    return list(chain.from_iterable(p.tolist() if isinstance(p, np.ndarray) else p for p in parts))


def _messages(body: bytes) -> Iterator[tuple[int, Table, bytes]]:
    place = 0
    while place < len(body):
        if body[place : place + 4] != _CONTINUES or place + 8 > len(body):
            raise NotArrow
        size: int = struct.unpack_from("<I", body, place + 4)[0]
        place += 8
        if size == 0:
            return
        message = root(body[place : place + size])
        place += size
        length, header = message.number(3, "q"), message.table(2)
        if message.number(0, "h") not in (_V4, _V5) or header is None:
            raise NotArrow
        if length < 0 or place + length > len(body):
            raise NotArrow
        yield message.number(1, "B"), header, body[place : place + length]
        place += length
