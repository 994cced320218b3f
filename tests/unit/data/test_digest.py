"""The digest names content: nothing else enters it, and nothing of it escapes."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from hashlib import sha256

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from andamio.data.digest import content_digest

numbers = st.lists(st.none() | st.floats(allow_nan=False), max_size=8)
texts = st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=8)


def test_the_digest_is_the_documented_bytes() -> None:
    frame = pl.DataFrame(
        {
            "n": [1.5, None],
            "i": [7, None],
            "b": [None, True],
            "t": pl.Series([datetime(2024, 4, 1, tzinfo=UTC), None], dtype=pl.Datetime("us", "UTC")),
            "s": ["ñu", None],
        }
    )
    columns = b'[["n","number"],["i","integer"],["b","boolean"],["t","time"],["s","text"]]'
    written = b'{"columns":' + columns + b',"rows":2}\0'
    written += b"\1\0" + struct.pack("<dd", 1.5, 0.0)
    written += b"\1\0" + struct.pack("<qq", 7, 0)
    written += b"\0\1" + b"\0\1"
    written += b"\1\0" + struct.pack("<qq", 1_711_929_600_000_000, 0)
    written += b"\1\0" + struct.pack("<QQ", 3, 0) + "ñu".encode()
    assert content_digest(frame) == sha256(written).hexdigest()


@given(numbers, numbers)
def test_equal_numbers_and_only_they_have_equal_digests(
    one: list[float | None], two: list[float | None]
) -> None:
    digests = [
        content_digest(pl.DataFrame({"v": pl.Series(cells, dtype=pl.Float64)})) for cells in (one, two)
    ]
    assert (digests[0] == digests[1]) is (one == two)


@given(texts, texts)
def test_equal_texts_and_only_they_have_equal_digests(one: list[str | None], two: list[str | None]) -> None:
    digests = [content_digest(pl.DataFrame({"v": pl.Series(cells, dtype=pl.String)})) for cells in (one, two)]
    assert (digests[0] == digests[1]) is (one == two)


@given(st.lists(st.floats(), min_size=2, max_size=8), st.integers(1, 7))
def test_how_a_table_lies_in_memory_does_not_matter(values: list[float], cut: int) -> None:
    whole = pl.DataFrame({"v": values})
    pieces = pl.concat([whole[:cut], whole[cut:]], rechunk=False)
    assert content_digest(pieces) == content_digest(whole)


def test_names_types_and_the_order_of_rows_and_columns_count() -> None:
    frames = [
        pl.DataFrame({"a": [1, 2], "b": [3, 4]}),
        pl.DataFrame({"b": [3, 4], "a": [1, 2]}),
        pl.DataFrame({"a": [2, 1], "b": [4, 3]}),
        pl.DataFrame({"a": [1.0, 2.0], "b": [3, 4]}),
        pl.DataFrame({"c": [1, 2], "b": [3, 4]}),
    ]
    assert len({content_digest(frame) for frame in frames}) == len(frames)
