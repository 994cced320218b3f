"""What a reader may be told, what it guessed, and what it brings back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from andamio.connectors.csv.dates import DateOrder
from andamio.errors import Text


class Ragged(StrEnum):
    """What becomes of rows with more or fewer fields than the header."""

    REFUSE = "refuse"
    """The file is refused, and the rows are named."""
    SKIP = "skip"
    """The rows are left out, and listed."""
    FILL = "fill"
    """Short rows are filled with missing values; long ones still refuse the file."""


class ColumnKind(StrEnum):
    """What the cells of a column are."""

    NUMBER = "number"
    TIME = "time"
    TEXT = "text"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvOptions:
    """What the person knows better than the guess; None leaves the guess alone.

    Attributes:
        encoding: A Python codec name, such as ``latin-1``.
        delimiter: The character between fields; " " means runs of spaces or tabs.
        decimal: ``,`` or ``.``, for every column.
        thousands: The mark between groups of three digits, "" for none.
        dates: How all-number dates are written.
        header: Whether the first row names the columns.
        skip_lines: Lines to leave out before the header.
        missing: Words that mean "no value", besides the usual ones.
        text: Columns to keep as written.
        ragged: What becomes of rows with more or fewer fields than the header.
    """

    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    dates: DateOrder | None = None
    header: bool | None = None
    skip_lines: int | None = None
    missing: Sequence[str] = ()
    text: Sequence[str] = ()
    ragged: Ragged = Ragged.REFUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnGuess:
    """What one column was taken for."""

    kind: ColumnKind
    decimal: str = "."
    thousands: str = ""
    dates: DateOrder | None = None
    unit: str | None = None
    unreadable: Sequence[int] = ()
    """Row indices whose cell is neither a value of this kind nor a missing word."""
    contradictory: Sequence[int] = ()
    """Row indices whose cell is a number only if the marks mean the opposite of what they mean elsewhere."""


@dataclass(frozen=True, slots=True)
class RaggedRow:
    """A row with the wrong number of fields: its line in the file, its fields as written."""

    line: int
    fields: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvGuess:
    """Everything the reader had to guess about a file."""

    encoding: str
    delimiter: str
    decimal: str
    thousands: str
    date_order: DateOrder | None
    header_line: int
    """The line of the header, from 1; 0 when the file has none."""
    header_units: Mapping[str, str]
    columns: Mapping[str, ColumnGuess]
    notes: Sequence[Text] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvTable:
    """A file as columns of text: numbers as ``1234.5``, times as ISO 8601, missing as "".

    ``raw`` holds the cells as written, for the columns whose text was changed. ``lines`` gives
    each row's line in the file, from 1.
    """

    header: list[str]
    columns: dict[str, list[str]]
    lines: list[int]
    guess: CsvGuess
    raw: dict[str, list[str]] = field(default_factory=dict)
    ragged: list[RaggedRow] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines)

    def written(self, column: str) -> list[str]:
        """Return a column's cells as the file has them, without surrounding spaces."""
        return self.raw.get(column, self.columns[column])
