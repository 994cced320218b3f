"""CSV as plants write it, read by the connector and checked by the contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from andamio.connectors.csv import (
    ColumnGuess,
    ColumnKind,
    CsvOptions,
    CsvTable,
    Marks,
    OrdinaryCsv,
    open_ordinary,
    read_as_numbers,
    read_csv,
)
from andamio.contracts import Contract, TableValidator, TagType, table_columns
from andamio.contracts.cells import Cells, NoNumber, text_of
from andamio.errors import FileRefused, text
from andamio.serving.batch.pieces import PIECE_ROWS, Piece, placed


class CsvSource:
    """Reads rows from a CSV file whose header names the contract's columns or tags.

    Raises:
        NotFound: There is no such file.
        FileRefused: It is no table, or lacks columns that the contract needs.
    """

    def __init__(self, path: Path, contract: Contract, options: CsvOptions) -> None:
        self._path = path
        self._contract = contract
        self._options = options
        self._validator = TableValidator(contract)
        self._units: Mapping[str, str] = {}
        # Categories as written, since a class may look like a number, and waveforms, which are lists; the
        # rest in the reader's one form.
        self._words = {declared.name for declared in contract.categories} | {"asset", "cycle"}
        self._words |= {signal.tag for signal in contract.signals} - {i.name for i in contract.numbers}
        self._numbers = {declared.name: declared.type for declared in contract.numbers}
        ordinary = open_ordinary(path, options)
        columns = self._ordinary(ordinary) if ordinary else None
        self._columns, self._lines = columns or self._any(read_csv(path, options))

    def pieces(self) -> Iterable[Piece]:
        """Yield the pieces in the order of the file."""
        for start in range(0, len(self._lines), PIECE_ROWS):
            stop = start + PIECE_ROWS
            columns = {tag: cells[start:stop] for tag, cells in self._columns.items()}
            yield checked(self._validator, columns, self._units, self._lines[start:stop])

    def _ordinary(self, file: OrdinaryCsv) -> tuple[dict[str, Cells], Sequence[int]] | None:
        places = self._places(file.header)
        names = {tag: file.header[place] for tag, place in places.items()}
        read = file.read({name for tag, name in names.items() if tag in self._words or tag == "time"})
        if read is None:
            return None
        columns: dict[str, Cells] = {}
        for tag, name in names.items():
            cells = read[name]
            if isinstance(cells, list) and tag in self._numbers:
                cells = self._as_numbers(tag, cells, file.marks)
            elif isinstance(cells, list) and tag not in self._words:
                cells = file.in_one_form(name, cells)
            columns[tag] = cells
        height = max(map(len, read.values()))
        return columns, range(2, height + 2)

    def _any(self, table: CsvTable) -> tuple[dict[str, Cells], Sequence[int]]:
        columns: dict[str, Cells] = {}
        for tag, place in self._places(table.header).items():
            name = table.header[place]
            if tag in self._words:
                columns[tag] = table.written(name)
            elif tag not in self._numbers or _is_sound(table.guess.columns[name]):
                columns[tag] = table.columns[name]
            else:
                marks = Marks(table.guess.decimal, table.guess.thousands)
                columns[tag] = self._as_numbers(tag, table.written(name), marks)
        return columns, table.lines

    def _as_numbers(self, tag: str, written: list[str], file: Marks) -> list[str]:
        # The contract knows what the column is; a word in it is a fault of its own row and of no other.
        cells, strange = read_as_numbers(written, file, self._options)
        if self._numbers[tag] is not TagType.BOOLEAN:  # of which a word may well be one
            for row in strange:
                cells[row] = NoNumber(cells[row])
        return cells

    def _places(self, header: Sequence[str]) -> Mapping[str, int]:
        found = table_columns(self._contract, header)
        if found.faults:
            raise FileRefused(
                text("the file does not have the columns that {model} reads", model=self._contract.name),
                where=text("{path}", path=self._path),
                why=text("its columns are: {names}", names=", ".join(header[:40])),
                faults=found.faults,
            )
        self._units = found.units
        return found.places


def _is_sound(guess: ColumnGuess) -> bool:
    return guess.kind is ColumnKind.NUMBER and not guess.unreadable and not guess.contradictory


def checked(
    validator: TableValidator,
    columns: Mapping[str, Cells],
    units: Mapping[str, str],
    lines: Sequence[int],
) -> Piece:
    """Check the columns of a piece; ``lines`` are where its rows stand in the file."""
    verdict = validator.check(columns, units=units)
    cycles = _cycles(columns, verdict.accepted)
    if verdict.accepted.all():
        return Piece(verdict.rows, lines, 0, [], cycles)
    accepted = [line for line, good in zip(lines, verdict.accepted.tolist(), strict=True) if good]
    refusals = [placed(found, lines[found.row]) for found in verdict.bad_cells()]
    return Piece(verdict.rows, accepted, len(lines) - len(accepted), refusals, cycles)


def _cycles(columns: Mapping[str, Cells], accepted: NDArray[np.bool_]) -> list[str] | None:
    if "cycle" not in columns:
        return None
    cells = list(columns["cycle"])
    return [text_of(cells[row], typed=False) or "" for row in np.flatnonzero(accepted).tolist()]
