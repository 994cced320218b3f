"""A record comes back as the rows and answers that were written down."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from andamio.contracts import Rows
from andamio.journal import (
    Journal,
    PredictionRecord,
    RejectedRow,
    RejectRecord,
    prediction_record,
    read_journal,
)
from andamio.journal.records import Record, ServiceRecord, TruthRecord, moment
from andamio.journal.sampling import rows_with_samples
from andamio.kernel.ids import IdMaker

FLOATS = st.floats(width=32)
TEXTS = st.text(max_size=8)


@dataclass(frozen=True)
class Served:
    version: int = 3
    digest: str = "d" * 64


@dataclass(frozen=True)
class Answers:
    probabilities: np.ndarray | None = None
    decision: np.ndarray | None = None
    value: np.ndarray | None = None
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_row_comes_back_with_its_answer(data):
    n, tags, kinds, classes = (data.draw(st.integers(low, 4)) for low in (1, 0, 0, 2))
    numbers = np.array([data.draw(FLOATS) for _ in range(n * tags)], np.float32).reshape(n, tags)
    categories = np.array([data.draw(TEXTS) for _ in range(n * kinds)], object).reshape(n, kinds)
    assets = [data.draw(st.none() | TEXTS) for _ in range(n)]
    flags = [tuple(data.draw(st.lists(TEXTS, max_size=2))) for _ in range(n)]
    signals = None
    if data.draw(st.booleans()):
        signals = np.array([data.draw(FLOATS) for _ in range(n * 3)], np.float32).reshape(n, 3)
    rows = Rows(numbers, categories, assets, [None] * n, flags, signals)
    answers = Answers(
        probabilities=np.arange(n * classes, dtype=np.float32).reshape(n, classes),
        decision=np.arange(n) % classes,
        value=np.arange(n, dtype=np.float32),
    )
    ids = [f"id{i}" for i in range(n)]
    share = data.draw(st.sampled_from([0.0, 0.3, 0.8, 1.0]))
    record = prediction_record(
        ids, 5.5, "pump", Served(), rows, answers, latency_us=70, door="file", keep_signals=share
    )
    kept = rows_with_samples(ids, share) if signals is not None else []
    content = msgspec.msgpack.encode(record)
    again = msgspec.msgpack.decode(content, type=Record)
    assert isinstance(again, PredictionRecord)
    for i, row in enumerate(again.predictions()):
        np.testing.assert_array_equal(row.numbers, numbers[i])
        assert row.categories == tuple(categories[i])
        assert (row.signals is None) == (i not in kept)
        assert row.lacks_samples == (signals is not None and i not in kept)
        if row.signals is not None and signals is not None:
            np.testing.assert_array_equal(row.signals, signals[i])
        assert (row.id, row.asset or None, row.event_time) == (ids[i], assets[i] or None, None)
        assert row.flags == flags[i]
        assert row.probabilities.tolist() == answers.probabilities[i].tolist()
        assert (row.decision, row.value, row.lower) == (i % classes, float(i), None)
        assert (row.model, row.version, row.time) == ("pump", 3, 5.5)
    assert len(again) == n


def test_all_kinds_of_records_come_back_equal(folder, prediction, truth):
    records = [
        prediction(
            "a", "b", assets=["p1", None], event_times=["2026-01-01T00:00:00Z", None], flags=[["x:y"], []]
        ),
        RejectRecord(
            time=1001.0,
            model="pump",
            version=3,
            rows=2,
            faults=[RejectedRow(0, "contract-range", "temp"), RejectedRow(1, "contract-extra")],
        ),
        truth("yes", prediction="a"),
        truth(1.5, asset="p1", event_time="2026-01-01T00:00:00Z", source="orders.csv"),
        ServiceRecord(time=3000.0, event="generation", detail={"generation": 4, "errors": 0}),
    ]
    with Journal(folder, "w0") as journal:
        journal.append_now(records)
    found = list(read_journal(folder))
    encode = msgspec.msgpack.encode
    assert [encode(record) for record in found] == [encode(record) for record in records]


def test_a_record_of_a_later_release_with_one_field_more_is_read(folder):
    class Later(msgspec.Struct, array_like=True, tag="t", kw_only=True):
        time: float
        model: str
        value: float
        prediction: str | None = None
        asset: str | None = None
        event_time: str | None = None
        source: str = "http"
        confidence: float = 1.0

    later = Later(time=1.0, model="pump", value=2.0)
    found = msgspec.msgpack.decode(msgspec.msgpack.encode(later), type=Record)
    assert found == TruthRecord(time=1.0, model="pump", value=2.0)


def test_a_time_is_a_moment_in_utc():
    assert moment(1_795_000_000.25).isoformat() == "2026-11-18T11:06:40.250000+00:00"


def test_a_greater_share_keeps_what_a_smaller_one_keeps_and_about_as_many_as_it_says():
    ids = IdMaker().take(4000)
    shares = (0.0, 0.01, 0.2, 0.7, 1.0)
    kept = [set(rows_with_samples(ids, share)) for share in shares]
    for smaller, greater in itertools.pairwise(kept):
        assert smaller <= greater
    for share, chosen in zip(shares, kept, strict=True):
        assert abs(len(chosen) - share * len(ids)) <= 0.03 * len(ids)
    assert rows_with_samples(ids[::-1], 0.2) == sorted(len(ids) - 1 - row for row in kept[2])
