"""Work out a dataset's next version from the one before it and a file's table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from andamio.data.source import ColumnType, column_type
from andamio.errors import ColumnsDiffer, Fault, Text, text

ROW, VERSION, LINE = "andamio_row", "andamio_version", "andamio_line"
OWN_COLUMNS = (ROW, VERSION, LINE)


@dataclass(frozen=True, slots=True)
class Next:
    """A dataset's next state.

    Attributes:
        whole: All rows, the plant's columns only.
        written: The rows to write, with the table's own columns.
        instead: Whether ``written`` replaces what is there, because a column changed, or follows it.
        already: Rows of the file that were there before.
        added: Rows of the file that were not.
    """

    whole: pl.DataFrame
    written: pl.DataFrame
    instead: bool
    added: int
    already: int


def begin(frame: pl.DataFrame, lines: Sequence[int]) -> Next:
    """Make the first state of a dataset."""
    return Next(
        frame, _own(frame, 0, [0] * frame.height, lines), instead=False, added=frame.height, already=0
    )


def grow(
    old: pl.DataFrame,
    frame: pl.DataFrame,
    lines: Sequence[int],
    *,
    version: int,
    time: str | None,
    new_columns: bool,
) -> Next:
    """Make the state that follows ``old``.

    Args:
        old: The newest version, with the table's own columns.
        frame: The file's table.
        lines: The line of each of its rows.
        version: The number of the version to be.
        time: The column that orders the dataset in time, if it has one.
        new_columns: Whether columns may be new, or absent.

    Raises:
        ColumnsDiffer: Columns are new, absent, or of another type; all are named.
    """
    bare = old.drop(OWN_COLUMNS)
    frame, fitted = align(frame, bare, new_columns=new_columns)
    fresh = find_new_rows(frame, fitted, time)
    frame = frame.filter(fresh)
    kept_lines = [line for line, new in zip(lines, fresh, strict=True) if new]
    whole = pl.concat([fitted, frame])
    already = len(fresh) - frame.height
    if fitted.schema == bare.schema:
        written = _own(frame, old.height, [version] * frame.height, kept_lines)
        return Next(whole, written, instead=False, added=frame.height, already=already)
    versions = [*old[VERSION], *[version] * frame.height]
    written = _own(whole, 0, versions, [*old[LINE], *kept_lines])
    return Next(whole, written, instead=True, added=frame.height, already=already)


def align(frame: pl.DataFrame, old: pl.DataFrame, *, new_columns: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Bring a file's table and the dataset's to the same columns and types, in the dataset's order.

    Integers become numbers where the other has numbers; a column without any value takes the other's
    type. New and absent columns are filled with missing values if ``new_columns`` allows it.

    Raises:
        ColumnsDiffer: Columns are new, absent, or of another type; all are named.
    """
    faults = [] if new_columns else _missing_and_new(frame, old)
    types: dict[str, pl.DataType] = {}
    for name in [*old.columns, *(name for name in frame.columns if name not in old.columns)]:
        tables = [table for table in (old, frame) if name in table.columns]
        dtypes = [table.schema[name] for table in tables if not _is_empty(table[name])]
        kinds = {column_type(dtype) for dtype in dtypes}
        types[name] = dtypes[0] if len(kinds) == 1 else tables[0].schema[name]
        if kinds == {"integer", "number"}:
            types[name] = pl.Float64()
        elif len(kinds) > 1:
            faults.append(_retyped(name, frame, old))
    if faults:
        raise ColumnsDiffer(
            text("the file does not have the columns of the dataset"),
            fix=text("correct the file, name another dataset with --to, or allow it with --new-columns"),
            faults=faults,
        )
    return _fitted(frame, types), _fitted(old, types)


def find_new_rows(frame: pl.DataFrame, old: pl.DataFrame, time: str | None) -> pl.Series:
    """Tell which rows of a file are not in the dataset yet, as a mask.

    With a time column a row is known when the dataset has an identical one; a row that is there ``n``
    times makes ``n`` copies known. Without a time column identical rows may be different parts or
    batches, so only a file that begins with the whole dataset, an export that grew, has known rows.
    """
    if time is None:
        grown = old.height <= frame.height and frame.head(old.height).equals(old)
        return pl.Series([not grown or row >= old.height for row in range(frame.height)], dtype=pl.Boolean)
    names = frame.columns
    copy = pl.int_range(pl.len()).over(names).alias(ROW)
    numbered = frame.with_columns(copy).with_row_index(LINE)
    fresh = numbered.join(old.with_columns(copy), on=[*names, ROW], how="anti", nulls_equal=True)
    kept = set(fresh[LINE])
    return pl.Series([row in kept for row in range(frame.height)], dtype=pl.Boolean)


def _own(frame: pl.DataFrame, start: int, versions: Sequence[int], lines: Sequence[int]) -> pl.DataFrame:
    return frame.with_columns(
        pl.Series(ROW, range(start, start + frame.height), dtype=pl.Int64),
        pl.Series(VERSION, versions, dtype=pl.Int64),
        pl.Series(LINE, lines, dtype=pl.Int64),
    )


def _missing_and_new(frame: pl.DataFrame, old: pl.DataFrame) -> list[Fault]:
    absent = [
        Fault("columns-differ", text('the file has no column "{column}"', column=name), data={"column": name})
        for name in old.columns
        if name not in frame.columns
    ]
    new = [
        Fault("columns-differ", text('the dataset has no "{column}"', column=name), data={"column": name})
        for name in frame.columns
        if name not in old.columns
    ]
    return absent + new


def _retyped(name: str, frame: pl.DataFrame, old: pl.DataFrame) -> Fault:
    here, there = (_WORDS[column_type(table.schema[name])] for table in (frame, old))
    return Fault(
        "columns-differ",
        text(
            '"{column}" is {here} in this file and {there} in the dataset',
            column=name,
            here=here,
            there=there,
        ),
        data={"column": name},
    )


def _fitted(table: pl.DataFrame, types: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame([_fitted_column(table, name, dtype) for name, dtype in types.items()])


def _fitted_column(table: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Series:
    if name in table.columns and not _is_empty(table[name]):
        return table[name].cast(dtype)
    return pl.Series(name, [None] * table.height, dtype=dtype)


def _is_empty(series: pl.Series) -> bool:
    return series.null_count() == len(series)


_WORDS: Mapping[ColumnType, Text] = {
    "number": text("number"),
    "integer": text("whole number"),
    "boolean": text("yes or no"),
    "time": text("date"),
    "text": text("text"),
    "waveform": text("waveform"),
}
