"""Parquet in and out, for boxes that have the plant part: this file alone needs polars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from queue import Full, Queue
from threading import Thread
from typing import cast

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from andamio.contracts import Contract, TableValidator, table_columns
from andamio.contracts.cells import Cells
from andamio.errors import FileRefused, text
from andamio.serving.answers import Column
from andamio.serving.batch.csv_source import checked
from andamio.serving.batch.pieces import PIECE_ROWS, Piece
from andamio.serving.batch.targets import UnseenFile, placed_columns
from andamio.serving.scorer import Block, Scorer
from andamio.storage.files import require_file, saying_when_full

_TYPES = {"line": pl.Int64, "asset": pl.String, "time": pl.String, "lower": pl.Float32, "upper": pl.Float32}
_Part = tuple[Sequence[int], Scorer, Block]
_WAITING = 8
_LOOK_S = 0.5
_GROUP_ROWS = 131_072


class ParquetSource:
    """Reads rows from a Parquet file whose columns are named by the contract; rows count from 1.

    Raises:
        NotFound: There is no such file.
        FileRefused: It is no Parquet, or lacks columns that the contract needs.
    """

    def __init__(self, path: Path, contract: Contract) -> None:
        require_file(path)
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
        wanted = sorted(set(self._columns.values()))
        done = 0
        for part in self._file.select(wanted).collect_batches(chunk_size=PIECE_ROWS, maintain_order=True):
            for piece in part.iter_slices(PIECE_ROWS):
                columns = {tag: _cells(piece[name]) for tag, name in self._columns.items()}
                lines = range(done + 1, done + piece.height + 1)
                yield checked(self._validator, columns, self._units, lines)
                done += piece.height


class ParquetTarget:
    """The columns of the CSV answer, typed; polars writes them while the next piece is scored."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = UnseenFile(path)
        self._parts: Queue[_Part | None] = Queue(_WAITING)
        self._writer: Thread | None = None
        self._failure: Exception | None = None
        self.unseen = self._file.unseen
        self.publish = self._file.publish

    def add(self, lines: Sequence[int], scorer: Scorer, block: Block) -> None:
        """Hand over the answers of a piece; the thread that writes them puts them into columns."""
        if self._writer is None:
            schema = _frame(lines, scorer, block).schema
            self._writer = Thread(target=self._write, args=(schema,), name="parquet")
            self._writer.start()
        self._hand_over((lines, scorer, block))

    def make_durable(self) -> str:
        """End the file, force it to the disk, still unseen, and return its SHA-256."""
        self._hand_over(None)
        self._join()
        return self._file.make_durable()

    def abandon(self) -> None:
        """Leave nothing behind, unless it was published."""
        if self._writer is not None and self._writer.is_alive():
            self._failure = self._failure or InterruptedError()
            self._parts.put(None)
            self._writer.join()
        self._file.abandon()

    def _hand_over(self, part: _Part | None) -> None:
        while self._failure is None:
            try:
                self._parts.put(part, timeout=_LOOK_S)
            except Full:
                continue
            return
        self._join()

    def _join(self) -> None:
        if self._writer is not None:
            self._writer.join()
        if self._failure is not None:
            with saying_when_full(self._path):
                raise self._failure

    def _write(self, schema: pl.Schema) -> None:
        def pulled(
            names: list[str] | None, predicate: pl.Expr | None, rows: int | None, size: int | None
        ) -> Iterator[pl.DataFrame]:
            del names, predicate, rows, size  # the whole is asked for
            while (part := self._parts.get()) is not None:
                yield _frame(*part)

        try:
            source = register_io_source(pulled, schema=schema)
            source.sink_parquet(self._file.file, row_group_size=_GROUP_ROWS, maintain_order=True)
        except Exception as error:  # noqa: BLE001  it is raised again where the answers come from
            self._failure = error


def _frame(lines: Sequence[int], scorer: Scorer, block: Block) -> pl.DataFrame:
    columns = placed_columns(lines, scorer, block)
    return pl.DataFrame({name: _series(name, column) for name, column in columns.items()})


def _series(name: str, column: Column) -> pl.Series:
    return pl.Series(name, column, _TYPES.get(name, pl.String if _is_text(column) else None))


def _is_text(column: Column) -> bool:
    return isinstance(column, list) or (isinstance(column, np.ndarray) and column.dtype == np.object_)


def _cells(column: pl.Series) -> Cells:
    # A missing number becomes NaN, which is what missing is; numbers need not become Python objects.
    if column.dtype.is_numeric():
        return column.to_numpy()
    # A waveform's samples need not become Python objects either.
    is_waveform = isinstance(column.dtype, pl.List | pl.Array)
    return cast("Cells", column) if is_waveform else column.to_list()
