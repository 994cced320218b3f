"""One history file as it was read, before anybody decides what of it becomes a dataset version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import polars as pl

from andamio.connectors.csv import CsvOptions
from andamio.data.digits import Digits
from andamio.data.findings import Finding
from andamio.errors import Text

ColumnType = Literal["number", "integer", "boolean", "time", "text", "waveform"]

DTYPES: Mapping[ColumnType, pl.DataType] = {
    "number": pl.Float64(),
    "integer": pl.Int64(),
    "boolean": pl.Boolean(),
    "time": pl.Datetime("us", "UTC"),
    "text": pl.String(),
    "waveform": pl.List(pl.Float32()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How a file is to be read, where the person knows better than the guess.

    ``zone`` is where clocks without a zone of their own stand, UTC if nobody says;
    ``sheet`` names a workbook's sheet.
    """

    csv: CsvOptions = field(default_factory=CsvOptions)
    zone: ZoneInfo | None = None
    sheet: str | None = None


@dataclass(slots=True, kw_only=True)
class Source:
    """A file as a typed table, with everything that was guessed and found.

    Attributes:
        path: The file.
        frame: One typed column per column of the file; times in UTC, missing as null.
        lines: The line (CSV), sheet row (workbook) or row (Parquet) of each row of ``frame``, from 1.
        digits: How each numeric column was written.
        cells: For columns of written text, the cells as written; examples are taken from here.
        units: Units found in headers.
        guess: What was guessed, as plain values for the record.
        notes: What was guessed, as sentences.
        findings: What was found while reading.
        strange: Rows of numeric columns whose marks contradict the rest, or that became dates.
    """

    path: Path
    frame: pl.DataFrame
    lines: Sequence[int]
    digits: dict[str, Digits] = field(default_factory=dict)
    cells: dict[str, list[str]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    guess: dict[str, object] = field(default_factory=dict)
    notes: list[Text] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    strange: dict[str, list[int]] = field(default_factory=dict)

    def lines_of(self, rows: Sequence[int]) -> list[int]:
        """Translate row indices into lines of the file."""
        return [self.lines[row] for row in rows]

    def written(self, column: str, rows: Sequence[int]) -> list[str]:
        """Return some cells as the file has them."""
        if column in self.cells:
            cells = self.cells[column]
            return [cells[row] for row in rows]
        values = self.frame[column]
        return [f"{values[row]:g}" if isinstance(values[row], float) else str(values[row]) for row in rows]


def zone_of(options: ReadOptions) -> ZoneInfo:
    """Return where clocks without a zone stand."""
    return options.zone or ZoneInfo("UTC")


def column_type(dtype: pl.DataType) -> ColumnType:
    """Name the type of a dataset's column."""
    for name, known in DTYPES.items():
        if dtype == known:
            return name
    raise TypeError(dtype)
