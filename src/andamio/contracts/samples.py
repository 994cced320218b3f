"""Read the cells of a waveform: a list of so many numbers, in JSON, Parquet or the text of a CSV."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from andamio.contracts.cells import Cells

_listed = msgspec.json.Decoder(list[float | None])


def read_samples(cells: Cells, length: int, *, typed: bool) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Read a column of waveforms.

    Args:
        cells: Lists, arrays or series of numbers, a table of them, or (CSV) texts such as ``[0.1, -0.2]``
            or ``0.1 -0.2``.
        length: Samples that each must have.
        typed: A text is never a list (JSON).

    Returns:
        The samples, shape ``(rows, length)``, NaN where one is missing (all of them, where the cell is
        empty), and which cells are no waveform of this length, shape ``(rows,)``.
    """
    if isinstance(cells, np.ndarray) and cells.ndim == 2 and cells.shape[1] == length:
        table = cells.astype(np.float64)
        return table, np.asarray(np.isinf(table).any(axis=1))
    samples = np.full((len(cells), length), np.nan)
    wrong = np.zeros(len(cells), np.bool_)
    for row, cell in enumerate(cells):
        values = _values(cell, typed=typed)
        if values is None or len(values) not in (0, length):
            wrong[row] = True
        elif len(values):
            samples[row] = values
    return samples, wrong | np.asarray(np.isinf(samples).any(axis=1))


def count_samples(cell: object, *, typed: bool) -> int | None:
    """Count the samples of a cell; None where it is no list of numbers."""
    values = _values(cell, typed=typed)
    return None if values is None else len(values)


def _values(cell: object, *, typed: bool) -> NDArray[np.float64] | None:
    if isinstance(cell, str) and not typed:
        return _spelled(cell)
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return np.empty(0)
    if hasattr(cell, "to_numpy"):  # a series of whichever library read the table
        cell = cell.to_numpy()
    if isinstance(cell, np.ndarray):
        return cell.astype(np.float64) if cell.ndim == 1 and cell.dtype.kind in "fiu" else None
    return _numbers(cell) if isinstance(cell, (list, tuple)) else None


def _numbers(cell: Sequence[object]) -> NDArray[np.float64] | None:
    if not all(value is None or (isinstance(value, (int, float)) and value is not True and value is not False)
               for value in cell):  # fmt: skip
        return None
    try:
        return np.array(cell, np.float64)
    except OverflowError:
        return None


def _spelled(cell: str) -> NDArray[np.float64] | None:
    written = cell.strip()
    if not written:
        return np.empty(0)
    if ";" in written and written.endswith("]"):
        written = written.removeprefix("[").removesuffix("]")  # no JSON: a spreadsheet with decimal commas
    if not written.startswith("["):
        written = f"[{','.join(_apart(written))}]"
    try:
        return np.array(_listed.decode(written), np.float64)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None


def _apart(written: str) -> list[str]:
    """Cut a cell into its numbers; where blanks or semicolons part them, a comma is a decimal mark."""
    parts = [part.rstrip(",") for part in written.replace(";", " ").split()]
    if len(parts) == 1:
        return parts[0].split(",")
    return [part.replace(",", ".") for part in parts]
