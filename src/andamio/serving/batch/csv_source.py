"""CSV as plants write it, read by the connector and checked by the contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from andamio.connectors.csv import CsvOptions, CsvTable, read_csv
from andamio.contracts import Contract, TableValidator, table_columns
from andamio.contracts.cells import Cells
from andamio.errors import FileRefused, text
from andamio.serving.batch.pieces import PIECE_ROWS, Piece, at_line


class CsvSource:
    """Reads rows from a CSV file whose header names the contract's columns or tags.

    Raises:
        NotFound: There is no such file.
        FileRefused: It is no table, or lacks columns that the contract needs.
    """

    def __init__(self, path: Path, contract: Contract, options: CsvOptions) -> None:
        self.table: CsvTable = read_csv(path, options)
        found = table_columns(contract, self.table.header)
        if found.faults:
            raise FileRefused(
                text("the file does not have the columns that {model} reads", model=contract.name),
                where=text("{path}", path=path),
                why=text("its columns are: {names}", names=", ".join(self.table.header[:40])),
                faults=found.faults,
            )
        self._columns = _columns_by_tag(self.table, contract, found.places)
        self._units = found.units
        self._validator = TableValidator(contract)

    def pieces(self) -> Iterable[Piece]:
        """Yield the pieces in the order of the file."""
        for start in range(0, len(self.table), PIECE_ROWS):
            stop = start + PIECE_ROWS
            columns = {tag: cells[start:stop] for tag, cells in self._columns.items()}
            yield checked(self._validator, columns, self._units, self.table.lines[start:stop])


def checked(
    validator: TableValidator,
    columns: Mapping[str, Cells],
    units: Mapping[str, str],
    lines: Sequence[int],
) -> Piece:
    """Check the columns of a piece; ``lines`` are where its rows stand in the file."""
    verdict = validator.check(columns, units=units)
    faults = [at_line(lines[int(str(fault.data["row"]))], fault) for fault in verdict.faults]
    accepted = [line for line, good in zip(lines, verdict.accepted.tolist(), strict=True) if good]
    return Piece(verdict.rows, accepted, len(lines) - len(accepted), faults)


def _columns_by_tag(
    table: CsvTable, contract: Contract, places: Mapping[str, int]
) -> dict[str, Sequence[str]]:
    # Categories as written, since a class may look like a number; the rest in the reader's one form.
    words = {declared.name for declared in contract.categories} | {"asset"}
    columns: dict[str, Sequence[str]] = {}
    for tag, place in places.items():
        name = table.header[place]
        columns[tag] = table.written(name) if tag in words else table.columns[name]
    return columns
