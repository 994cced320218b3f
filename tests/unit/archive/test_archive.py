"""What was compacted reads as what was recorded, and nothing of it is lost, doubled or touched too early."""

from __future__ import annotations

import tempfile
from datetime import date
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andamio.archive import DeltaArchive, compact
from andamio.archive.frames import parts_of
from andamio.archive.schema import PREDICTIONS, TABLES
from andamio.errors import ArchiveDamaged, ClockDoubted
from andamio.journal import (
    BatchRecord,
    Cursor,
    Damage,
    Journal,
    PredictionRecord,
    Record,
    RejectedRow,
    RejectRecord,
    ServiceRecord,
    ShadowRecord,
    TruthRecord,
    count_joined,
    find_prediction,
    join_truth,
    read_journal,
)
from andamio.journal.reading import read_closed
from andamio.journal.segments import segments_of
from andamio.kernel.ids import IdMaker

DAY_S = 86_400.0
TIMES = st.floats(0, 4 * DAY_S)
MODELS = st.sampled_from(("pump", "fan 2/ñ%"))
WORDS = st.sampled_from(("a", "", "ñ", None))
TEXTS = st.text("abñ", max_size=2)
F4 = st.floats(width=32, allow_infinity=False) | st.just(float("nan"))


def packed(draw: st.DrawFn, n: int, kind: str = "<f4") -> bytes:
    values = st.integers(-3, 3) if kind == "<i8" else F4
    return np.array(draw(st.lists(values, min_size=n, max_size=n)), kind).tobytes()


@st.composite
def predictions(draw: st.DrawFn) -> PredictionRecord:
    n, width = draw(st.integers(1, 3)), draw(st.integers(0, 2))

    def told(words: st.SearchStrategy[object]) -> list[object]:
        found = draw(st.lists(words, min_size=n, max_size=n))
        return found if any(found) else []

    def perhaps(size: int, kind: str = "<f4") -> bytes | None:
        return packed(draw, size, kind) if draw(st.booleans()) else None

    chosen = draw(st.none() | st.sets(st.integers(0, n - 1)).map(sorted))
    has_signals = draw(st.booleans())
    names = draw(st.integers(0, 2))
    return PredictionRecord(
        ids=[f"i{draw(st.integers(0, 5))}" for _ in range(n)],
        time=draw(TIMES),
        model=draw(MODELS),
        version=draw(st.integers(1, 3)),
        digest="d" * 8,
        numbers=packed(draw, n * width),
        categories=draw(st.lists(TEXTS, min_size=n * names, max_size=n * names)),
        assets=told(WORDS),
        event_times=told(st.sampled_from((None, "1970-01-01T00:00:00Z", "yesterday"))),
        flags=told(st.lists(st.sampled_from(("x:clipped", "y:other")), max_size=2)),
        probabilities=perhaps(2 * n),
        decision=perhaps(n, "<i8"),
        value=perhaps(n),
        lower=perhaps(n),
        upper=perhaps(n),
        latency_us=draw(st.none() | st.integers(0, 9)),
        door=draw(st.sampled_from(("http", "batch"))),
        route=draw(st.sampled_from(("champion", "canary"))),
        quality=draw(st.sampled_from(("model", "fallback"))),
        signals=packed(draw, 3 * (n if chosen is None else len(chosen))) if has_signals else None,
        signal_rows=chosen if has_signals else None,
    )


TRUTHS = st.builds(
    TruthRecord,
    time=TIMES,
    model=MODELS,
    value=st.floats(allow_nan=False) | TEXTS,
    prediction=st.sampled_from(("i1", "i2", None)),
    asset=WORDS,
    event_time=st.sampled_from((None, "1970-01-01T00:00:00Z")),
)
REJECTS = st.builds(
    RejectRecord,
    time=TIMES,
    model=MODELS,
    version=st.integers(1, 3),
    rows=st.integers(1, 3),
    faults=st.lists(st.builds(RejectedRow, row=st.integers(0, 2), code=TEXTS, tag=WORDS), max_size=2),
)
EVENTS = st.builds(
    ServiceRecord,
    time=TIMES,
    event=st.sampled_from(("start", "unrecorded")),
    detail=st.dictionaries(
        TEXTS, st.none() | TEXTS | st.integers(0, 9) | st.floats(allow_nan=False), max_size=2
    ),
)
BATCHES = st.builds(
    BatchRecord,
    time=TIMES,
    model=MODELS,
    version=st.integers(1, 3),
    digest=TEXTS,
    input=TEXTS,
    input_sha256=TEXTS,
    output=TEXTS,
    output_sha256=TEXTS,
    scored=st.integers(0, 9),
    refused=st.integers(0, 9),
    rows_kept=st.booleans(),
)
SHADOWS = st.builds(ShadowRecord, time=TIMES, answer=predictions())
SEGMENT = st.lists(predictions() | TRUTHS | REJECTS | EVENTS | BATCHES | SHADOWS, max_size=4)
ROWS = st.dictionaries(st.sampled_from(("serve-1", "serve.2", "score-1")), st.lists(SEGMENT, max_size=3))

encoded = msgspec.msgpack.Encoder().encode


def write(folder: Path, rows: dict[str, list[list[Record]]]) -> None:
    for worker, segments in rows.items():
        with Journal(folder, worker) as journal:
            for records in segments:
                journal.append_now(records)
                journal.begin_next_segment()


def found(plant: Path, cursor: Cursor | None = None) -> list[bytes]:
    items = list(read_journal(plant / "journal", cursor, archive=DeltaArchive(plant)))
    assert not [item for item in items if isinstance(item, Damage)]
    return [encoded(item) for item in items]


def joined(plant: Path) -> tuple[object, ...]:
    items = list(read_journal(plant / "journal", archive=DeltaArchive(plant)))
    records = [item for item in items if isinstance(item, PredictionRecord)]
    truths = [item for item in items if isinstance(item, TruthRecord)]
    join = join_truth([row for record in records for row in record.predictions()], truths)
    judged = [(one.prediction.id, one.truth, one.replaced) for one in join.judged]
    return judged, join.unmatched, count_joined(records, truths)


@given(rows=ROWS, more=ROWS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_compacted_journal_reads_as_it_did_before(rows, more):
    with tempfile.TemporaryDirectory() as name:
        plant = Path(name)
        journal = plant / "journal"
        write(journal, rows)
        before, join = found(plant), joined(plant)
        compact(journal, plant)
        assert all(segment.path.stat().st_size == 20 for segment in segments_of(journal))
        assert (found(plant), joined(plant)) == (before, join)
        write(journal, more)
        both = found(plant)
        compact(journal, plant)
        assert found(plant) == both


@given(rows=ROWS, part=st.integers(0, 20))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_reader_that_stopped_before_goes_on_where_it_was_in_the_tables(rows, part):
    with tempfile.TemporaryDirectory() as name:
        plant = Path(name)
        write(plant / "journal", rows)
        whole, cursor = found(plant), Cursor()
        reading = read_journal(plant / "journal", cursor)
        first = [encoded(item) for item in islice(reading, part)]
        compact(plant / "journal", plant)
        assert sorted(first + found(plant, cursor)) == sorted(whole)


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def answered(*ids: str, day: int = 0, **changes: object) -> PredictionRecord:
    n = len(ids)
    fields = {
        "ids": ids,
        "time": day * DAY_S + 60.0,
        "model": "pump",
        "version": 1,
        "digest": "d",
        "numbers": np.arange(2 * n, dtype="<f4").tobytes(),
        "value": np.arange(n, dtype="<f4").tobytes(),
    }
    return PredictionRecord(**(fields | changes))


def test_what_a_living_worker_writes_is_not_touched(plant):
    with Journal(plant / "journal", "serve-1") as living:
        living.append_now([answered("a")])
        living.begin_next_segment()
        living.append_now([answered("b")])
        last = segments_of(plant / "journal")[-1].path.read_bytes()
        done = compact(plant / "journal", plant)
        assert done.moved == ["serve-1-00000001.journal"]
        [left] = segments_of(plant / "journal")
        assert left.path.read_bytes() == last
        living.append_now([answered("c")])
        assert len(found(plant)) == 3


def test_a_segment_that_is_moved_while_somebody_reads_is_read_from_the_tables(plant):
    write(plant / "journal", {"a": [[answered("a1")], [answered("a2")]], "b": [[answered("b1", day=1)]]})
    reading = read_journal(plant / "journal", archive=DeltaArchive(plant))
    first = next(reading)
    compact(plant / "journal", plant)
    names = [name for record in [first, *reading] for name in record.ids]
    assert names == ["a1", "a2", "b1"]


def test_a_segment_whose_removal_a_kill_prevented_is_not_read_twice_and_not_added_twice(plant):
    write(plant / "journal", {"w": [[answered("a", "b"), TruthRecord(time=1.0, model="pump", value=1.0)]]})
    [closed, _] = segments_of(plant / "journal")
    content, before = closed.path.read_bytes(), found(plant)
    compact(plant / "journal", plant)
    closed.path.write_bytes(content)
    assert found(plant) == before
    assert compact(plant / "journal", plant).rows == 0
    assert not closed.path.exists()
    assert found(plant) == before


def test_another_segment_under_a_name_that_was_moved_before_is_read_and_moved_too(plant):
    write(plant / "journal", {"w": [[answered("old")]]})
    compact(plant / "journal", plant)
    for file in (plant / "journal").iterdir():
        file.unlink()
    write(plant / "journal", {"w": [[answered("new")]]})
    both = sorted(found(plant))
    assert len(both) == 2
    compact(plant / "journal", plant)
    assert sorted(found(plant)) == both


def test_a_damaged_segment_stays_and_is_still_reported(plant):
    write(plant / "journal", {"w": [[answered("a")], [answered("b")]]})
    [damaged, whole, _] = segments_of(plant / "journal")
    content = bytearray(damaged.path.read_bytes())
    content[40] ^= 255
    damaged.path.write_bytes(content)
    done = compact(plant / "journal", plant)
    assert (done.damaged, done.moved) == ([damaged.path.name], [whole.path.name])
    items = list(read_journal(plant / "journal", archive=DeltaArchive(plant)))
    assert [type(item) for item in items] == [Damage, PredictionRecord]


def test_days_that_are_not_kept_go_from_every_table_with_their_files(plant):
    records = [
        record
        for day in range(3)
        for record in (
            answered(f"p{day}", f"q{day}", day=day),
            TruthRecord(time=day * DAY_S, model="pump", value=float(day)),
        )
    ]
    write(plant / "journal", {"w": [records]})
    done = compact(plant / "journal", plant, first_kept=date(1970, 1, 3))
    assert done.pruned == {"predictions": 4, "truths": 2, "rejects": 0, "events": 0}
    assert found(plant) == [encoded(record) for record in records[4:]]
    assert len(list(plant.rglob("*.parquet"))) == 2
    assert set(compact(plant / "journal", plant, first_kept=date(1970, 1, 3)).pruned.values()) == {0}


def test_a_reader_that_looked_before_the_pruning_finds_only_what_is_kept(plant):
    write(plant / "journal", {"w": [[answered("a", day=0), answered("b", day=1)]]})
    compact(plant / "journal", plant)
    view = DeltaArchive(plant).look()
    compact(plant / "journal", plant, first_kept=date(1970, 1, 2))
    assert [record.ids for record, _ in view.records("w", 1)] == [["b"]]


def test_a_file_of_the_tables_that_is_missing_is_said_and_not_passed_over(plant):
    write(plant / "journal", {"w": [[answered("a")]]})
    compact(plant / "journal", plant)
    [file] = plant.rglob("*.parquet")
    file.unlink()
    with pytest.raises(ArchiveDamaged):
        found(plant)


def test_the_tables_are_read_by_whoever_reads_delta(plant):
    write(plant / "journal", {"w": [[answered("a", "b", model="fan 2/ñ%"), answered("c", day=1)]]})
    compact(plant / "journal", plant)
    table = pl.read_delta(str(plant / "predictions")).sort("id")
    assert table["id"].to_list() == ["a", "b", "c"]
    assert table["model"].to_list() == ["fan 2/ñ%", "fan 2/ñ%", "pump"]
    assert table["day"].to_list() == [date(1970, 1, 1), date(1970, 1, 1), date(1970, 1, 2)]
    assert table["numbers"].to_list() == [[0.0, 1.0], [2.0, 3.0], [0.0, 1.0]]
    assert table.columns == list(PREDICTIONS.columns)


def test_every_field_of_every_record_has_its_column_or_goes_with_the_rest(plant):
    class Later(PredictionRecord, array_like=True, tag="p", kw_only=True, frozen=True):
        further: str = "none"

    later = Later(
        **{name: getattr(answered("a"), name) for name in PredictionRecord.__struct_fields__}, further="b"
    )
    write(plant / "journal", {"w": [[answered("a")]]})
    [closed, _] = segments_of(plant / "journal")
    [(_, end)] = read_closed(closed)
    [part] = parts_of(closed, [(later, end)])
    assert msgspec.msgpack.decode(part.frame["more"][0]) == {"further": "b"}
    [plain] = parts_of(closed, [(answered("a"), end)])
    assert plain.frame["more"].to_list() == [None]


def test_an_empty_archive_is_no_archive(tmp_path):
    view = DeltaArchive(tmp_path).look()
    assert view.numbers([]) == {}
    assert compact(tmp_path / "journal", tmp_path).moved == []
    assert len(TABLES) == 4


def test_a_clock_that_jumped_ahead_prunes_nothing(plant: Path) -> None:
    with Journal(plant / "journal", "serve-1") as journal:
        journal.append_now([answered("a", day=0), answered("b", day=2)])
        journal.begin_next_segment()
    before = found(plant)
    with pytest.raises(ClockDoubted):
        compact(plant / "journal", plant, first_kept=date(2036, 1, 1))
    assert found(plant) == before
    assert compact(plant / "journal", plant, first_kept=date(1970, 1, 3)).pruned["predictions"] == 1


def test_a_clock_that_jumped_back_prunes_nothing_and_loses_no_record(plant: Path) -> None:
    with Journal(plant / "journal", "serve-1") as journal:
        for day in (5, 4, 6, 3):  # as a clock that jumps about writes them
            journal.append_now([answered(f"p{day}", day=day)])
            journal.begin_next_segment()
    before = found(plant)
    assert set(compact(plant / "journal", plant, first_kept=date(1969, 12, 31)).pruned.values()) == {0}
    assert found(plant) == before
    assert compact(plant / "journal", plant, first_kept=date(1970, 1, 6)).pruned["predictions"] == 2


def test_one_prediction_is_found_by_its_id_among_the_days(tmp_path: Path) -> None:
    names = {day: IdMaker(lambda day=day: 1_795_000_000_000 + day * 86_400_000).take(3) for day in range(3)}  # type: ignore[misc]
    for day, ids in names.items():
        record = PredictionRecord(
            ids=ids, time=1_795_000_000 + day * DAY_S, model="pump", version=day + 1, digest="d",
            numbers=np.arange(3, dtype="<f4").tobytes(), value=np.full(3, day, "<f4").tobytes(),
            quality="fallback", signals=np.arange(6, dtype="<f4").tobytes(),
        )  # fmt: skip
        with Journal(tmp_path / "journal", "serve") as journal:
            journal.append_now([record])
    compact(tmp_path / "journal", tmp_path)
    archive = DeltaArchive(tmp_path)
    for day, ids in names.items():
        for row, name in enumerate(ids):
            found = find_prediction(tmp_path / "journal", name, archive=archive)
            assert found is not None
            assert (found.id, found.version, found.numbers.tolist(), found.value) == (
                name,
                day + 1,
                [row],
                day,
            )
            assert found.record.quality == "fallback"
            assert found.signals is not None
            assert found.signals.tolist() == [2 * row, 2 * row + 1]
    assert archive.find(IdMaker(lambda: 1_795_000_000_000).take(4)[3]) is None
    assert DeltaArchive(tmp_path / "nowhere").find(names[0][0]) is None
