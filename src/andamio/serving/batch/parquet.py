"""Parquet in and out, for boxes that have the plant part: this file alone needs polars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from andamio.contracts import Contract, Rows, TableValidator, table_columns
from andamio.contracts.cells import Cells
from andamio.errors import FileRefused, NotFound, text
from andamio.serving.answers import Prediction
from andamio.serving.batch.csv_source import checked
from andamio.serving.batch.pieces import PIECE_ROWS, Piece
from andamio.serving.batch.targets import UnseenFile, answer_columns

_TYPES = {"line": pl.Int64, "asset": pl.String, "time": pl.String, "lower": pl.Float64, "upper": pl.Float64}


class ParquetSource:
    """Reads rows from a Parquet file whose columns are named by the contract; rows count from 1.

    Raises:
        NotFound: There is no such file.
        FileRefused: It is no Parquet, or lacks columns that the contract needs.
    """

    def __init__(self, path: Path, contract: Contract) -> None:
        if not path.is_file():
            raise NotFound(
                text("there is no file {path}", path=path),
                fix=text("check the name; the current folder matters"),
            )
        try:
            self._file = pl.scan_parquet(path)
            header = self._file.collect_schema().names()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise FileRefused(
                text("the file is no Parquet that can be read"),
                where=text("{path}", path=path),
                why=text("{reason}", reason=str(error).splitlines()[0][:300]),
                fix=text("write it again as Parquet, or give a CSV"),
            ) from error
        found = table_columns(contract, header)
        if found.faults:
            raise FileRefused(
                text("the file does not have the columns that {model} reads", model=contract.name),
                where=text("{path}", path=path),
                why=text("its columns are: {names}", names=", ".join(header[:40])),
                faults=found.faults,
            )
        self._columns = {tag: header[place] for tag, place in found.places.items()}
        self._units = found.units
        self._validator = TableValidator(contract)

    def pieces(self) -> Iterable[Piece]:
        """Yield the pieces in the order of the file."""
        start = 0
        wanted = sorted(set(self._columns.values()))
        while True:
            part = self._file.select(wanted).slice(start, PIECE_ROWS).collect()
            if not part.height:
                return
            columns = {tag: _cells(part[name]) for tag, name in self._columns.items()}
            yield checked(self._validator, columns, self._units, range(start + 1, start + part.height + 1))
            start += part.height


def _cells(column: pl.Series) -> Cells:
    # A missing number becomes NaN, which is what missing is; numbers need not become Python objects.
    return column.to_numpy() if column.dtype.is_numeric() else column.to_list()


class ParquetTarget:
    """The columns of the CSV answer, typed."""

    def __init__(self, path: Path) -> None:
        self._file = UnseenFile(path)
        self._parts: list[pl.DataFrame] = []
        self.publish = self._file.publish
        self.abandon = self._file.abandon

    def add(self, lines: Sequence[int], rows: Rows, predictions: Sequence[Prediction]) -> None:
        """Keep the answers of a piece; Parquet is written at the end."""
        columns = answer_columns(lines, rows, predictions)
        self._parts.append(pl.DataFrame({n: pl.Series(n, v, _TYPES.get(n)) for n, v in columns.items()}))

    def make_durable(self) -> None:
        """Write the file and force it to the disk, still unseen."""
        self._file.write_with(pl.concat(self._parts).write_parquet)
        self._file.make_durable()
