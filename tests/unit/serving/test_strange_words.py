"""A sensor that sends words costs the rows with words, and no other row."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from andamio.cli.application import run
from andamio.connectors.csv import CsvOptions, read_as_numbers
from andamio.connectors.csv.numbers import Marks
from andamio.errors import RowsRejected
from andamio.serving.batch.csv_source import CsvSource
from andamio.serving.batch.json_lines import JsonLinesSource
from andamio.serving.dialects.csv_body import csv_columns
from andamio.serving.dialects.rows import RowReader

HEADER = ("bearing_temp", "ambient_temp", "product", "pump", "timestamp")
COUNT = 1000
POINT, COMMA = (",", "."), (";", ",")


def temperatures(words: int) -> list[float | str]:
    """Bearing temperatures, of which the given number, evenly spread, is a word."""
    step = COUNT // words if words else COUNT + 1
    return ["mantenimiento" if i % step == 7 % step else i % 100 + 0.903 for i in range(COUNT)]


def written(cell: float | str, decimal: str) -> str:
    return cell if isinstance(cell, str) else f"{cell:.3f}".replace(".", decimal)


def write_csv(path: Path, temps: Sequence[float | str], style: tuple[str, str]) -> Path:
    delimiter, decimal = style
    lines = [delimiter.join(HEADER)]
    for i, temp in enumerate(temps):
        ambient = written(i % 40 + 0.5, decimal)
        lines.append(delimiter.join((written(temp, decimal), ambient, "L", f"P{i}", "2026-11-05T08:00:00")))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_lines(path: Path, temps: Sequence[float | str]) -> Path:
    rows = (
        {
            "bearing_temp": round(t, 3) if isinstance(t, float) else t,
            "ambient_temp": i % 40 + 0.5,
            "product": "L",
            "asset": f"P{i}",
            "time": "2026-11-05T08:00:00",
        }
        for i, t in enumerate(temps)
    )
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    return path


def verdict(source: Any, first: int) -> tuple[list[list[float]], list[int], list[tuple[int, str, str]]]:
    """Everything a source says: the numbers of accepted rows, where they stood, the others' faults."""
    values, lines, faults = [], [], []
    for piece in source.pieces():
        values += piece.rows.numbers.tolist()
        lines += [line - first for line in piece.lines]
        faults += [(f.line - first, f.code, str(f.fault().what)) for f in piece.refusals]
    return values, lines, faults


@pytest.mark.parametrize("words", [0, 5, 50, 400])
@pytest.mark.parametrize("style", [POINT, COMMA])
def test_only_the_rows_with_words_are_refused_in_every_form_of_file(
    tmp_path: Path, models: Any, style: tuple[str, str], words: int
) -> None:
    contract, temps = models.bundle("two").contract, temperatures(words)
    from_csv = verdict(CsvSource(write_csv(tmp_path / "r.csv", temps, style), contract, CsvOptions()), 2)
    from_lines = verdict(JsonLinesSource(write_lines(tmp_path / "r.jsonl", temps), contract), 1)
    assert from_csv == from_lines
    bad = [i for i, temp in enumerate(temps) if isinstance(temp, str)]
    said = 'bearing_temp = "mantenimiento" is not a number'
    assert len(bad) >= words
    assert from_csv[2] == [(i, "contract-type", said) for i in bad]
    assert len(from_csv[1]) == COUNT - len(bad)


@pytest.mark.parametrize("words", [5, 50, 400])
@pytest.mark.parametrize("style", [POINT, COMMA])
def test_the_command_scores_the_other_rows(
    plant: Path, capsys: pytest.CaptureFixture[str], style: tuple[str, str], words: int
) -> None:
    temps = temperatures(words)
    bad = sum(isinstance(temp, str) for temp in temps)
    write_csv(plant / "rows.csv", temps, style)
    assert run(["score", "--in", "rows.csv", "--out", "out.csv", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["scored"], result["reasons"]) == (COUNT - bad, {"contract-type": bad})
    with (plant / "out.rejected.csv").open() as file:
        told = [row["what"] for row in csv.DictReader(file)]
    assert told == ['bearing_temp = "mantenimiento" is not a number'] * bad


@pytest.mark.parametrize("share", [3, 300])
@pytest.mark.parametrize("style", [POINT, COMMA])
def test_words_that_mean_no_value_are_missing_beside_words_that_mean_nothing(
    tmp_path: Path, models: Any, style: tuple[str, str], share: int
) -> None:
    contract, temps = models.bundle("two").contract, temperatures(share)
    temps[1], temps[3] = "Falla", "#¡VALOR!"
    source = CsvSource(write_csv(tmp_path / "r.csv", temps, style), contract, CsvOptions())
    _, _, faults = verdict(source, 2)
    missing = [line for line, code, _ in faults if code == "contract-missing"]
    assert missing == [1, 3]


def test_thousands_marks_are_read_beside_words(tmp_path: Path, models: Any) -> None:
    contract = models.bundle("two", more="").contract
    cells = ["1.200,5", "0,5", "parada", "150", "12,25", "99.5"]
    lines = [f"{cell};20,5;L;P{i};2026-11-05" for i, cell in enumerate(cells)]
    path = tmp_path / "r.csv"
    path.write_text("\n".join([";".join(HEADER), *lines]) + "\n")
    values, accepted, faults = verdict(CsvSource(path, contract, CsvOptions()), 2)
    assert accepted == [1, 3, 4]
    assert [row[0] for row in values] == [0.5, 150.0, 12.25]
    assert [(line, what) for line, _, what in faults] == [
        (0, "bearing_temp = 1200.5 degC is outside 0.0–180.0 degC"),
        (2, 'bearing_temp = "parada" is not a number'),
        (5, 'bearing_temp = "99.5" is not a number'),
    ]


def test_marks_that_the_person_gave_hold_for_a_column_with_words() -> None:
    cells = ["1.234", "parada", "2.500"]
    assert read_as_numbers(cells, Marks(), CsvOptions(decimal=",")) == (["1234", "parada", "2500"], [1])
    assert read_as_numbers(cells, Marks(), CsvOptions(decimal=".")) == (cells, [1])


def test_an_imputed_tag_does_not_impute_over_a_word(tmp_path: Path, models: Any) -> None:
    path = tmp_path / "r.csv"
    lines = [f"{i % 90}.5,{'parada' if i == 9 else f'{i % 30}.25'},L,P{i},2026-11-05" for i in range(1000)]
    path.write_text("\n".join([",".join(HEADER), *lines]) + "\n")
    _, accepted, faults = verdict(CsvSource(path, models.bundle("two").contract, CsvOptions()), 2)
    assert len(accepted) == 999
    assert faults == [(9, "contract-type", 'ambient_temp = "parada" is not a number')]


@pytest.mark.parametrize("words", [0, 5, 50, 400])
def test_a_body_of_csv_gets_the_verdicts_of_the_file(tmp_path: Path, models: Any, words: int) -> None:
    scorer, temps = models.scorer("two"), temperatures(words)
    temps[2], temps[3], temps[5] = "Falla", "n/a", "1 500"
    path = write_csv(tmp_path / "r.csv", temps, POINT)
    _, _, faults = verdict(CsvSource(path, scorer.contract, CsvOptions()), 2)
    columns = csv_columns(path.read_bytes(), COUNT)
    with pytest.raises(RowsRejected) as refused:
        RowReader(scorer).columns(columns, typed=False)
    told = [(fault.data["row"], fault.code, str(fault.what)) for fault in refused.value.faults]
    assert told == faults


def test_a_body_of_csv_may_leave_out_a_value_by_the_words_of_a_file(models: Any) -> None:
    body = b"bearing_temp,ambient_temp,product\n80.5,Sin dato,L\n80.5,21,L\n"
    rows = RowReader(models.scorer("two")).columns(csv_columns(body, 10), typed=False)
    assert rows.flags == [("ambient_temp:imputed",), ()]
