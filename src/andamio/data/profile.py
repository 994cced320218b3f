"""Describe a table, column by column, the way a process engineer looks at it first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from andamio.data.source import ColumnType, column_type

_TOP = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """One column: its type and unit, what is missing, and its span.

    ``low``, ``median`` and ``high`` are numbers or times; ``top`` are the most frequent texts,
    or the most frequent counts of samples.
    """

    name: str
    type: ColumnType
    unit: str | None
    missing: int
    distinct: int
    low: float | datetime | None = None
    median: float | datetime | None = None
    high: float | datetime | None = None
    top: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A table: its rows, how many are copies of an earlier one, its columns."""

    rows: int
    duplicates: int
    columns: Sequence[ColumnProfile]


def profile(frame: pl.DataFrame, units: Mapping[str, str] | None = None) -> Profile:
    """Describe a table of history.

    >>> profile(pl.DataFrame({"t": [1.0, 3.0, None]})).columns[0].median
    2.0
    """
    known = units or {}
    first = (
        frame.select(pl.struct(pl.all()).is_first_distinct()).to_series() if frame.width else pl.Series([])
    )
    return Profile(
        rows=frame.height,
        duplicates=int((~first).sum()) if frame.height else 0,
        columns=[_column(series, known.get(series.name)) for series in frame],
    )


def _column(series: pl.Series, unit: str | None) -> ColumnProfile:
    kind = column_type(series.dtype)
    present = series.drop_nulls()
    low = median = high = None
    top: list[tuple[str, int]] = []
    if kind in {"number", "integer", "time"} and len(present):
        low, median, high = present.min(), present.median(), present.max()
    elif kind == "waveform":
        lengths = present.list.len().value_counts(sort=True, name="n").head(_TOP)
        top = [(f"{length:,}", int(n)) for length, n in lengths.iter_rows()]
    elif len(present):
        counts = present.cast(pl.String).value_counts(sort=True, name="n").head(_TOP)
        top = [(str(value), int(n)) for value, n in counts.iter_rows()]
    return ColumnProfile(
        name=series.name,
        type=kind,
        unit=unit,
        missing=series.null_count(),
        distinct=present.n_unique(),
        low=_plain(low),
        median=_plain(median),
        high=_plain(high),
        top=top,
    )


def _plain(value: object) -> float | datetime | None:
    if isinstance(value, datetime):
        return value
    return float(value) if isinstance(value, (int, float)) else None
