"""Read an ordinary file straight into arrays of numbers: the quick way for files without surprises.

A file is ordinary when a delimiter, points for decimals and one header line are all there is to it: no
quotes, no missing cell in a column of numbers, no blank, short or long row. Whatever else it holds is for
``read_csv``, which reads an ordinary file to the same values, only slower.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from andamio.connectors.csv.columns import ReadColumn, file_marks, read_column, weigh_columns
from andamio.connectors.csv.encoding import read_text
from andamio.connectors.csv.layout import head_of, lay_out, sniff_delimiter
from andamio.connectors.csv.numbers import Marks
from andamio.connectors.csv.options import ColumnKind, CsvOptions
from andamio.connectors.csv.reading import name_layout
from andamio.errors import AndamioError

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 5000


@dataclass(frozen=True, slots=True)
class OrdinaryCsv:
    """A file that looks ordinary; only ``read`` knows that it is.

    ``numbers`` are the columns whose sampled cells are all plain numbers; ``marks`` are those of the file.
    """

    header: list[str]
    numbers: frozenset[str]
    _content: str = field(repr=False)
    _delimiter: str
    marks: Marks

    def read(self, texts: Collection[str]) -> dict[str, NDArray[np.float64] | list[str]] | None:
        """Read the columns: numbers as float64, the others and ``texts`` as their cells, stripped.

        Returns:
            The columns by name, or None: a row is not what the sample promised, so ``read_csv`` must read.
        """
        kinds = ["f8" if name in self.numbers and name not in texts else "O" for name in self.header]
        if "f8" not in kinds:  # only a number shows that a row is no empty one
            return None
        fields = np.dtype([(f"f{place}", kind) for place, kind in enumerate(kinds)])
        try:
            table = np.loadtxt(
                io.StringIO(self._content),
                fields,
                comments=None,
                delimiter=self._delimiter,
                skiprows=1,
                ndmin=1,
            )
        except (ValueError, OverflowError):
            return None
        if len(table) != self._content.rstrip("\n").count("\n"):
            return None
        columns: dict[str, NDArray[np.float64] | list[str]] = {}
        for place, (name, kind) in enumerate(zip(self.header, kinds, strict=True)):
            cells = table[f"f{place}"]
            if kind == "O":
                columns[name] = [cell.strip() for cell in cells.tolist()]
            elif np.isfinite(cells).all():
                columns[name] = np.ascontiguousarray(cells)
            else:  # nan and inf are words here, which may mean "no value"
                return None
        return columns

    def in_one_form(self, name: str, cells: list[str]) -> list[str]:
        """Write the cells of a column that is not of numbers as ``read_csv`` does, times as ISO 8601."""
        evidence = weigh_columns({name: cells})[name]
        return read_column(name, cells, evidence, self.marks, CsvOptions()).cells


def open_ordinary(path: Path, options: CsvOptions) -> OrdinaryCsv | None:
    """Open a file if it looks ordinary, else return None.

    Raises:
        NotFound: There is no such file.
        FileRefused: The bytes are no text.
    """
    if replace(options, encoding=None, decimal=None) != CsvOptions() or options.decimal == ",":
        return None
    content, _ = read_text(path, options.encoding)
    content = content.replace("\r\n", "\n")
    delimiter = sniff_delimiter(content)
    if '"' in content or "\r" in content or delimiter not in _DELIMITERS:
        return None
    try:
        layout = lay_out(head_of(content), replace(options, delimiter=delimiter), path)
    except AndamioError:
        return None
    header, notes = name_layout(layout)
    if notes or layout.header_line != 1 or layout.lines[:1] != [2]:
        return None
    sampled = _sampled(content, delimiter, len(header))
    cells_of = dict(zip(header, sampled, strict=False))
    weighed = weigh_columns(cells_of)
    marks = file_marks(list(weighed.values()), delimiter, options)
    read = {name: read_column(name, cells, weighed[name], marks, options) for name, cells in cells_of.items()}
    numbers = {name for name, column in read.items() if _is_plain(column, cells_of[name])}
    return OrdinaryCsv(header, frozenset(numbers), content, delimiter, marks) if numbers else None


def _sampled(content: str, delimiter: str, width: int) -> list[list[str]]:
    # The cells that read_csv would weigh: one row in so many, counted from the first.
    lines = content.rstrip("\n").split("\n")[1:]
    rows = csv.reader(lines[:: max(1, len(lines) // _SAMPLE)], delimiter=delimiter, skipinitialspace=True)
    square = [[cell.strip() for cell in cells] for cells in rows if len(cells) == width]
    return [list(cells) for cells in zip(*square, strict=True)]


def _is_plain(column: ReadColumn, cells: list[str]) -> bool:
    # A column of numbers that needed no change comes back as the very list that was given.
    return column.guess.kind is ColumnKind.NUMBER and column.cells is cells and not column.notes
