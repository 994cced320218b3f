"""Where the answers of a file go: CSV or JSON lines, seen under its name only when it is whole."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from andamio.contracts import Rows
from andamio.serving.answers import Prediction
from andamio.storage.files import before, remove_file, saying_when_full, sync_folder


class UnseenFile:
    """A file that is written beside its place and renamed into it.

    Raises:
        DiskFull: From every method that writes: there is no room, and what was there is untouched.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unseen = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        with saying_when_full(path):
            before("write", self._unseen)
            self._file = self._unseen.open("wb")

    def write(self, content: bytes) -> None:
        """Append bytes."""
        with saying_when_full(self._path):
            self._file.write(content)

    def write_with(self, write: Callable[[BinaryIO], object]) -> None:
        """Let somebody else write into it."""
        with saying_when_full(self._path):
            write(self._file)

    def make_durable(self) -> None:
        """Force it to the disk, still unseen."""
        with saying_when_full(self._path):
            self._file.flush()
            before("fsync", self._unseen)
            os.fsync(self._file.fileno())
            self._file.close()

    def publish(self) -> None:
        """Give the file its name."""
        before("rename", self._path)
        self._unseen.replace(self._path)
        sync_folder(self._path.parent)

    def abandon(self) -> None:
        """Leave nothing behind, unless it was published."""
        self._file.close()
        remove_file(self._unseen)


class JsonLinesTarget:
    """One line an accepted row: its line in the input, its asset and time, and its prediction."""

    def __init__(self, path: Path) -> None:
        self._file = UnseenFile(path)
        self._encoder = msgspec.json.Encoder()
        self.make_durable = self._file.make_durable
        self.publish = self._file.publish
        self.abandon = self._file.abandon

    def add(self, lines: Sequence[int], rows: Rows, predictions: Sequence[Prediction]) -> None:
        """Write the answers of a piece."""
        answers = (answer_row(*row) for row in zip(lines, rows.assets, rows.times, predictions, strict=True))
        self._file.write(self._encoder.encode_lines(answers))


class CsvTarget:
    """The same as columns, with a header; probabilities of more than two classes have a column each."""

    def __init__(self, path: Path) -> None:
        self._file = UnseenFile(path)
        self._headed = False
        self.make_durable = self._file.make_durable
        self.publish = self._file.publish
        self.abandon = self._file.abandon

    def add(self, lines: Sequence[int], rows: Rows, predictions: Sequence[Prediction]) -> None:
        """Write the answers of a piece."""
        columns = answer_columns(lines, rows, predictions)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if not self._headed:
            writer.writerow(columns)
            self._headed = True
        for name in ("decision", "recorded"):
            if name in columns:
                columns[name] = ["true" if value else "false" for value in columns[name]]
        writer.writerows(zip(*columns.values(), strict=True))
        self._file.write(text.getvalue().encode())


def answer_row(line: int, asset: str | None, time: str | None, prediction: Prediction) -> dict[str, Any]:
    """Put what identifies a row before its prediction."""
    fields = msgspec.structs.asdict(prediction)
    return {"line": line, "id": fields.pop("id"), "asset": asset, "time": time, **fields}


def answer_columns(
    lines: Sequence[int], rows: Rows, predictions: Sequence[Prediction]
) -> dict[str, Sequence[Any]]:
    """Lay the same out as columns: probabilities spread, flags joined by spaces."""
    columns: dict[str, Sequence[Any]] = {
        "line": lines,
        "id": [prediction.id for prediction in predictions],
        "asset": rows.assets,
        "time": rows.times,
    }
    for name in predictions[0].__struct_fields__[1:]:
        values = [getattr(prediction, name) for prediction in predictions]
        if name == "probabilities":
            columns |= {f"probability {label}": [shares[label] for shares in values] for label in values[0]}
        else:
            columns[name] = [" ".join(flags) for flags in values] if name == "flags" else values
    return columns
