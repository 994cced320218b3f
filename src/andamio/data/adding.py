"""Decide what of a file becomes part of a dataset: damaged columns, known rows, changed columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from andamio.data.findings import Finding, written_lines
from andamio.data.record import Choice
from andamio.data.source import ReadOptions, Source, column_type
from andamio.errors import ColumnsDiffer, DataDamaged, Fault, UsageError, text

EVERY = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOptions:
    """How a file is read, and what was decided about its damaged columns.

    ``set_missing``, ``drop`` and ``keep`` name damaged columns, or "all" of them: their mangled cells
    become missing, the columns are left out, or they enter as they are. ``new_columns`` allows columns
    that the dataset does not have, and the absence of columns that it has.
    """

    read: ReadOptions = field(default_factory=ReadOptions)
    set_missing: Sequence[str] = ()
    drop: Sequence[str] = ()
    keep: Sequence[str] = ()
    new_columns: bool = False


def settle_damage(source: Source, options: AddOptions) -> tuple[pl.DataFrame, dict[str, Choice]]:
    """Apply what was decided about mangled columns, and refuse the file if one is undecided.

    Raises:
        DataDamaged: Columns are mangled and nothing was decided about them; all are named.
        UsageError: A decision names a column that the file does not have.
    """
    damaged = {finding.column: finding for finding in source.findings if finding.blocks and finding.column}
    choices = _choices(source, options, damaged)
    undecided = [finding for column, finding in damaged.items() if column not in choices]
    if undecided:
        raise _refusal(source, undecided)
    frame = source.frame
    rows = {line: row for row, line in enumerate(source.lines)}
    for column, choice in choices.items():
        if choice == "drop-column":
            frame = frame.drop(column)
        elif choice == "set-missing" and column in damaged:
            bad = pl.Series([rows[line] for line in damaged[column].lines])
            mangled = pl.int_range(pl.len()).is_in(bad.implode())
            frame = frame.with_columns(pl.when(~mangled).then(pl.col(column)).alias(column))
    return frame, choices


def _choices(source: Source, options: AddOptions, damaged: Mapping[str, Finding]) -> dict[str, Choice]:
    named: list[tuple[Choice, Sequence[str]]] = [
        ("keep", options.keep),
        ("set-missing", options.set_missing),
        ("drop-column", options.drop),
    ]
    choices: dict[str, Choice] = {}
    for choice, columns in named:
        if EVERY in columns:
            choices |= dict.fromkeys(damaged, choice)
    for choice, columns in named:
        for column in columns:
            if column != EVERY and column not in source.frame.columns:
                raise UsageError(
                    text('the file has no column "{name}"', name=column),
                    fix=text("its columns are: {names}", names=", ".join(source.frame.columns)),
                )
            if column != EVERY:
                choices[column] = choice
    return choices


def _refusal(source: Source, undecided: Sequence[Finding]) -> DataDamaged:
    return DataDamaged(
        text("{n} columns of {file} look mangled by a spreadsheet", n=len(undecided), file=source.path.name),
        where=text("{path}", path=source.path),
        why=text("a decimal mark was lost or moved, so these numbers are not what was measured"),
        fix=text(
            "export the file again without opening it in a spreadsheet; or decide for each column: "
            "--set-missing COLUMN, --drop-column COLUMN, or --keep COLUMN if it is right after all "
            '("all" means every damaged column)'
        ),
        faults=[_fault(finding) for finding in undecided],
    )


def _fault(finding: Finding) -> Fault:
    pairs = zip(finding.examples, finding.likely, strict=False)
    shown = ", ".join(f"{cell} ← {likely}" if likely else cell for cell, likely in pairs)
    return Fault(
        "data-damaged",
        finding.what,
        where=text("lines {lines}", lines=written_lines(finding.lines)),
        why=text("for example {examples}", examples=shown),
        data={
            "column": finding.column,
            "count": finding.count,
            "lines": list(finding.lines),
            "examples": list(finding.examples),
            "likely": list(finding.likely),
            "reason": finding.data.get("reason", ""),
        },
    )


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
        there = [
            table.schema[name]
            for table in (old, frame)
            if name in table.columns and not _is_empty(table[name])
        ]
        kinds = {column_type(dtype) for dtype in there}
        if not kinds:
            types[name] = (old if name in old.columns else frame).schema[name]
        elif len(kinds) == 1:
            types[name] = there[0]
        elif kinds == {"integer", "number"}:
            types[name] = pl.Float64()
        else:
            faults.append(
                Fault(
                    "columns-differ",
                    text(
                        '"{column}" is {new} in this file and {old} in the dataset',
                        column=name,
                        new=_word(frame.schema[name]),
                        old=_word(old.schema[name]),
                    ),
                    data={"column": name},
                )
            )
    if faults:
        raise ColumnsDiffer(
            text("the file does not have the columns of the dataset"),
            fix=text("correct the file, name another dataset with --to, or allow it with --new-columns"),
            faults=faults,
        )
    return _fitted(frame, types), _fitted(old, types)


def without_known(frame: pl.DataFrame, old: pl.DataFrame, time: str | None) -> pl.Series:
    """Tell which rows of a file are not in the dataset yet, as a mask.

    With a time column a row is known when the dataset has an identical one; a row that is there ``n``
    times makes ``n`` copies known. Without a time column identical rows may be different parts or
    batches, so only a file that begins with the whole dataset, an export that grew, has known rows.
    """
    if time is None:
        grown = old.height <= frame.height and frame.head(old.height).equals(old)
        return pl.Series([not grown or row >= old.height for row in range(frame.height)], dtype=pl.Boolean)
    names = frame.columns
    copy = pl.int_range(pl.len()).over(names).alias("copy")
    numbered = frame.with_columns(copy).with_row_index("row")
    fresh = numbered.join(old.with_columns(copy), on=[*names, "copy"], how="anti", nulls_equal=True)
    kept = set(fresh["row"].to_list())
    return pl.Series([row in kept for row in range(frame.height)], dtype=pl.Boolean)


def _missing_and_new(frame: pl.DataFrame, old: pl.DataFrame) -> list[Fault]:
    absent = [name for name in old.columns if name not in frame.columns]
    new = [name for name in frame.columns if name not in old.columns]
    return [
        Fault("columns-differ", text('the file has no column "{column}"', column=name), data={"column": name})
        for name in absent
    ] + [
        Fault(
            "columns-differ", text('the dataset has no column "{column}"', column=name), data={"column": name}
        )
        for name in new
    ]


def _fitted(table: pl.DataFrame, types: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            table[name].cast(dtype) if name in table.columns and not _is_empty(table[name])
            else pl.Series(name, [None] * table.height, dtype=dtype)
            for name, dtype in types.items()
        ]
    )  # fmt: skip


def _is_empty(series: pl.Series) -> bool:
    return series.null_count() == len(series)


_WORDS = {
    "number": text("number"),
    "integer": text("whole number"),
    "boolean": text("yes or no"),
    "time": text("date"),
    "text": text("text"),
}


def _word(dtype: pl.DataType) -> object:
    return _WORDS[column_type(dtype)]
