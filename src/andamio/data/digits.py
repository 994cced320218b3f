"""Look at how the numbers of a column are written: their size, their decimals, their form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

_MOST_DECIMALS = 9
_EXACT = 1e15


@dataclass(frozen=True, slots=True)
class Digits:
    """The present numbers of one column, in row order; all arrays have one entry per number.

    Attributes:
        rows: Row indices in the file's table.
        values: The numbers as read.
        decimals: Digits after the decimal mark, without trailing zeros.
        triple: Written with exactly three digits after the mark and at most three before it: from 1 on,
            what a spreadsheet's groups of three look like when they are read as decimals.
        typed: The numbers come from typed cells, so that nobody wrote their digits.
    """

    rows: NDArray[np.int64]
    values: NDArray[np.float64]
    decimals: NDArray[np.int8]
    triple: NDArray[np.bool_]
    typed: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def sizes(self) -> NDArray[np.float64]:
        """The absolute values."""
        return np.abs(self.values)

    def significant(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Count the significant digits of some of the numbers, without trailing zeros."""
        left = np.round(self.sizes[chosen] * 10.0 ** self.decimals[chosen])
        left = np.where(left < _EXACT, left, 0.0)
        counts = np.zeros(len(left), dtype=np.int64)
        trailing = left > 0
        for _ in range(16):
            trailing &= left % 10 == 0
            counts[(left > 0) & ~trailing] += 1
            left = np.floor(left / 10)
        return counts


def digits_of_text(cells: Sequence[str]) -> Digits:
    """Look at a column of cells in the one form ``1234.5`` (missing: "")."""
    column = pl.Series(cells, dtype=pl.String)
    rows = (column != "").arg_true()
    present = column.gather(rows)
    exponents = present.str.extract(r"[eE]([+-]?\d+)$").cast(pl.Int64).fill_null(0)
    after = (
        present.str.extract(r"\.(\d*)").fill_null("").str.strip_chars_end("0").str.len_chars().cast(pl.Int64)
    )
    return Digits(
        rows.to_numpy().astype(np.int64),
        to_floats(present).to_numpy(),
        (after - exponents).clip(0, _MOST_DECIMALS).to_numpy().astype(np.int8),
        present.str.contains(r"^[+-]?\d{1,3}\.\d{3}$").to_numpy(),
    )


def to_floats(cells: pl.Series) -> pl.Series:
    """Read cells in the one form ``1234.5`` as numbers; null stays null."""
    numbers = cells.str.strip_prefix("+").cast(pl.Float64, strict=False)
    if numbers.null_count() == cells.null_count():
        return numbers
    # Spellings that Polars does not read, such as "5.e3".
    return pl.Series([None if cell is None else float(cell) for cell in cells], dtype=pl.Float64)


def digits_of_numbers(values: NDArray[np.float64]) -> Digits:
    """Look at a column of typed numbers (missing: NaN), as a workbook or a Parquet file holds them."""
    rows = np.flatnonzero(np.isfinite(values))
    present = values[rows]
    decimals = np.full(len(present), _MOST_DECIMALS, dtype=np.int8)
    for count in range(_MOST_DECIMALS - 1, -1, -1):
        scaled = present * 10.0**count
        decimals[np.abs(scaled - np.round(scaled)) <= 1e-6 * np.maximum(1.0, np.abs(scaled) * 1e-6)] = count
    return Digits(rows, present, decimals, np.zeros(len(present), dtype=np.bool_), typed=True)
