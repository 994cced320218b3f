"""Settle what becomes of a file's damaged columns before it enters a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from andamio.data.findings import Finding, written_lines
from andamio.data.record import Choice
from andamio.data.source import ReadOptions, Source
from andamio.errors import DataDamaged, Fault, UsageError, text

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
        text("{file} was mangled by a spreadsheet (columns: {n})", n=len(undecided), file=source.path.name),
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
