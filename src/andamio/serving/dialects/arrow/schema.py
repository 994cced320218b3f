"""The columns that a stream announces, and which of their types a tag can be read from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

import numpy as np

from andamio.errors import text
from andamio.serving.dialects.arrow.flat import NotArrow, Table

_LITTLE_ENDIAN = 0
_MOST_COLUMNS = 1000


class Layout(StrEnum):
    """How the cells of a column lie in its buffers."""

    NOTHING = "nothing"
    NUMBERS = "numbers"
    TRUTHS = "truths"
    TEXTS = "texts"
    VIEWS = "views"
    MOMENTS = "moments"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a stream.

    Attributes:
        name: Its name.
        layout: How its cells lie.
        dtype: Of the numbers, of the offsets of texts, or of the counts of moments.
        unit: What moments count since 1970: D, s, ms, us or ns.
        zoned: Moments in UTC rather than in an unknown zone.
        dictionary: The id of the dictionary whose texts its numbers choose.
        index: The dtype of those numbers.
    """

    name: str
    layout: Layout
    dtype: np.dtype[Any]
    unit: str = ""
    zoned: bool = False
    dictionary: int | None = None
    index: np.dtype[Any] | None = None


_PLAIN = {1: (Layout.NOTHING, "u1"), 5: (Layout.TEXTS, "<i4"), 6: (Layout.TRUTHS, "u1")}
_PLAIN |= {20: (Layout.TEXTS, "<i8"), 24: (Layout.VIEWS, "<i4")}
_FLOATS = {0: "<f2", 1: "<f4", 2: "<f8"}
_UNITS = {0: "s", 1: "ms", 2: "us", 3: "ns"}
_INT, _FLOAT, _DATE, _TIMESTAMP = 2, 3, 8, 10


def read_schema(schema: Table) -> list[Column]:
    """Read the columns of a schema.

    Raises:
        NotArrow: It is none, or has a column of a type that no tag is read from.
    """
    if schema.number(0, "h") != _LITTLE_ENDIAN:
        raise NotArrow(text("its numbers are big-endian"))
    columns = [_column(field) for field in islice(schema.tables(1), _MOST_COLUMNS + 1)]
    if len(columns) > _MOST_COLUMNS:
        raise NotArrow
    return columns


def _column(field: Table) -> Column:
    name = field.text(0)
    layout, dtype, unit, zoned = _type(field, name)
    encoding = field.table(4)
    if encoding is None:
        return Column(name, layout, np.dtype(dtype), unit, zoned)
    if layout not in (Layout.TEXTS, Layout.VIEWS):
        raise NotArrow(text("the column {column} is a dictionary of something else than texts", column=name))
    index = encoding.table(1)
    numbers = np.dtype("<i4") if index is None else np.dtype(_whole(index))
    return Column(name, layout, np.dtype(dtype), dictionary=encoding.number(0, "q"), index=numbers)


def _type(field: Table, name: str) -> tuple[Layout, str, str, bool]:
    kind, described = field.number(2, "B"), field.table(3)
    if kind in _PLAIN:
        return *_PLAIN[kind], "", False
    if described is not None and kind == _INT:
        return Layout.NUMBERS, _whole(described), "", False
    if described is not None and kind == _FLOAT and described.number(0, "h") in _FLOATS:
        return Layout.NUMBERS, _FLOATS[described.number(0, "h")], "", False
    if described is not None and kind == _DATE:
        days = described.number(0, "h", 1) == 0
        return Layout.MOMENTS, "<i4" if days else "<i8", "D" if days else "ms", False
    if described is not None and kind == _TIMESTAMP and described.number(0, "h") in _UNITS:
        return Layout.MOMENTS, "<i8", _UNITS[described.number(0, "h")], bool(described.text(1))
    raise NotArrow(text("the column {column} is of a type that no tag is read from", column=name))


def _whole(described: Table) -> str:
    width = described.number(0, "i")
    if width not in (8, 16, 32, 64):
        raise NotArrow
    return f"<{'i' if described.number(1, 'B') else 'u'}{width // 8}"
