"""Read one sheet of a workbook.

A workbook knows which cells are numbers, dates or text, so nothing about marks has to be guessed for
them; only numbers that somebody typed as text go through the same reading as a CSV file's cells.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import fastexcel
import polars as pl

from andamio.connectors.csv import CsvOptions, Marks
from andamio.connectors.csv.columns import read_column
from andamio.connectors.csv.headers import header_units, name_columns
from andamio.connectors.csv.numbers import has_leading_zeros, weigh
from andamio.data.columns import add_written_column
from andamio.data.digits import digits_of_numbers
from andamio.data.parquet import typed_column
from andamio.data.source import ReadOptions, Source, zone_of
from andamio.errors import FileRefused, NotFound, text

_HEAD = 50
_EXACT = 2.0**53


def read_workbook(path: Path, options: ReadOptions) -> Source:
    """Read the first sheet of a workbook, or the one named.

    The header is the first row that is as full as the rows below it; rows above it are titles.

    Raises:
        NotFound: It has no such sheet.
        FileRefused: It is no workbook, or the sheet is empty.
    """
    try:
        workbook = fastexcel.read_excel(path)
    except fastexcel.FastExcelError as error:
        raise FileRefused(
            text("this is no workbook, or a damaged one"),
            where=text("{path}", path=path),
            fix=text("open it in the spreadsheet program and save it again as .xlsx"),
        ) from error
    sheet = _sheet(workbook, path, options.sheet)
    texts = _load(workbook, sheet, "string", 0)
    header = _header_row(texts, path)
    names, notes = name_columns([cell or "" for cell in texts.row(header)])
    texts = texts[header + 1 :]
    kept = ~texts.select(pl.all_horizontal(pl.all().is_null())).to_series()
    rows = kept.arg_true()
    source = Source(path=path, frame=pl.DataFrame(), lines=[int(row) + header + 2 for row in rows])
    source.notes.extend(notes)
    source.units = dict(header_units(names))
    source.guess = {
        "format": "workbook",
        "sheet": sheet,
        "header_line": header + 1,
        "zone": zone_of(options).key,
    }
    if len(workbook.sheet_names) > 1 and options.sheet is None:
        source.notes.append(
            text(
                "the workbook has {n} sheets; the first was read (another: --sheet)",
                n=len(workbook.sheet_names),
            )
        )
    numbers = _load(workbook, sheet, "float", header + 1)
    typed = _load(workbook, sheet, None, header + 1)
    source.frame = pl.DataFrame(
        [
            _column(
                source,
                name,
                texts[:, i].gather(rows),
                numbers[:, i].gather(rows),
                typed[:, i].gather(rows),
                options,
            )
            for i, name in enumerate(names)
        ]
    )
    return source


def _sheet(workbook: fastexcel.ExcelReader, path: Path, asked: str | None) -> str:
    names: list[str] = workbook.sheet_names
    if asked is None:
        return names[0]
    if asked not in names:
        raise NotFound(
            text('the workbook has no sheet "{sheet}"', sheet=asked),
            where=text("{path}", path=path),
            fix=text("its sheets are: {names}", names=", ".join(names)),
        )
    return asked


def _load(
    workbook: fastexcel.ExcelReader, sheet: str, kind: Literal["string", "float"] | None, skip: int
) -> pl.DataFrame:
    loaded: pl.DataFrame = workbook.load_sheet(
        sheet, header_row=None, skip_rows=skip, dtypes=kind
    ).to_polars()
    return loaded


def _header_row(texts: pl.DataFrame, path: Path) -> int:
    filled = [sum(cell is not None for cell in row) for row in texts.head(_HEAD).iter_rows()]
    if not filled or max(filled) == 0 or texts.height < 2:
        raise FileRefused(
            text("the sheet has no rows"),
            where=text("{path}", path=path),
            fix=text("name another sheet with --sheet"),
        )
    usual = sorted(filled)[len(filled) // 2]
    return next(row for row, count in enumerate(filled) if count >= max(1, usual))


def _column(
    source: Source, name: str, texts: pl.Series, numbers: pl.Series, typed: pl.Series, options: ReadOptions
) -> pl.Series:
    cells = [(cell or "").strip() for cell in texts]
    present = sum(map(bool, cells))
    if isinstance(typed.dtype, (pl.Datetime, pl.Date)) and len(typed) - typed.null_count() == present:
        return typed_column(source, typed.alias(name), zone_of(options))
    if typed.dtype == pl.Boolean and len(typed) - typed.null_count() == present:
        return typed.alias(name)
    in_numbers = len(numbers) - numbers.null_count()
    if in_numbers == present > 0 and name not in options.csv.text and not has_leading_zeros(cells):
        if (numbers.drop_nulls() % 1 == 0).all() and bool((numbers.drop_nulls().abs() < _EXACT).all()):
            source.digits[name] = digits_of_numbers(numbers.to_numpy())
            return numbers.cast(pl.Int64).alias(name)
        return typed_column(source, numbers.alias(name), zone_of(options))
    return _written(source, name, cells, options, typed_numbers=in_numbers > 0)


def _written(
    source: Source, name: str, cells: list[str], options: ReadOptions, *, typed_numbers: bool
) -> pl.Series:
    csv = options.csv
    if typed_numbers and csv.decimal is None:
        csv = CsvOptions(decimal=".", dates=csv.dates, missing=csv.missing, text=csv.text)
    read = read_column(name, cells, weigh(cells), Marks(csv.decimal or "."), csv)
    source.notes.extend(read.notes)
    return add_written_column(source, name, read.cells, cells, read.guess, zone_of(options))
