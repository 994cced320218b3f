"""Which mark is decimal, and what is no number."""

from __future__ import annotations

from pathlib import Path

import pytest

from andamio.connectors.csv import ColumnKind, CsvOptions, CsvTable, read_csv


def read(tmp_path: Path, content: str, **options: object) -> CsvTable:
    file = tmp_path / "plant.csv"
    file.write_text(content, encoding="utf-8")
    return read_csv(file, CsvOptions(**options))


def column(tmp_path: Path, cells: list[str], **options: object) -> list[str]:
    return read(tmp_path, "v;w\n" + "".join(f"{cell};x\n" for cell in cells), **options).columns["v"]


@pytest.mark.parametrize(
    ("cells", "read_as"),
    [
        (["3.019,53", "12", "1.000.000"], ["3019.53", "12", "1000000"]),
        (["3,019.53", "12", "1,000,000"], ["3019.53", "12", "1000000"]),
        (["1 234,5", "12\u00a0345,25", "7"], ["1234.5", "12345.25", "7"]),
        (["1'234'567.5", "2"], ["1234567.5", "2"]),
        (["-0,5", "+2,25", "−3,5", "4,5-"], ["-0.5", "+2.25", "-3.5", "-4.5"]),
        (["1,61E+13", "2,5"], ["1.61E+13", "2.5"]),
        (["12,5 %", "13%"], ["12.5", "13"]),
        ([",5", "0,25"], [".5", "0.25"]),
        (["1.5", "", "n/a", "#¡DIV/0!", "Bad", "2.5"], ["1.5", "", "", "", "", "2.5"]),
    ],
)
def test_numbers_are_read_as_their_column_proves(
    tmp_path: Path, cells: list[str], read_as: list[str]
) -> None:
    assert column(tmp_path, cells) == read_as


def test_a_column_that_proves_nothing_follows_the_file(tmp_path: Path) -> None:
    table = read(tmp_path, "a;b\n1,5;250,225\n2,5;251,345\n")
    assert table.columns["b"] == ["250.225", "251.345"]
    table = read(tmp_path, 'a,b\n1.5,"1,234"\n2.5,"2,345"\n')
    assert table.columns["b"] == ["1234", "2345"]


def test_a_column_may_disagree_with_the_file_and_it_is_noted(tmp_path: Path) -> None:
    table = read(tmp_path, "a;b;c\n1,5;2,5;10.25\n2,5;3,5;11.75\n")
    assert table.columns["c"] == ["10.25", "11.75"]
    assert any("unlike the rest" in str(note) for note in table.guess.notes)


def test_the_person_overrules_the_guess(tmp_path: Path) -> None:
    assert column(tmp_path, ["1.234", "2.345"], decimal=".") == ["1.234", "2.345"]
    assert column(tmp_path, ["1.234", "2.345"], decimal=",") == ["1234", "2345"]


def test_codes_with_leading_zeros_are_names(tmp_path: Path) -> None:
    table = read(tmp_path, "v;w\n00731;1\n00732;2\n")
    assert table.guess.columns["v"].kind is ColumnKind.TEXT
    assert table.columns["v"] == ["00731", "00732"]


def test_one_word_in_a_hundred_numbers_is_unreadable_and_two_in_fifty_make_text(tmp_path: Path) -> None:
    cells = [f"{n},5" for n in range(200)]
    cells[17] = "apagado"
    table = read(tmp_path, "v;w\n" + "".join(f"{cell};x\n" for cell in cells))
    assert table.guess.columns["v"].kind is ColumnKind.NUMBER
    assert table.guess.columns["v"].unreadable == [17]
    assert table.columns["v"][17] == ""
    table = read(tmp_path, "v;w\n" + "".join(f"{cell};x\n" for cell in [*cells[:48], "off", "off"]))
    assert table.guess.columns["v"].kind is ColumnKind.TEXT
    assert any("--missing" in str(note) for note in table.guess.notes)
    table = read(
        tmp_path, "v;w\n" + "".join(f"{cell};x\n" for cell in [*cells[:17], "off"]), missing=("OFF",)
    )
    assert table.guess.columns["v"].kind is ColumnKind.NUMBER


def test_cells_that_contradict_their_column_are_listed_and_missing(tmp_path: Path) -> None:
    table = read(tmp_path, "v;w\n3019,53;x\n3024,4;x\n9,887,715;x\n3043,46;x\n")
    assert table.columns["v"] == ["3019.53", "3024.4", "", "3043.46"]
    assert table.guess.columns["v"].contradictory == [2]
    assert table.written("v")[2] == "9,887,715"
