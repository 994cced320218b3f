"""Read a whole CSV file into columns of one form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from andamio.connectors.csv.columns import ReadColumn, file_marks, read_column, weigh_columns
from andamio.connectors.csv.dates import DateOrder
from andamio.connectors.csv.encoding import read_text
from andamio.connectors.csv.headers import header_units, is_unit, name_columns
from andamio.connectors.csv.layout import Layout, lay_out
from andamio.connectors.csv.numbers import Marks, read_number
from andamio.connectors.csv.options import CsvGuess, CsvOptions, CsvTable
from andamio.errors import Text, UsageError, text

_GUESSES = CsvOptions()


def read_csv(path: Path, options: CsvOptions = _GUESSES) -> CsvTable:
    """Read a CSV file as plants write it.

    Args:
        path: The file; a gzip of it will do.
        options: What overrules the guesses.

    Returns:
        Columns of text in one form, with the guesses beside them.

    Raises:
        NotFound: There is no such file.
        FileRefused: The bytes are no text, the rows are ragged, a quote is never closed.
        UsageError: ``options.text`` names a column that the file does not have.
    """
    content, encoding = read_text(path, options.encoding)
    layout = lay_out(content, options, path)
    names, notes = name_layout(layout)
    units = dict(header_units(names))
    cells = _columns(layout, names)
    _check_named(options.text, names)
    weighed = weigh_columns(cells)
    marks = file_marks(list(weighed.values()), layout.delimiter, options)
    read = {name: read_column(name, column, weighed[name], marks, options) for name, column in cells.items()}
    for column in read.values():
        notes.extend(column.notes)
    for name, column in read.items():
        if column.guess.unit:
            units.setdefault(name, column.guess.unit)
    return CsvTable(
        header=names,
        columns={name: column.cells for name, column in read.items()},
        lines=layout.lines,
        guess=CsvGuess(
            encoding=encoding,
            delimiter=layout.delimiter,
            decimal=marks.decimal,
            thousands=marks.thousands,
            date_order=_first_order(read),
            header_line=layout.header_line,
            header_units=units,
            columns={name: column.guess for name, column in read.items()},
            notes=notes,
        ),
        raw={name: cells[name] for name, column in read.items() if column.cells is not cells[name]},
        ragged=layout.ragged,
    )


def name_layout(layout: Layout) -> tuple[list[str], list[Text]]:
    """Name the columns, take a row of units out of the rows, and return the names and every note so far."""
    names, notes = name_columns(layout.header)
    notes = layout.notes + notes
    return _take_units_row(layout, names, notes), notes


def _columns(layout: Layout, names: Sequence[str]) -> dict[str, list[str]]:
    if not layout.rows:
        return {name: [] for name in names}
    return {name: list(column) for name, column in zip(names, zip(*layout.rows, strict=True), strict=True)}


def _first_order(read: dict[str, ReadColumn]) -> DateOrder | None:
    return next((column.guess.dates for column in read.values() if column.guess.dates), None)


def _take_units_row(layout: Layout, names: list[str], notes: list[Text]) -> list[str]:
    """Put the units of a row under the header into the names: ``Pressure`` becomes ``Pressure [bar]``."""
    if len(layout.rows) < 3 or not layout.header_line:
        return names
    first, below = layout.rows[0], layout.rows[1]
    numeric = [i for i, cell in enumerate(below) if any(read_number(cell, Marks(mark)) for mark in ".,")]
    units = {i: first[i].strip("[]() ") for i in numeric if is_unit(first[i].strip("[]() "))}
    if not units or len(units) * 2 < len(numeric) or any(first[i] and i not in units for i in numeric):
        return names
    notes.append(text("line {line} holds the units; it is no row", line=layout.lines[0]))
    del layout.rows[0], layout.lines[0]
    return [f"{name} [{units[i]}]" if i in units else name for i, name in enumerate(names)]


def _check_named(asked: Sequence[str], names: Sequence[str]) -> None:
    for name in asked:
        if name not in names:
            raise UsageError(
                text('the file has no column "{name}"', name=name),
                fix=text("its columns are: {names}", names=", ".join(names)),
            )
