"""Workbooks and Parquet files become the same tables as CSV files."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import polars as pl
import pytest

from andamio.connectors.csv import CsvOptions
from andamio.data import FindingKind, ReadOptions, Source
from andamio.data.reading import read_source
from andamio.errors import FileRefused, NotFound

BOGOTA = ReadOptions(zone=ZoneInfo("America/Bogota"))


def workbook(tmp_path: Path, rows: list[list[object]], second: bool = False) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Datos"
    for row in rows:
        sheet.append(row)
    if second:
        book.create_sheet("Otra").append(["x"])
        book["Otra"].append([7])
    file = tmp_path / "planta.xlsx"
    book.save(file)
    return file


def moments(hour: int) -> datetime:
    return datetime.fromisoformat(f"2024-04-01T{hour:02}:00:00")


def test_typed_cells_keep_their_types_and_text_numbers_are_read_as_a_csvs(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Reporte"], [], ["Fecha", "T [degC]", "n", "txt", "ok", "lote"]]
    rows += [[moments(h), 250.225 + h, h, f"1.{h}34,5", h % 2 == 0, f"00{h}"] for h in range(5, 9)]
    source = read_source(workbook(tmp_path, rows), BOGOTA)
    frame = source.frame
    assert frame.schema == {
        "Fecha": pl.Datetime("us", "UTC"),
        "T [degC]": pl.Float64,
        "n": pl.Int64,
        "txt": pl.Float64,
        "ok": pl.Boolean,
        "lote": pl.String,
    }
    assert frame["Fecha"][0] == datetime(2024, 4, 1, 10, tzinfo=UTC)
    assert frame["T [degC]"][0] == 255.225
    assert frame["txt"][0] == 1534.5
    assert source.units == {"T [degC]": "degC"}
    assert list(source.lines) == [4, 5, 6, 7]


def test_blank_rows_are_left_out_and_the_rest_keep_their_numbers(tmp_path: Path) -> None:
    source = read_source(workbook(tmp_path, [["a", "b"], [1, 2.5], [None, None], [3, None]]))
    assert list(source.lines) == [2, 4]
    assert source.frame.rows() == [(1, 2.5), (3, None)]


def test_a_number_typed_as_text_among_numbers_is_never_read_by_the_other_mark(tmp_path: Path) -> None:
    rows: list[list[object]] = [["v", "w"], *[[250.225 + n, n] for n in range(30)]]
    rows[7][0] = "251,345"
    rows[9][0] = "1.251,345"
    source = read_source(workbook(tmp_path, rows))
    found = {finding.column: finding.lines for finding in source.findings if finding.blocks}
    assert found["v"] == [8, 10]
    assert source.frame["v"][0] == 250.225


def test_the_first_sheet_is_read_unless_another_is_named(tmp_path: Path) -> None:
    file = workbook(tmp_path, [["a"], [1], [2]], second=True)
    source = read_source(file)
    assert source.frame.columns == ["a"]
    assert any("2 sheets" in str(note) for note in source.notes)
    assert read_source(file, ReadOptions(sheet="Otra")).frame.rows() == [(7,)]
    with pytest.raises(NotFound) as refused:
        read_source(file, ReadOptions(sheet="Nada"))
    assert "Datos, Otra" in str(refused.value.fix)


def test_what_is_no_workbook_and_an_empty_sheet_are_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(FileRefused):
        read_source(broken)
    with pytest.raises(FileRefused):
        read_source(workbook(tmp_path, []))


def test_mangled_numbers_in_a_workbook_are_found(tmp_path: Path) -> None:
    flow: list[float] = [249.214, 250.73, 249714, 249.5, 250576, 250.049, 251345, 250.4, 250862, 249.28] * 6
    rows: list[list[object]] = [
        ["n", "flow"],
        *[[n, value + n / 1000 * (value < 1000)] for n, value in enumerate(flow)],
    ]
    found = [finding for finding in read_source(workbook(tmp_path, rows)).findings if finding.blocks]
    assert [finding.column for finding in found] == ["flow"]
    assert found[0].count == 24
    assert found[0].lines[0] == 4


def test_a_parquet_file_keeps_its_types_and_its_clock_is_put_on_utc(tmp_path: Path) -> None:
    file = tmp_path / "h.parquet"
    pl.DataFrame(
        {
            "local": [moments(8), moments(9)],
            "zoned": pl.Series([moments(8), moments(9)]).dt.replace_time_zone("Europe/Madrid"),
            "day": [date(2024, 4, 1), None],
            "f": pl.Series([1.5, float("nan")], dtype=pl.Float32),
            "i": pl.Series([1, None], dtype=pl.Int16),
            "c": pl.Series(["a", "b"], dtype=pl.Categorical),
            "b": [True, None],
        }
    ).write_parquet(file)
    frame = read_source(file, BOGOTA).frame
    assert frame["local"][0] == datetime(2024, 4, 1, 13, tzinfo=UTC)
    assert frame["zoned"][0] == datetime(2024, 4, 1, 6, tzinfo=UTC)
    assert frame["day"][0] == datetime(2024, 4, 1, 5, tzinfo=UTC)
    assert frame["f"].to_list() == [1.5, None]
    assert frame.schema["i"] == pl.Int64
    assert frame["c"].to_list() == ["a", "b"]


def test_a_list_of_numbers_is_a_waveform(tmp_path: Path) -> None:
    file = tmp_path / "h.parquet"
    pl.DataFrame({"a": [[1, 2], None], "b": [[0.5], [1.5, None]]}).write_parquet(file)
    frame = read_source(file).frame
    assert set(frame.schema.values()) == {pl.List(pl.Float32)}
    assert frame["a"].to_list() == [[1, 2], None]
    assert frame["b"].to_list() == [[0.5], [1.5, None]]


def test_columns_of_texts_in_lists_and_damaged_parquet_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "h.parquet"
    pl.DataFrame({"a": [["x"]], "b": [1], "c": [{"x": 1}]}).write_parquet(file)
    with pytest.raises(FileRefused) as refused:
        read_source(file)
    assert len(refused.value.faults) == 2
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(FileRefused):
        read_source(file)


def test_options_for_text_apply_to_workbooks_too(tmp_path: Path) -> None:
    file = workbook(tmp_path, [["v"], *[[cell] for cell in ["1.234", "2.345", "nada"] * 5]])
    source: Source = read_source(file, ReadOptions(csv=CsvOptions(missing=("nada",), decimal=",")))
    assert source.frame["v"].to_list()[:3] == [1234, 2345, None]
    assert not [finding for finding in source.findings if finding.kind is FindingKind.UNREADABLE]


def test_units_are_in_the_headers_of_parquet_too(tmp_path: Path) -> None:
    file = tmp_path / "history.parquet"
    pl.DataFrame(
        {"Temperature [°C]": [20.5, 21.0], "vibration [g]": [[0.1], [0.2]], "x": [1, 2]}
    ).write_parquet(file)
    assert read_source(file).units == {"Temperature [°C]": "°C", "vibration [g]": "g"}
