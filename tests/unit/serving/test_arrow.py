"""Arrow streams are read as their writers meant them, and no byte of a stream can do harm."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andamio.errors import BodyRefused, BodyTooLarge
from andamio.serving.dialects.answer_columns import AnswerColumn
from andamio.serving.dialects.arrow import read_arrow, write_arrow

CAP = 1000
LONG = "a text that is longer than twelve bytes, so that a view points elsewhere"
TABLE = pl.DataFrame(
    {
        "double": [1.5, None, -0.25],
        "single": pl.Series([0.5, None, 2.0], dtype=pl.Float32),
        "long": pl.Series([2**60 + 1, None, -3], dtype=pl.Int64),
        "short": pl.Series([1, 2, 255], dtype=pl.UInt8),
        "truth": [True, None, False],
        "word": ["x", None, LONG],
        "class": pl.Series(["L", None, LONG], dtype=pl.Categorical),
        "day": [date(2026, 11, 5), None, date(1969, 12, 31)],
        "moment": pl.Series(["2026-11-05T08:30:00.00", None, "1960-01-01T00:00:00.25"]).str.to_datetime(
            time_unit="us"
        ),
        "instant": pl.Series(
            [datetime(2026, 11, 5, 8, 30, tzinfo=UTC), None, None], dtype=pl.Datetime("ms", "UTC")
        ),
        "nothing": pl.Series([None, None, None], dtype=pl.Null),
    }
)
EXPECTED = {
    "double": [1.5, None, -0.25],
    "single": [0.5, None, 2.0],
    "long": [2**60 + 1, None, -3],
    "short": [1, 2, 255],
    "truth": [True, None, False],
    "word": ["x", None, LONG],
    "class": ["L", None, LONG],
    "day": ["2026-11-05", None, "1969-12-31"],
    "moment": ["2026-11-05T08:30:00", None, "1960-01-01T00:00:00.25"],
    "instant": ["2026-11-05T08:30:00+00:00", None, None],
    "nothing": [None, None, None],
}
LEVELS = (pl.CompatLevel.newest(), pl.CompatLevel.oldest())


def stream(table: pl.DataFrame, level: pl.CompatLevel = LEVELS[0], **options: Any) -> bytes:
    out = io.BytesIO()
    table.write_ipc_stream(out, compat_level=level, **options)
    return out.getvalue()


def cells(column: Any) -> list[Any]:
    listed = column.tolist() if isinstance(column, np.ndarray) else column
    return [None if isinstance(cell, float) and np.isnan(cell) else cell for cell in listed]


@pytest.mark.parametrize("level", LEVELS)
def test_every_type_that_a_tag_can_be_read_from_is_read(level: pl.CompatLevel) -> None:
    read = {name: cells(column) for name, column in read_arrow(stream(TABLE, level), CAP)}
    assert read == EXPECTED


@pytest.mark.parametrize("level", LEVELS)
def test_batches_follow_each_other(level: pl.CompatLevel) -> None:
    body = stream(pl.concat([TABLE, TABLE.reverse(), TABLE.head(1)], rechunk=False), level)
    read = {name: cells(column) for name, column in read_arrow(body, CAP)}
    assert read == {name: [*c, *c[::-1], c[0]] for name, c in EXPECTED.items()}


def test_a_slice_is_read_from_where_it_begins() -> None:
    read = {name: cells(column) for name, column in read_arrow(stream(TABLE.slice(1, 2)), CAP)}
    assert read == {name: c[1:] for name, c in EXPECTED.items()}


def test_a_table_without_rows_is_read() -> None:
    assert all(len(column) == 0 for _, column in read_arrow(stream(TABLE.clear()), CAP))


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_a_compressed_stream_is_refused_before_anything_is_unpacked(compression: Any) -> None:
    with pytest.raises(BodyRefused) as refused:
        read_arrow(stream(pl.DataFrame({"a": np.zeros(900)}), compression=compression), CAP)
    assert "compressed" in str(refused.value.why)


@pytest.mark.parametrize(
    "column", [pl.Series("a", [Decimal("1.5")]), pl.Series("a", [[1, 2]]), pl.Series("a", [{"b": 1}])]
)
def test_a_type_that_no_tag_is_read_from_is_named(column: pl.Series) -> None:
    with pytest.raises(BodyRefused) as refused:
        read_arrow(stream(column.to_frame()), CAP)
    assert "column a" in str(refused.value.why)


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(BodyTooLarge):
        read_arrow(stream(pl.DataFrame({"a": range(CAP + 1)})), CAP)


@pytest.mark.parametrize(
    "body", [b"", b"PAR1", b"\xff\xff\xff\xff", b"\xff\xff\xff\xff\0\0\0\0", b"ARROW1\0\0"]
)
def test_what_is_no_stream_is_refused(body: bytes) -> None:
    with pytest.raises(BodyRefused):
        read_arrow(body, CAP)


def test_a_small_body_cannot_claim_to_be_a_large_table() -> None:
    nothing = pl.DataFrame({f"c{i}": pl.Series([None] * CAP, dtype=pl.Null) for i in range(900)})
    assert len(stream(nothing)) < CAP * 900 / 8
    with pytest.raises(BodyRefused):
        read_arrow(stream(nothing), CAP)
    with pytest.raises(BodyRefused):
        read_arrow(stream(pl.DataFrame({f"c{i}": [1] for i in range(1001)})), CAP)


STREAMS = [stream(TABLE, level) for level in LEVELS]


@settings(max_examples=400, deadline=None)
@given(
    body=st.sampled_from(STREAMS),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6),
    end=st.integers(0, 20_000),
)
def test_a_damaged_stream_is_read_or_refused_and_nothing_else(
    body: bytes, changes: list[tuple[int, int]], end: int
) -> None:
    damaged = bytearray(body[:end] if end < len(body) else body)
    for place, value in changes:
        if place < len(damaged):
            damaged[place] = value
    try:
        columns = read_arrow(bytes(damaged), CAP)
    except (BodyRefused, BodyTooLarge):
        return
    assert len({len(column) for _, column in columns}) == 1


def test_an_answer_is_read_by_another_library() -> None:
    body = write_arrow(
        [
            AnswerColumn("id", "text", ["a", "ñandú", ""]),
            AnswerColumn("decision", "truth", [True, False, True]),
            AnswerColumn("value", "number", [0.1, -2.0, 3e38]),
            AnswerColumn("lower", "number", [None, 1.5, None]),
        ]
    )
    table = pl.read_ipc_stream(body)
    assert table.schema == {"id": pl.String, "decision": pl.Boolean, "value": pl.Float32, "lower": pl.Float32}
    assert table["id"].to_list() == ["a", "ñandú", ""]
    assert table["decision"].to_list() == [True, False, True]
    assert table["value"].to_list() == np.array([0.1, -2.0, 3e38], np.float32).tolist()
    assert table["lower"].to_list() == [None, 1.5, None]
