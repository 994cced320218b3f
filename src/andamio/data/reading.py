"""Read a history file of any kind the plant has: CSV, workbook, Parquet."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from andamio.connectors.csv import read_csv
from andamio.data.clock import find_time_column, watch_clock
from andamio.data.columns import add_written_column
from andamio.data.findings import Finding, FindingKind
from andamio.data.inspection import inspect
from andamio.data.parquet import read_parquet
from andamio.data.source import ReadOptions, Source, zone_of
from andamio.data.workbook import read_workbook
from andamio.errors import FileRefused, text
from andamio.storage.files import require_file

_WORKBOOKS = {".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}
_DEFAULTS = ReadOptions()


def read_source(path: Path, options: ReadOptions = _DEFAULTS) -> Source:
    """Read a file, whatever it is, and look for damage in it.

    Raises:
        NotFound: There is no such file.
        FileRefused: It is no table, or not the kind of table its name says.
    """
    require_file(path)
    source = _read(path, options)
    if source.frame.is_empty():
        raise FileRefused(
            text("the file has no rows"),
            where=text("{path}", path=path),
            fix=text("check that the export wrote something, and that it is a CSV file"),
        )
    inspect(source)
    time = find_time_column(source.frame)
    if time:
        source.findings.extend(watch_clock(source, time))
    source.findings.extend(_duplicates(source))
    return source


def _read(path: Path, options: ReadOptions) -> Source:
    suffix = path.suffix.lower()
    if suffix in _WORKBOOKS:
        return read_workbook(path, options)
    if suffix in {".parquet", ".pq"}:
        return read_parquet(path, options)
    return _read_csv(path, options)


def _read_csv(path: Path, options: ReadOptions) -> Source:
    table = read_csv(path, options.csv)
    guess = table.guess
    source = Source(path=path, frame=pl.DataFrame(), lines=table.lines, units=dict(guess.header_units))
    source.notes.extend(guess.notes)
    source.guess = {
        "format": "csv",
        "encoding": guess.encoding,
        "delimiter": guess.delimiter,
        "decimal": guess.decimal,
        "thousands": guess.thousands,
        "dates": str(guess.date_order) if guess.date_order else None,
        "header_line": guess.header_line,
        "zone": zone_of(options).key,
    }
    source.frame = pl.DataFrame(
        [
            add_written_column(
                source, name, table.columns[name], table.written(name), guess.columns[name], zone_of(options)
            )
            for name in table.header
        ]
    )
    if table.ragged:
        lines = [row.line for row in table.ragged]
        source.findings.append(
            Finding(
                kind=FindingKind.RAGGED,
                what=text("rows with the wrong number of fields, left out as asked: {n}", n=len(lines)),
                count=len(lines),
                lines=lines,
            )
        )
    return source


def _duplicates(source: Source) -> list[Finding]:
    frame = source.frame
    if frame.width < 2 or frame.height < 2:
        return []
    again = ~frame.select(pl.struct(pl.all()).is_first_distinct()).to_series()
    rows = [int(row) for row in again.arg_true()]
    if not rows:
        return []
    return [
        Finding(
            kind=FindingKind.DUPLICATES,
            what=text("rows that are exact copies of an earlier one, all kept: {n}", n=len(rows)),
            count=len(rows),
            lines=source.lines_of(rows),
        )
    ]
