"""Make typed columns of cells that are written as text."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import polars as pl

from andamio.connectors.csv import ColumnGuess, ColumnKind
from andamio.data.clock import to_utc
from andamio.data.digits import digits_of_text, to_floats
from andamio.data.findings import Finding, FindingKind
from andamio.data.source import Source
from andamio.errors import text

_LARGEST_INTEGER = 18
_EXAMPLES = 3
_YES_NO = {"true": True, "false": False, "verdadero": True, "falso": False}


def add_written_column(
    source: Source, name: str, cells: list[str], written: list[str], guess: ColumnGuess, zone: ZoneInfo
) -> pl.Series:
    """Type a column whose cells are in one form, and note on ``source`` what was found in it.

    Args:
        source: Where digits, cells as written, and findings are put.
        name: The column's name.
        cells: The cells in one form: numbers ``1234.5``, times ISO 8601, missing "".
        written: The cells as the file has them.
        guess: What the column was taken for.
        zone: Where times without a zone stand.
    """
    source.cells[name] = written
    if guess.contradictory:
        source.strange[name] = list(guess.contradictory)
    if guess.unreadable:
        source.findings.append(_unreadable(source, name, guess))
    if guess.kind is ColumnKind.NUMBER:
        source.digits[name] = digits_of_text(cells)
        return _numbers(name, cells)
    if guess.kind is ColumnKind.TIME:
        return _times(source, name, cells, zone)
    if guess.kind is ColumnKind.EMPTY:
        return pl.Series(name, [None] * len(cells), dtype=pl.Float64)
    return _texts(name, cells)


def _numbers(name: str, cells: Sequence[str]) -> pl.Series:
    series = pl.Series(name, cells, dtype=pl.String).replace("", None)
    plain = series.str.contains(r"^[+-]?\d+$").fill_null(True)
    if plain.all() and _longest(series) <= _LARGEST_INTEGER:
        return series.str.strip_prefix("+").cast(pl.Int64)
    return to_floats(series)


def _longest(series: pl.Series) -> int:
    longest = series.str.len_chars().max()
    return longest if isinstance(longest, int) else 0


def _times(source: Source, name: str, cells: Sequence[str], zone: ZoneInfo) -> pl.Series:
    series = pl.Series(name, cells, dtype=pl.String).replace("", None)
    zoned = series.str.contains(r"[+-]\d{2}:\d{2}$").fill_null(False)
    pattern = "%Y-%m-%dT%H:%M:%S%.f"
    local = pl.select(pl.when(~zoned).then(series)).to_series().str.to_datetime(pattern, time_unit="us")
    moments, findings = to_utc(local, zone, name, source.lines)
    source.findings.extend(findings)
    if zoned.any():
        exact = pl.select(pl.when(zoned).then(series)).to_series()
        moments = exact.str.to_datetime(pattern + "%z", time_unit="us").fill_null(moments)
    return moments.alias(name)


def _texts(name: str, cells: Sequence[str]) -> pl.Series:
    words = {cell.casefold() for cell in set(cells)} - {""}
    if words and words <= _YES_NO.keys():
        return pl.Series(
            name, [_YES_NO[cell.casefold()] if cell else None for cell in cells], dtype=pl.Boolean
        )
    return pl.Series(name, [cell or None for cell in cells], dtype=pl.String)


def _unreadable(source: Source, name: str, guess: ColumnGuess) -> Finding:
    rows = list(guess.unreadable)
    kinds = {ColumnKind.NUMBER: text("number"), ColumnKind.TIME: text("date")}
    return Finding(
        kind=FindingKind.UNREADABLE,
        column=name,
        what=text(
            '"{column}" has cells that are no {kind}; they are missing (cells: {n})',
            n=len(rows),
            column=name,
            kind=kinds[guess.kind],
        ),
        count=len(rows),
        lines=source.lines_of(rows),
        examples=source.written(name, rows[:_EXAMPLES]),
    )
