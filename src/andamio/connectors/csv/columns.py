"""Decide what each column is, and write its cells in one form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from andamio.connectors.csv.dates import guess_order, looks_like_times, read_times
from andamio.connectors.csv.missing import MISSING_WORDS, missing_among
from andamio.connectors.csv.numbers import (
    Evidence,
    Marks,
    all_plain,
    choose_marks,
    has_leading_zeros,
    looks_like_numbers,
    read_number,
    read_numbers,
    weigh,
)
from andamio.connectors.csv.options import ColumnGuess, ColumnKind, CsvOptions
from andamio.errors import Text, text

TOLERATED = 0.01
"""The share of cells that may be no value of the column's kind."""
_CONTRADICTED = 0.5
_SAMPLE = 5000
_GUESSES = CsvOptions()


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """A column in one form: its cells, what it was taken for, what the person should know."""

    cells: list[str]
    guess: ColumnGuess
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class _Column:
    """A column on its way: its cells as written, and which words in it mean no value."""

    name: str
    cells: list[str]
    missing: frozenset[str]
    present: int


def weigh_columns(columns: Mapping[str, Sequence[str]]) -> dict[str, Evidence]:
    """Weigh the marks of every column but those of dates."""
    return {name: weigh(() if looks_like_times(cells) else _sample(cells)) for name, cells in columns.items()}


def file_marks(weighed: Sequence[Evidence], delimiter: str, options: CsvOptions) -> Marks:
    """Find the marks that most columns prove, which then decide for the columns that prove none."""
    points = sum(evidence.decimal == "." for evidence in weighed)
    commas = sum(evidence.decimal == "," for evidence in weighed)
    decimal: str
    if options.decimal:
        decimal = options.decimal
    elif points == commas == 0:
        decimal = _without_proof(weighed, delimiter)
    else:
        decimal = "," if commas > points else "."
    other = _other(decimal)
    if options.thousands is not None:
        return Marks(decimal, options.thousands)
    return Marks(decimal, other if any(evidence.grouped[other] for evidence in weighed) else "")


def read_column(
    name: str, cells: list[str], evidence: Evidence, file: Marks, options: CsvOptions
) -> ReadColumn:
    """Read one column as numbers, as times, or as text, whichever at least 99 % of its cells are."""
    if name in options.text:
        return ReadColumn(cells, ColumnGuess(kind=ColumnKind.TEXT))
    missing = missing_among(cells, options.missing)
    column = _Column(name, cells, missing, len(cells) - sum(cells.count(word) for word in missing))
    if column.present == 0:
        return ReadColumn([""] * len(cells), ColumnGuess(kind=ColumnKind.EMPTY))
    return (
        _as_numbers(column, evidence, file, options)
        or _as_times(column, options)
        or _as_text(column, file, options)
    )


def read_as_numbers(
    cells: list[str], file: Marks, options: CsvOptions = _GUESSES
) -> tuple[list[str], list[int]]:
    """Read a column that somebody knows to be numbers, however many of its cells are something else.

    Args:
        cells: As the file has them, without surrounding spaces.
        file: The marks of the file, for a column that proves none.
        options: What overrules the guesses.

    Returns:
        The cells in one form, "" for missing, and the rows that are no number, whose cells stay as written.

    >>> read_as_numbers(["0,5", "stopped", "n/a"], Marks(","))
    (['0.5', 'stopped', ''], [1])
    """
    marks = _marks_for(weigh(_sample(cells)), file, options)
    if marks.decimal == "." and all_plain(cells):
        return cells, []
    numbers, strange = read_numbers(cells, marks, missing_among(cells, options.missing))
    for row in strange:
        numbers[row] = cells[row]
    return numbers, strange


def _as_numbers(column: _Column, evidence: Evidence, file: Marks, options: CsvOptions) -> ReadColumn | None:
    sample = _sample(column.cells)
    if not looks_like_numbers(sample) or has_leading_zeros(sample):
        return None
    marks = _marks_for(evidence, file, options)
    guess = ColumnGuess(kind=ColumnKind.NUMBER, decimal=marks.decimal, thousands=marks.thousands)
    if marks.decimal == "." and all_plain(column.cells):
        return ReadColumn(column.cells, guess, _notes_on_marks(column.name, evidence, marks, file))
    numbers, strange = read_numbers(column.cells, marks, column.missing)
    opposite = Marks(_other(marks.decimal), marks.decimal)
    contradictory = [row for row in strange if read_number(column.cells[row], opposite) is not None]
    unreadable = sorted(set(strange) - set(contradictory))
    if len(unreadable) > TOLERATED * column.present or len(contradictory) > _CONTRADICTED * column.present:
        return None
    percents = sum(cell.endswith("%") for cell in sample)
    guess = replace(
        guess,
        unit="%" if percents * 2 > sum(map(bool, sample)) else None,
        unreadable=unreadable,
        contradictory=contradictory,
    )
    return ReadColumn(numbers, guess, _notes_on_marks(column.name, evidence, marks, file))


def _as_times(column: _Column, options: CsvOptions) -> ReadColumn | None:
    if not looks_like_times(column.cells):
        return None
    guess = guess_order(column.cells)
    order = options.dates or guess.order
    times, unreadable = read_times(column.cells, order, column.missing)
    if len(unreadable) > TOLERATED * column.present:
        return None
    notes: tuple[Text, ...] = ()
    if guess.reason == "convention" and options.dates is None:
        notes = (
            text(
                'column "{name}": nothing shows whether day or month comes first; '
                "the day was taken (if that is wrong: --dates month-first)",
                name=column.name,
            ),
        )
    return ReadColumn(times, ColumnGuess(kind=ColumnKind.TIME, dates=order, unreadable=unreadable), notes)


def _as_text(column: _Column, file: Marks, options: CsvOptions) -> ReadColumn:
    cells = column.cells
    if options.missing:
        named = missing_among(cells, options.missing) - MISSING_WORDS
        cells = ["" if cell in named else cell for cell in cells]
    return ReadColumn(cells, ColumnGuess(kind=ColumnKind.TEXT), _almost_numbers(column, file))


def _marks_for(evidence: Evidence, file: Marks, options: CsvOptions) -> Marks:
    chosen = choose_marks(evidence, file.decimal)
    if options.decimal and chosen.decimal != options.decimal:
        chosen = Marks(options.decimal, _other(options.decimal))
    return chosen if options.thousands is None else Marks(chosen.decimal, options.thousands)


def _notes_on_marks(name: str, evidence: Evidence, marks: Marks, file: Marks) -> tuple[Text, ...]:
    if not evidence.decimal or evidence.decimal == file.decimal:
        return ()
    sentence = text(
        'column "{name}" writes decimals with "{mark}", unlike the rest of the file',
        name=name,
        mark=marks.decimal,
    )
    return (sentence,)


def _almost_numbers(column: _Column, marks: Marks) -> tuple[Text, ...]:
    """Note a text column whose cells are mostly numbers: a word in it probably means "no value"."""
    if not looks_like_numbers(_sample(column.cells)):
        return ()
    _, strange = read_numbers(column.cells, Marks(marks.decimal, _other(marks.decimal)), column.missing)
    if not 0 < len(strange) * 2 <= column.present or has_leading_zeros(column.cells):
        return ()
    sentence = text(
        'column "{name}" is text because {n} of its cells, such as "{cell}", are no numbers; '
        "if they mean no value, say so with --missing",
        name=column.name,
        n=len(strange),
        cell=column.cells[strange[0]],
    )
    return (sentence,)


def _without_proof(weighed: Sequence[Evidence], delimiter: str) -> str:
    """Decide when no cell proves a mark: ``;`` between fields goes with decimal commas."""
    points = sum(evidence.either["."] for evidence in weighed)
    commas = sum(evidence.either[","] for evidence in weighed)
    if delimiter == ";" and not points:
        return ","
    return "," if commas > points else "."


def _other(mark: str) -> str:
    return "." if mark == "," else ","


def _sample(cells: Sequence[str]) -> Sequence[str]:
    return cells[:: max(1, len(cells) // _SAMPLE)]
