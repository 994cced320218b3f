"""Write an answer as an Arrow stream of one batch."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import flatbuffers
import numpy as np

from andamio.serving.dialects.answer_columns import AnswerColumn, Form

_V5 = 4
_SCHEMA, _BATCH = 1, 3
_TYPES = {"number": 3, "text": 5, "truth": 6}
_SINGLE = 1


def write_arrow(columns: Sequence[AnswerColumn]) -> bytes:
    """Write columns: numbers as float32, truth values as bool, texts as utf8."""
    length = len(columns[0].values)
    nodes, buffers, body = [], [], bytearray()
    for column in columns:
        missing, parts = _laid_out(column)
        nodes.append((length, missing))
        for part in parts:
            buffers.append((len(body), len(part)))
            body += part + bytes(-len(part) % 8)
    schema = _schema(columns)
    batch = _batch(length, nodes, buffers, len(body))
    return schema + batch + bytes(body) + b"\xff\xff\xff\xff" + bytes(4)


def _laid_out(column: AnswerColumn) -> tuple[int, list[bytes]]:
    values = column.values
    if column.form == "text":
        written = [str(value).encode() for value in values]
        ends = np.cumsum([0, *map(len, written)]).astype("<i4")
        return 0, [b"", ends.tobytes(), b"".join(written)]
    if column.form == "truth":
        return 0, [b"", np.packbits(np.array(values, np.bool_), bitorder="little").tobytes()]
    valid = np.array([value is not None for value in values])
    numbers = np.array([0.0 if value is None else value for value in values], "<f4")
    bits = b"" if valid.all() else np.packbits(valid, bitorder="little").tobytes()
    return int((~valid).sum()), [bits, numbers.tobytes()]


def _schema(columns: Sequence[AnswerColumn]) -> bytes:
    builder = flatbuffers.Builder(256)
    fields = [_field(builder, column.name, column.form) for column in columns]
    builder.StartVector(4, len(fields), 4)
    for field in reversed(fields):
        builder.PrependUOffsetTRelative(field)
    listed = builder.EndVector()
    builder.StartObject(4)
    builder.PrependUOffsetTRelativeSlot(1, listed, 0)
    return _message(builder, _SCHEMA, builder.EndObject(), 0)


def _field(builder: flatbuffers.Builder, name: str, form: Form) -> int:
    written: int = builder.CreateString(name)
    builder.StartVector(4, 0, 4)
    children = builder.EndVector()
    builder.StartObject(1)
    if form == "number":
        builder.PrependInt16Slot(0, _SINGLE, 0)
    described = builder.EndObject()
    builder.StartObject(7)
    builder.PrependUOffsetTRelativeSlot(0, written, 0)
    builder.PrependBoolSlot(1, form == "number", 0)
    builder.PrependUint8Slot(2, _TYPES[form], 0)
    builder.PrependUOffsetTRelativeSlot(3, described, 0)
    builder.PrependUOffsetTRelativeSlot(5, children, 0)
    field: int = builder.EndObject()
    return field


def _batch(
    length: int, nodes: Sequence[tuple[int, int]], buffers: Sequence[tuple[int, int]], size: int
) -> bytes:
    builder = flatbuffers.Builder(1024)
    vectors = []
    for pairs in (nodes, buffers):
        builder.StartVector(16, len(pairs), 8)
        for first, second in reversed(pairs):
            builder.Prep(8, 16)
            builder.PrependInt64(second)
            builder.PrependInt64(first)
        vectors.append(builder.EndVector())
    builder.StartObject(5)
    builder.PrependInt64Slot(0, length, 0)
    builder.PrependUOffsetTRelativeSlot(1, vectors[0], 0)
    builder.PrependUOffsetTRelativeSlot(2, vectors[1], 0)
    return _message(builder, _BATCH, builder.EndObject(), size)


def _message(builder: flatbuffers.Builder, kind: int, header: int, size: int) -> bytes:
    builder.StartObject(5)
    builder.PrependInt16Slot(0, _V5, 0)
    builder.PrependUint8Slot(1, kind, 0)
    builder.PrependUOffsetTRelativeSlot(2, header, 0)
    builder.PrependInt64Slot(3, size, 0)
    builder.Finish(builder.EndObject())
    content = bytes(builder.Output())
    content += bytes(-len(content) % 8)
    return b"\xff\xff\xff\xff" + struct.pack("<I", len(content)) + content
