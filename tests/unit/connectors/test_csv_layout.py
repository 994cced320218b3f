"""Titles, footers, blank lines, odd headers and rows of the wrong length."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from andamio.connectors.csv import ColumnKind, CsvOptions, CsvTable, Ragged, read_csv
from andamio.errors import FileRefused, NotFound, UsageError


def read(tmp_path: Path, content: str | bytes, **options: object) -> CsvTable:
    file = tmp_path / "plant.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_csv(file, CsvOptions(**options))


def said(table: CsvTable) -> str:
    return "\n".join(str(note) for note in table.guess.notes)


def test_titles_above_and_totals_below_are_left_out_and_noted(tmp_path: Path) -> None:
    table = read(
        tmp_path, "Reporte de turno\nPlanta 2\n\nfecha;T;P\n1/5/24;1,5;2,5\n2/5/24;1,6;2,6\nFin del reporte\n"
    )
    assert table.header == ["fecha", "T", "P"]
    assert table.columns["T"] == ["1.5", "1.6"]
    assert table.lines == [5, 6]
    assert "title lines above line 4 were left out (lines: 2)" in said(table)
    assert "line 7, at the end, was left out" in said(table)


def test_blank_lines_and_lines_of_delimiters_are_no_rows_but_keep_their_numbers(tmp_path: Path) -> None:
    table = read(tmp_path, "a;b\n1;2\n\n;\n3;4\n")
    assert table.columns["a"] == ["1", "3"]
    assert table.lines == [2, 5]


def test_trailing_delimiters_are_ignored(tmp_path: Path) -> None:
    assert read(tmp_path, "a;b;\n1;2;\n3;4;\n").header == ["a", "b"]
    table = read(tmp_path, "a,b\n1,2\n3,4,,\n5,6\n")
    assert table.columns["b"] == ["2", "4", "6"]
    assert "lines end in extra delimiters, which were ignored (lines: 1)" in said(table)


def test_rows_of_the_wrong_length_are_all_named(tmp_path: Path) -> None:
    content = "a;b;c\n1;2;3\n4;5\n6;7;8\n9;9;9;9\n1;1;1\n"
    with pytest.raises(FileRefused) as refused:
        read(tmp_path, content)
    assert [fault.data["line"] for fault in refused.value.faults] == [3, 5]
    skipped = read(tmp_path, content, ragged=Ragged.SKIP)
    assert skipped.columns["a"] == ["1", "6", "1"]
    assert [row.line for row in skipped.ragged] == [3, 5]


def test_short_rows_can_be_filled_but_long_ones_still_refuse(tmp_path: Path) -> None:
    assert read(tmp_path, "a;b\n1;2\n3\n5;6\n", ragged=Ragged.FILL).columns["b"] == ["2", "", "6"]
    with pytest.raises(FileRefused):
        read(tmp_path, "a;b\n1;2\n3;4;5\n5;6\n7;8\n", ragged=Ragged.FILL)


def test_unquoted_decimal_commas_between_commas_are_explained(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        read(tmp_path, "a,b\n1,5\n2,5\n3,5\n4,5,6\n7,8\n")
    assert "decimal mark" in str(refused.value.why)
    assert ";" in str(refused.value.fix)


def test_equal_names_and_no_names_become_names_of_their_own(tmp_path: Path) -> None:
    table = read(tmp_path, "T;;T;T_2\n1;2;3;4\n5;6;7;8\n")
    assert table.header == ["T", "column_2", "T_3", "T_2"]


def test_a_row_of_units_under_the_header_goes_into_the_names(tmp_path: Path) -> None:
    table = read(tmp_path, "fecha;T;P;estado\n;°C;bar;\n1/5/24;1,5;2,5;ok\n2/5/24;1,6;2,6;ok\n")
    assert table.header == ["fecha", "T [°C]", "P [bar]", "estado"]
    assert table.guess.header_units == {"T [°C]": "°C", "P [bar]": "bar"}
    assert len(table) == 2


def test_a_file_without_a_header_gets_numbered_columns(tmp_path: Path) -> None:
    table = read(tmp_path, "1.5,2\n2.5,3\n")
    assert table.header == ["column_1", "column_2"]
    assert table.guess.header_line == 0
    assert read(tmp_path, "1.5,2\n2.5,3\n", header=True).header == ["1.5", "2"]


def test_rising_numbers_over_many_columns_are_a_header_of_wavelengths(tmp_path: Path) -> None:
    names = [str(800 + 2 * n) for n in range(20)]
    table = read(tmp_path, ",".join(names) + "\n" + ",".join(["0.5", "0.4"] * 10) + "\n")
    assert table.header == names


def test_columns_between_runs_of_spaces_are_found(tmp_path: Path) -> None:
    table = read(tmp_path, "1  2.5   3\n10 3.5 4  \n")
    assert table.columns["column_2"] == ["2.5", "3.5"]


def test_one_column_with_decimal_commas_stays_one_column(tmp_path: Path) -> None:
    table = read(tmp_path, "valor\n1,5\n2,25\n17\n")
    assert table.columns["valor"] == ["1.5", "2.25", "17"]


def test_a_quote_that_never_closes_is_named_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        read(tmp_path, 'a;b\n1;2\n3;"4\n' + "5;6\n" * 400_000)
    assert "line 3" in str(refused.value.where)


def test_a_compressed_file_is_read_and_a_cut_one_refused(tmp_path: Path) -> None:
    packed = gzip.compress(b"a;b\n1;2\n3;4\n")
    assert read(tmp_path, packed).columns["b"] == ["2", "4"]
    with pytest.raises(FileRefused):
        read(tmp_path, packed[:-6])


@pytest.mark.parametrize("content", ["", "\n\n", "  \n"])
def test_a_file_without_rows_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(FileRefused):
        read(tmp_path, content)


def test_a_missing_file_a_folder_and_a_wrong_encoding_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_csv(tmp_path / "none.csv")
    with pytest.raises(FileRefused):
        read_csv(tmp_path)
    with pytest.raises(FileRefused):
        read(tmp_path, "año;b\n1;2\n".encode("latin-1"), encoding="utf-8")
    with pytest.raises(FileRefused):
        read(tmp_path, "a;b\n1;2\n", encoding="klingon")


def test_a_column_kept_as_text_is_kept_as_written(tmp_path: Path) -> None:
    table = read(tmp_path, "lote;v\n1,50;2,5\n2,50;3,5\n", text=("lote",))
    assert table.columns["lote"] == ["1,50", "2,50"]
    assert table.guess.columns["lote"].kind is ColumnKind.TEXT
    with pytest.raises(UsageError):
        read(tmp_path, "a;b\n1;2\n", text=("c",))


def test_utf_16_without_a_mark_is_recognised(tmp_path: Path) -> None:
    assert read(tmp_path, "fecha;T\n1/5/24;1,5\n".encode("utf-16-le")).columns["T"] == ["1.5"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("columns", [2, 3, 20])
@pytest.mark.parametrize("title", ["", "Planta Norte, turno 2\n"])
def test_where_every_number_has_a_decimal_comma_the_comma_is_no_delimiter(
    tmp_path: Path, delimiter: str, columns: int, title: str
) -> None:
    # A comma cuts such lines as evenly as the delimiter does, and into one field more.
    rows = [[f"{row * columns + column},{(row * 7) % 10}5" for column in range(columns)] for row in range(40)]
    header = delimiter.join(f"tag{column}" for column in range(columns))
    path = tmp_path / "excel.csv"
    text = title + header + "\r\n" + "".join(delimiter.join(row) + "\r\n" for row in rows)
    path.write_text(text, encoding="utf-8-sig", newline="")
    table = read_csv(path)
    assert (table.guess.delimiter, table.guess.decimal) == (delimiter, ",")
    assert table.header == header.split(delimiter)
    found = [list(row) for row in zip(*table.columns.values(), strict=True)]
    assert found == [[cell.replace(",", ".") for cell in row] for row in rows]


@pytest.mark.parametrize("cell", ["a;{n}", "x|{n}", "bomba;{n}"])
def test_a_cell_with_another_delimiter_in_every_row_does_not_cut_a_comma_file(
    tmp_path: Path, cell: str
) -> None:
    path = tmp_path / "commas.csv"
    lines = [f"{cell.format(n=n)},{n}" for n in range(30)]
    path.write_text("name,value\n" + "\n".join(lines) + "\n")
    table = read_csv(path)
    assert table.header == ["name", "value"]
    assert table.columns["value"] == [str(n) for n in range(30)]


@pytest.mark.parametrize(
    "title", ["Planta Norte, turno 2;;;\r\n\r\n", "Reporte;;;\r\n", "Reporte;;;\r\n;;;\r\n"]
)
def test_a_column_called_falla_is_a_name_under_excels_padded_titles(tmp_path: Path, title: str) -> None:
    rows = "".join(f"{n},5;{n % 7},25;{n + 40},1;{'si' if n % 3 else 'no'}\r\n" for n in range(40))
    found = read(
        tmp_path, f"{title}Temperatura [°C];Vibración [mm/s];Caudal [m3/h];falla\r\n{rows}".encode("cp1252")
    )
    assert found.header[-1] == "falla"
    assert found.columns[found.header[0]][:2] == ["0.5", "1.5"]
    assert len(found.columns["falla"]) == 40
