"""What is read as arrays is what ``Prediction`` objects say, row by row."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andamio.journal import Cursor, PredictionRecord, read_journal
from andamio.journal.columns import labels_of, machines_of, moments_of, numbers_of, read_packed, scores_of
from andamio.journal.iso_times import read_times
from andamio.journal.packed import fixed_texts, join_lists
from andamio.journal.truth import moment_of

from .watched import Writer

MOMENTS = st.datetimes(timezones=st.just(UTC)).map(lambda one: one.isoformat())
TEXTS = st.one_of(MOMENTS, st.text(max_size=30), st.none())


def _table(texts: list[str]) -> np.ndarray | None:
    return fixed_texts(msgspec.msgpack.encode(texts))


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_times_are_read_as_one_by_one(texts: list[str | None]) -> None:
    zone = ZoneInfo("America/Bogota")
    fixed = fixed_texts(msgspec.msgpack.encode(texts))
    found = read_times(texts if fixed is None else fixed, zone)
    wanted = [None if one is None else moment_of(one, zone) for one in texts]
    assert np.allclose(found, [np.nan if one is None else one for one in wanted], equal_nan=True, atol=1e-5)


@pytest.mark.parametrize(
    "texts",
    [
        ["2026-02-30T00:00:00+00:00"],
        ["2026-13-01T00:00:00Z"],
        ["2024-02-29T23:59:59Z", "2023-02-28T23:59:59Z"],
        ["2026-01-01T24:00:00Z"],
        ["2026-01-01T00:00:60Z"],
        ["2026-01-01T00:00:00+05:30", "2026-01-01T00:00:00+05:30"],
        ["2026-01-01T00:00:00-05:00", "2026-01-01T00:00:00+05:00"],
        ["2026-01-01 00:00:00.123+00:00"],
        ["2026-01-01T00:00:00.123456-03:00"],
        ["2026-01-01T00:00:00"],
        ["0001-01-01T00:00:00+00:00"],
        ["2026-01-01T00:00:00.1234567Z"],
        ["2026-01-0xT00:00:00+00:00"],
        ["2026-11-01T00:00:00+2:000"],
    ],
)
def test_hard_times_are_read_as_one_by_one(texts: list[str]) -> None:
    table = _table(texts)
    assert table is not None
    found = read_times(table)
    wanted = [moment_of(one) for one in texts]
    assert np.allclose(found, [np.nan if one is None else one for one in wanted], equal_nan=True, atol=1e-6)


@given(st.lists(st.lists(st.one_of(st.text(max_size=40), st.none()), max_size=20), min_size=1, max_size=6))
def test_lists_are_joined_as_lists(lists: list[list[str | None]]) -> None:
    joined, counts = join_lists([msgspec.msgpack.encode(one) for one in lists])
    assert msgspec.msgpack.decode(joined) == [text for one in lists for text in one]
    assert counts == [len(one) for one in lists]


def test_columns_are_what_the_predictions_say(tmp_path) -> None:
    writer = Writer(tmp_path / "journal")
    writer.answer([0, 1], [60, 61], assets=["a", "ü"])
    writer.answer([2], timed=False, assets="")
    writer.answer([3, 4, 5], assets=["a", "b", ""])
    writer.answer([6], assets="b")
    records = [one for one in read_packed(writer.folder, Cursor()) if one is not None]
    sizes = np.array([2, 1, 3, 1])
    plain = [
        p for r in read_journal(writer.folder) if isinstance(r, PredictionRecord) for p in r.predictions()
    ]
    codes, names = machines_of(records, sizes)
    assert [names[code] for code in codes] == [p.asset or "" for p in plain]
    assert names == ("a", "ü", "", "b")
    times = [moment_of(p.event_time) if p.event_time else p.time for p in plain]
    assert moments_of(records, sizes).tolist() == times
    assert np.array_equal(numbers_of(records, sizes, 2), np.stack([p.numbers for p in plain]))
    assert labels_of(records, sizes, 1)[:, 0].tolist() == [p.categories[0] for p in plain]
    assert scores_of(records, sizes).tolist() == [0.5] * 7


def test_an_answer_of_the_fixed_rule_has_no_score(tmp_path) -> None:
    writer = Writer(tmp_path / "journal")
    writer.answer([0])
    record = next(one for one in read_packed(writer.folder, Cursor()) if one is not None)
    ruled = msgspec.structs.replace(record, quality="fallback")
    value = msgspec.structs.replace(record, value=np.array([3.5], "<f4").tobytes())
    found = scores_of([record, ruled, value], np.array([1, 1, 1]))
    assert np.array_equal(found, [0.5, np.nan, 3.5], equal_nan=True)
