"""Title lines as Excel exports them: padded with delimiters to the width of the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from andamio.connectors.csv import CsvOptions, open_ordinary, read_csv

ROWS = "01/03/2026 08:00;Bomba 1;1.012,50;36,6\n02/03/2026 08:00;Bomba 2;998,25;#N/D\n" * 60
TITLES = "Reporte de bombas;;;\nPlanta:;Zipaquirá;;\nExportado: 05/03/2026 10:12;;;\n;;;\n"
HEADER = "Fecha;Equipo;Presión [kPa];Temperatura (°C)\n"


def written(folder: Path, content: str, encoding: str = "cp1252") -> Path:
    path = folder / "export.csv"
    path.write_bytes(content.replace("\n", "\r\n").encode(encoding))
    return path


@pytest.mark.parametrize("titles", ["", TITLES, "Reporte;;;\n", "Reporte\n\nPlanta;;;\n"])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig"])
def test_a_spanish_excel_export_is_read_with_its_titles_left_out(
    tmp_path: Path, titles: str, encoding: str
) -> None:
    path = written(tmp_path, titles + HEADER + ROWS, encoding)
    table = read_csv(path)
    assert table.header == ["Fecha", "Equipo", "Presión [kPa]", "Temperatura (°C)"]
    assert len(table) == 120
    assert table.columns["Presión [kPa]"][:2] == ["1012.50", "998.25"]
    assert table.columns["Temperatura (°C)"][:2] == ["36.6", ""]
    assert table.columns["Fecha"][0] == "2026-03-01T08:00:00"
    assert table.guess.decimal == ","
    assert open_ordinary(path, CsvOptions()) is None


def test_the_line_of_the_header_and_of_the_rows_count_the_titles(tmp_path: Path) -> None:
    table = read_csv(written(tmp_path, TITLES + HEADER + ROWS))
    assert (table.guess.header_line, table.lines[0]) == (5, 6)
    assert any("title lines above line 5" in str(note) for note in table.guess.notes)


@pytest.mark.parametrize(
    ("content", "header"),
    [
        ("Fecha;;\n01/03/2026;1,5;2,5\n02/03/2026;3,5;4,5\n", ["Fecha", "column_2", "column_3"]),
        (";;Temp\n01/03/2026;1,5;2,5\n02/03/2026;3,5;4,5\n", ["column_1", "column_2", "Temp"]),
        ("Nota;\nuno;dos\ntres;cuatro\ncinco;seis\n", ["Nota", "column_2"]),
        ("Equipo;;;\nP-1;12;ok;bien\nP-2;13;ok;mal\n", ["Equipo", "column_2", "column_3", "column_4"]),
    ],
)
def test_a_header_that_names_few_columns_is_no_title(tmp_path: Path, content: str, header: list[str]) -> None:
    table = read_csv(written(tmp_path, content))
    assert table.header == header
    assert table.guess.header_line == 1


def test_a_file_without_a_header_keeps_its_thin_rows(tmp_path: Path) -> None:
    content = "a;;;\nFecha;Equipo;x;y\n01/03/2026;P;1,5;2,5\n02/03/2026;P;3,5;4,5\n"
    assert len(read_csv(written(tmp_path, content), CsvOptions(header=False))) == 4
