"""Where the answers of a file go: CSV or JSON lines, seen under its name only when it is whole."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np

from andamio.kernel.digests import sha256_of_file
from andamio.serving.answers import Column, Prediction
from andamio.serving.batch.settling import Unseen, publish
from andamio.serving.scorer import Block, Scorer
from andamio.storage.files import before, remove_abandoned, remove_file, saying_when_full


class UnseenFile:
    """A file that is written beside its place and renamed into it.

    Raises:
        DiskFull: From every method that writes: there is no room, and what was there is untouched.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        remove_abandoned(path)
        self._unseen = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        with saying_when_full(path):
            before("write", self._unseen)
            self._file = self._unseen.open("wb")

    def write(self, content: bytes) -> None:
        """Append bytes."""
        with saying_when_full(self._path):
            self._file.write(content)

    @property
    def unseen(self) -> Unseen:
        """Where it lies until it is published."""
        return Unseen(str(self._path.absolute()), str(self._unseen.absolute()))

    @property
    def file(self) -> BinaryIO:
        """The open file, for whoever writes it with a library."""
        return self._file

    def make_durable(self) -> str:
        """Force it to the disk, still unseen, and return its SHA-256."""
        with saying_when_full(self._path):
            self._file.flush()
            before("fsync", self._unseen)
            os.fsync(self._file.fileno())
            self._file.close()
            return sha256_of_file(self._unseen)

    def publish(self) -> None:
        """Give the file its name."""
        publish([self.unseen])

    def abandon(self) -> None:
        """Leave nothing behind, unless it was published."""
        self._file.close()
        remove_file(self._unseen)


class JsonLinesTarget:
    """One line an accepted row: its line in the input, its asset and time, and its prediction."""

    def __init__(self, path: Path) -> None:
        self._file = UnseenFile(path)
        self._encoder = msgspec.json.Encoder()
        self.unseen = self._file.unseen
        self.make_durable = self._file.make_durable
        self.publish = self._file.publish
        self.abandon = self._file.abandon

    def add(self, lines: Sequence[int], scorer: Scorer, block: Block) -> None:
        """Write the answers of a piece."""
        rows, predictions = block.rows, scorer.predictions(block)
        answers = (answer_row(*row) for row in zip(lines, rows.assets, rows.times, predictions, strict=True))
        if block.course is not None:
            told = zip(answers, block.course, strict=True)
            answers = (answer | {"course": life} for answer, life in told)
        self._file.write(self._encoder.encode_lines(answers))


class CsvTarget:
    """The same as columns, with a header; probabilities of more than two classes have a column each."""

    def __init__(self, path: Path) -> None:
        self._file = UnseenFile(path)
        self._headed = False
        self.unseen = self._file.unseen
        self.make_durable = self._file.make_durable
        self.publish = self._file.publish
        self.abandon = self._file.abandon

    def add(self, lines: Sequence[int], scorer: Scorer, block: Block) -> None:
        """Write the answers of a piece."""
        columns = placed_columns(lines, scorer, block)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if not self._headed:
            writer.writerow(columns)
            self._headed = True
        cells = [_cells(column) for column in columns.values()]
        writer.writerows(zip(*cells, strict=True))
        self._file.write(text.getvalue().encode())


def answer_row(line: int, asset: str | None, time: str | None, prediction: Prediction) -> dict[str, Any]:
    """Put what identifies a row before its prediction."""
    fields = msgspec.structs.asdict(prediction)
    return {"line": line, "id": fields.pop("id"), "asset": asset, "time": time, **fields}


def placed_columns(lines: Sequence[int], scorer: Scorer, block: Block) -> dict[str, Column]:
    """Put what identifies the rows before the columns of their answers."""
    columns = scorer.columns(block)
    rows = block.rows
    if block.course is not None:
        columns["course"] = np.asarray(block.course)
    return {"line": lines, "id": columns.pop("id"), "asset": rows.assets, "time": rows.times} | columns


def _cells(column: Column) -> Sequence[Any]:
    if not isinstance(column, np.ndarray):
        return column
    cells: list[Any] = column.tolist()
    return ["true" if cell else "false" for cell in cells] if column.dtype == np.bool_ else cells
