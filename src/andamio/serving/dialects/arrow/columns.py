"""Turn the buffers of a column into cells: an array of numbers, or a list with None for missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.cells import Cells
from andamio.errors import text
from andamio.serving.dialects.arrow.flat import LARGEST_VECTOR, NotArrow, Table
from andamio.serving.dialects.arrow.schema import Column, Layout

Dictionaries = Mapping[int, Sequence[str | None]]


class Batch:
    """One record batch: hands out its nodes and buffers in the order of its columns."""

    def __init__(self, batch: Table, body: bytes, cap: int) -> None:
        if batch.table(3) is not None:
            raise NotArrow(text("its buffers are compressed"))
        self.length = batch.number(0, "q")
        if not 0 <= self.length <= cap:
            raise NotArrow
        self._body = body
        buffers = batch.pairs(2)
        if sum(max(length, 0) for _, length in buffers) > len(body):
            raise NotArrow  # several columns in the same bytes: little would become much
        self._nodes = iter(batch.pairs(1))
        self._buffers = iter(buffers)
        self._views = iter(batch.numbers(4))

    def cells(self, column: Column, dictionaries: Dictionaries) -> Cells:
        """Read the next column."""
        length = next(self._nodes, (-1, 0))[0]
        if length != self.length:
            raise NotArrow
        if column.layout is Layout.NOTHING:
            return [None] * length
        valid = self._validity()
        if column.dictionary is not None and column.index is not None:
            return self._chosen(column, column.index, valid, dictionaries)
        return _READERS[column.layout](self, column, valid)

    def _validity(self) -> NDArray[np.bool_] | None:
        buffer = self._buffer()
        return self._bits(buffer) if buffer and self.length else None

    def _bits(self, buffer: bytes) -> NDArray[np.bool_]:
        if 8 * len(buffer) < self.length:
            raise NotArrow
        packed = np.frombuffer(buffer, np.uint8, (self.length + 7) // 8)
        return np.unpackbits(packed, count=self.length, bitorder="little").astype(np.bool_)

    def _buffer(self) -> bytes:
        start, length = next(self._buffers, (-1, -1))
        if start < 0 or length < 0 or start + length > len(self._body):
            raise NotArrow
        return self._body[start : start + length]

    def _array(self, dtype: np.dtype[Any], count: int) -> NDArray[Any]:
        buffer = self._buffer()
        if count * dtype.itemsize > len(buffer):
            raise NotArrow
        return np.frombuffer(buffer, dtype, count)

    def numbers(self, column: Column, valid: NDArray[np.bool_] | None) -> Cells:
        """Read numbers; whole ones with gaps become a list, so that no digit is lost to NaN."""
        values = self._array(column.dtype, self.length)
        if valid is None or valid.all():
            return values
        if values.dtype.kind == "f":
            return np.where(valid, values, np.asarray(np.nan, values.dtype))
        return _with_gaps(values.tolist(), valid)

    def truths(self, _column: Column, valid: NDArray[np.bool_] | None) -> Cells:
        """Read truth values."""
        return _with_gaps(self._bits(self._buffer()).tolist(), valid)

    def moments(self, column: Column, valid: NDArray[np.bool_] | None) -> Cells:
        """Read moments as ISO 8601, in UTC where the column has a zone."""
        counts = self._array(column.dtype, self.length).astype(np.int64)
        moments = np.datetime_as_string(counts.view(f"datetime64[{column.unit}]")).tolist()
        ending = "+00:00" if column.zoned else ""
        return _with_gaps([None if m == "NaT" else _short(m) + ending for m in moments], valid)

    def texts(self, column: Column, valid: NDArray[np.bool_] | None) -> Cells:
        """Read texts laid end to end."""
        if not self.length:
            self._buffer()
            self._buffer()
            return []
        offsets = self._array(column.dtype, self.length + 1)
        written = self._buffer()
        if offsets[0] < 0 or offsets[-1] > len(written) or (np.diff(offsets) < 0).any():
            raise NotArrow
        ends = offsets.tolist()
        return _decoded((written[ends[i] : ends[i + 1]] for i in range(self.length)), valid)

    def views(self, _column: Column, valid: NDArray[np.bool_] | None) -> Cells:
        """Read texts that lie in the view itself (up to 12 bytes) or in one of its buffers."""
        views = self._array(np.dtype("V16"), self.length)
        count = next(self._views, 0)
        if count < 0:
            raise NotArrow
        buffers = [self._buffer() for _ in range(min(count, LARGEST_VECTOR))]
        return _decoded((_viewed(view.tobytes(), buffers) for view in views), valid)

    def _chosen(
        self, column: Column, index: np.dtype[Any], valid: NDArray[np.bool_] | None, known: Dictionaries
    ) -> Cells:
        texts = known.get(-1 if column.dictionary is None else column.dictionary)
        chosen = self._array(index, self.length)
        inside = np.ones(self.length, np.bool_) if valid is None else valid
        if texts is None or ((chosen[inside] < 0) | (chosen[inside] >= len(texts))).any():
            raise NotArrow(
                text("the column {column} chooses what its dictionary does not hold", column=column.name)
            )
        return [texts[place] if there else None for place, there in zip(chosen.tolist(), inside, strict=True)]


_READERS: Mapping[Layout, Callable[[Batch, Column, NDArray[np.bool_] | None], Cells]] = {
    Layout.NUMBERS: Batch.numbers,
    Layout.TRUTHS: Batch.truths,
    Layout.MOMENTS: Batch.moments,
    Layout.TEXTS: Batch.texts,
    Layout.VIEWS: Batch.views,
}


def _with_gaps(values: list[Any], valid: NDArray[np.bool_] | None) -> list[Any]:
    if valid is None:
        return values
    return [value if there else None for value, there in zip(values, valid.tolist(), strict=True)]


def _decoded(written: Iterator[bytes], valid: NDArray[np.bool_] | None) -> list[str | None]:
    if valid is None:
        return [text.decode("utf-8") for text in written]
    return [
        text.decode("utf-8") if there else None for text, there in zip(written, valid.tolist(), strict=True)
    ]


def _viewed(view: bytes, buffers: Sequence[bytes]) -> bytes:
    length = int.from_bytes(view[:4], "little")
    if length <= 12:
        return view[4 : 4 + length]
    place, start = int.from_bytes(view[8:12], "little"), int.from_bytes(view[12:], "little")
    if place >= len(buffers) or start + length > len(buffers[place]):
        raise NotArrow
    return buffers[place][start : start + length]


def _short(moment: str) -> str:
    return moment.rstrip("0").rstrip(".") if "." in moment else moment
