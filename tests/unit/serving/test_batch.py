"""A file is scored whole or not at all, with the verdicts that a request gets."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from andamio.connectors.csv import CsvOptions
from andamio.contracts.faults import FaultWriter
from andamio.errors import DiskFull, FileRefused, NotFound, RowsRejected, text
from andamio.journal import BatchRecord, PredictionRecord, Record, RejectRecord
from andamio.serving.batch import BatchResult, Files, refused, run, score_file
from andamio.serving.batch.csv_source import CsvSource
from andamio.serving.batch.json_lines import JsonLinesSource
from andamio.serving.batch.parquet import ParquetSource, ParquetTarget
from andamio.serving.batch.pieces import PIECE_ROWS
from andamio.serving.batch.targets import CsvTarget, JsonLinesTarget

ROWS: list[dict[str, Any]] = [
    {"bearing_temp": 120.5, "ambient_temp": 20.0, "product": "L"},
    {"bearing_temp": 214.0, "ambient_temp": 20.0, "product": "L"},
    {"bearing_temp": 80.0, "ambient_temp": None, "product": "new"},
    {"bearing_temp": None, "ambient_temp": 99.0, "product": "H"},
]


class Ledger:
    def __init__(self) -> None:
        self.records: list[Record] = []
        self.full = False

    def commit(self, records: Sequence[Record]) -> None:
        if self.full:
            raise DiskFull(text("the disk is full"))
        self.records += records


def score(scorer: Any, rows: Any, target: Any, output: Path, commit: Any) -> BatchResult:
    found = next(output.parent.glob("rows.*"))
    return score_file(scorer, rows, target, Files(found, output), commit)


def write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    lines = ["Bearing temperature [degC];ambient_temp;product;pump;timestamp;notes"]
    for i, row in enumerate(rows):
        cells = [
            row["bearing_temp"],
            row["ambient_temp"],
            row["product"],
            f"P{i}",
            f"05/11/2026 08:{i % 60:02d}",
            "x",
        ]
        lines.append(";".join("" if c is None else str(c).replace(".", ",") for c in cells))
    path.write_text("\n".join(lines) + "\n", encoding="latin-1")
    return path


def write_lines(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    return path


def write_parquet(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    pl.DataFrame(rows).write_parquet(path)
    return path


def source(kind: str, folder: Path, scorer: Any, rows: Sequence[dict[str, Any]]) -> Any:
    if kind == "csv":
        return CsvSource(write_csv(folder / "rows.csv", rows), scorer.contract, CsvOptions())
    if kind == "lines":
        return JsonLinesSource(write_lines(folder / "rows.jsonl", rows), scorer.contract)
    return ParquetSource(write_parquet(folder / "rows.parquet", rows), scorer.contract)


@pytest.mark.parametrize("kind", ["csv", "lines", "parquet"])
@pytest.mark.parametrize("shape", ["two", "more", "number"])
def test_every_form_of_file_gets_the_answers_and_verdicts_of_a_request(
    tmp_path: Path, models: Any, kind: str, shape: str
) -> None:
    scorer = models.scorer(shape)
    good = scorer.decode(json.dumps({"rows": [ROWS[0], ROWS[2]]}).encode())
    asked = scorer.score(good).predictions
    output, ledger = tmp_path / "out.jsonl", Ledger()
    result = score(
        scorer, source(kind, tmp_path, scorer, ROWS), JsonLinesTarget(output), output, ledger.commit
    )
    answers = [json.loads(line) for line in output.read_text().splitlines()]
    assert (result.scored, result.refused) == (2, 2)
    assert result.reasons == {"contract-range": 1, "contract-missing": 1}
    first = {"csv": 2, "lines": 1, "parquet": 1}[kind]
    assert [answer["line"] for answer in answers] == [first, first + 2]
    for answer, wanted in zip(answers, asked, strict=True):
        for name in set(answer) - {"line", "id", "asset", "time", "flags"}:
            assert answer[name] == getattr(wanted, name)
        assert tuple(answer["flags"]) == wanted.flags
    with (tmp_path / "out.rejected.csv").open() as file:
        rejected = list(csv.DictReader(file))
    assert [(int(r["line"]), r["tag"]) for r in rejected] == [
        (first + 1, "bearing_temp"),
        (first + 3, "bearing_temp"),
    ]


def test_the_journal_holds_every_answered_row_and_every_refusal(tmp_path: Path, models: Any) -> None:
    scorer, ledger, output = models.scorer("two"), Ledger(), tmp_path / "out.jsonl"
    score(scorer, source("csv", tmp_path, scorer, ROWS), JsonLinesTarget(output), output, ledger.commit)
    predictions, refusals, batch = ledger.records
    assert isinstance(predictions, PredictionRecord)
    assert isinstance(batch, BatchRecord)
    assert (batch.scored, batch.refused, batch.rows_kept) == (2, 2, True)
    assert (batch.version, batch.digest) == (scorer.version, scorer.digest)
    assert (batch.output, batch.output_sha256) == ("out.jsonl", sha256(output.read_bytes()).hexdigest())
    assert batch.input_sha256 == sha256((tmp_path / "rows.csv").read_bytes()).hexdigest()
    assert isinstance(refusals, RejectRecord)
    assert predictions.ids == [json.loads(line)["id"] for line in output.read_text().splitlines()]
    assert (predictions.assets, predictions.door) == (["P0", "P2"], "batch")
    assert predictions.event_times == ["2026-11-05T08:00:00", "2026-11-05T08:02:00"]
    assert (refusals.rows, [fault.row for fault in refusals.faults]) == (2, [3, 5])


@pytest.mark.parametrize("kind", ["csv", "lines", "parquet"])
def test_a_long_file_is_one_record_with_its_digests(
    tmp_path: Path, models: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(run, "KEPT_ROWS", 3)
    scorer, ledger, output = models.scorer("two"), Ledger(), tmp_path / "out.parquet"
    score(scorer, source(kind, tmp_path, scorer, ROWS), ParquetTarget(output), output, ledger.commit)
    (batch,) = ledger.records
    assert isinstance(batch, BatchRecord)
    assert (batch.scored, batch.refused, batch.rows_kept) == (2, 2, False)
    assert batch.output_sha256 == sha256(output.read_bytes()).hexdigest()
    assert pl.read_parquet(output)["recorded"].to_list() == [True, True]


def test_a_parquet_output_that_meets_a_full_disk_leaves_nothing(tmp_path: Path, models: Any) -> None:
    scorer, ledger, output = models.scorer("two"), Ledger(), Path("/dev/full")
    target = ParquetTarget(tmp_path / "out.parquet")
    target._file._file.close()
    target._file._file = output.open("wb")
    rows = source("csv", tmp_path, scorer, ROWS)
    with pytest.raises(DiskFull):
        score_file(scorer, rows, target, Files(tmp_path / "rows.csv", output), ledger.commit)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["rows.csv"]
    assert ledger.records == []


@pytest.mark.parametrize("shape", ["two", "more", "number"])
def test_csv_and_parquet_outputs_say_the_same(tmp_path: Path, models: Any, shape: str) -> None:
    scorer = models.scorer(shape)
    for target, output in ((CsvTarget, tmp_path / "o.csv"), (ParquetTarget, tmp_path / "o.parquet")):
        rows = source("csv", tmp_path, scorer, ROWS)
        score(scorer, rows, target(output), output, Ledger().commit)
    as_csv = pl.read_csv(tmp_path / "o.csv", schema_overrides={"time": pl.String})
    as_parquet = pl.read_parquet(tmp_path / "o.parquet")
    assert as_csv.columns == as_parquet.columns
    for column in set(as_csv.columns) - {"id", "flags"}:
        read, kept = as_csv[column].to_list(), as_parquet[column].to_list()
        assert read == (pytest.approx(kept, rel=1e-6) if as_csv[column].dtype.is_float() else kept)


@pytest.mark.parametrize("kind", ["csv", "lines", "parquet"])
def test_a_file_longer_than_a_piece_keeps_its_lines(tmp_path: Path, models: Any, kind: str) -> None:
    rows = [{**ROWS[0], "bearing_temp": float(i % 170)} for i in range(PIECE_ROWS + 10)]
    rows[PIECE_ROWS + 3] = ROWS[1]
    scorer, output = models.scorer("number"), tmp_path / "out.jsonl"
    score(scorer, source(kind, tmp_path, scorer, rows), JsonLinesTarget(output), output, Ledger().commit)
    answers = [json.loads(line) for line in output.read_text().splitlines()]
    first = 2 if kind == "csv" else 1
    missing = first + PIECE_ROWS + 3
    assert [a["line"] for a in answers] == [n for n in range(first, first + len(rows)) if n != missing]
    assert answers[-1]["value"] == pytest.approx(1 + 0.01 * ((PIECE_ROWS + 9) % 170 - 20), abs=1e-5)
    assert (tmp_path / "out.rejected.csv").read_text().splitlines()[1].startswith(f"{missing},contract-range")


def test_a_line_that_is_no_json_is_refused_and_the_others_are_scored(tmp_path: Path, models: Any) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f"{json.dumps(ROWS[0])}\n\nnot json\n[1]\n{json.dumps(ROWS[2])}\n")
    scorer, output = models.scorer("two"), tmp_path / "out.jsonl"
    result = score(
        scorer, JsonLinesSource(path, scorer.contract), JsonLinesTarget(output), output, Ledger().commit
    )
    assert (result.scored, result.refused) == (2, 2)
    assert [json.loads(line)["line"] for line in output.read_text().splitlines()] == [1, 5]


def test_when_every_row_is_refused_nothing_is_written_and_the_refusals_are_journalled(
    tmp_path: Path, models: Any
) -> None:
    scorer, ledger, output = models.scorer("two"), Ledger(), tmp_path / "out.csv"
    rows = source("csv", tmp_path, scorer, [ROWS[1], ROWS[3]])
    with pytest.raises(RowsRejected) as caught:
        score(scorer, rows, CsvTarget(output), output, ledger.commit)
    assert [str(fault.where) for fault in caught.value.faults] == ["line 2", "line 3"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["rows.csv"]
    assert [type(record) for record in ledger.records] == [RejectRecord]


@pytest.mark.parametrize("kind", ["csv", "lines", "parquet"])
def test_every_refused_row_is_listed_and_the_first_are_told_in_words(
    tmp_path: Path, models: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(refused, "WORDED_ROWS", 3)
    worded: list[int] = []
    write = FaultWriter.write
    monkeypatch.setattr(FaultWriter, "write", lambda *given: worded.append(given[3]) or write(*given))
    rows = [ROWS[0], *[{**ROWS[1], "bearing_temp": 200.5 + i} for i in range(PIECE_ROWS + 10)]]
    scorer, output = models.scorer("two"), tmp_path / "out.jsonl"
    result = score(
        scorer, source(kind, tmp_path, scorer, rows), JsonLinesTarget(output), output, Ledger().commit
    )
    assert (result.refused, result.worded) == (PIECE_ROWS + 10, 3)
    assert result.reasons == {"contract-range": PIECE_ROWS + 10}
    assert worded == [1, 2, 3]
    with (tmp_path / "out.rejected.csv").open() as file:
        told = list(csv.DictReader(file))
    first = 3 if kind == "csv" else 2
    assert [int(one["line"]) for one in told] == list(range(first, first + PIECE_ROWS + 10))
    assert [float(one["value"]) for one in told] == [row["bearing_temp"] for row in rows[1:]]
    assert [bool(one["what"]) for one in told] == [True] * 3 + [False] * (PIECE_ROWS + 7)


def test_when_too_many_rows_are_refused_the_error_says_how_many_it_tells(
    tmp_path: Path, models: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refused, "WORDED_ROWS", 3)
    scorer, output = models.scorer("two"), tmp_path / "out.csv"
    rows = source("csv", tmp_path, scorer, [ROWS[1]] * 10)
    with pytest.raises(RowsRejected) as caught:
        score(scorer, rows, CsvTarget(output), output, Ledger().commit)
    assert [str(fault.where) for fault in caught.value.faults] == ["line 2", "line 3", "line 4"]
    assert str(caught.value.why) == "told are the first 3 rows"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["rows.csv"]


def test_what_a_killed_run_left_goes_and_what_a_living_one_writes_stays(tmp_path: Path, models: Any) -> None:
    scorer, output = models.scorer("two"), tmp_path / "out[1].csv"
    dead, alive = tmp_path / ".out[1].csv.999999999.tmp", tmp_path / ".out[1].csv.1.tmp"
    dead.write_text("half")
    alive.write_text("half")
    score(scorer, source("csv", tmp_path, scorer, ROWS), CsvTarget(output), output, Ledger().commit)
    assert (dead.exists(), alive.exists()) == (False, True)


def test_an_output_that_cannot_be_journalled_is_not_published_and_the_old_one_stays(
    tmp_path: Path, models: Any
) -> None:
    scorer, ledger, output = models.scorer("two"), Ledger(), tmp_path / "out.csv"
    output.write_text("yesterday's\n")
    ledger.full = True
    with pytest.raises(DiskFull):
        score(scorer, source("csv", tmp_path, scorer, ROWS), CsvTarget(output), output, ledger.commit)
    assert output.read_text() == "yesterday's\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.csv", "rows.csv"]


def test_an_old_file_of_refusals_goes_when_there_are_none(tmp_path: Path, models: Any) -> None:
    scorer, output = models.scorer("two"), tmp_path / "out.csv"
    (tmp_path / "out.rejected.csv").write_text("old")
    score(scorer, source("csv", tmp_path, scorer, ROWS[:1]), CsvTarget(output), output, Ledger().commit)
    assert not (tmp_path / "out.rejected.csv").exists()


def test_a_file_that_is_not_there_or_lacks_columns_is_refused_kindly(tmp_path: Path, models: Any) -> None:
    contract = models.bundle("two").contract
    (tmp_path / "x.csv").write_text("a,b\n1,2\n3,4\n")
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "x.parquet")
    (tmp_path / "y.parquet").write_text("no parquet")
    for make in (
        lambda: CsvSource(tmp_path / "x.csv", contract, CsvOptions()),
        lambda: ParquetSource(tmp_path / "x.parquet", contract),
        lambda: ParquetSource(tmp_path / "y.parquet", contract),
    ):
        with pytest.raises(FileRefused):
            make()
    for make in (
        lambda: CsvSource(tmp_path / "z.csv", contract, CsvOptions()),
        lambda: JsonLinesSource(tmp_path / "z.jsonl", contract),
        lambda: ParquetSource(tmp_path / "z.parquet", contract),
    ):
        with pytest.raises(NotFound):
            make()
