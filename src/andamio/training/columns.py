"""Look at a raw column: is it numbers, moments or texts, and which level does each row hold?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from andamio.training.timeline import read_times

MOSTLY = 0.95


@dataclass(frozen=True)
class Column:
    """One column of a table, seen as what it holds.

    Attributes:
        name: Its header.
        series: As stored.
        numbers: Shape ``(rows,)`` float64, NaN where empty or unreadable; None for texts and moments.
        is_moment: Whether it holds dates or times.
    """

    name: str
    series: pl.Series
    numbers: NDArray[np.float64] | None
    is_moment: bool

    @cached_property
    def filled(self) -> NDArray[np.bool_]:
        """Where there is a value, shape ``(rows,)``."""
        if self.numbers is not None:
            return np.isfinite(self.numbers)
        return np.asarray(self._texts != "")

    @cached_property
    def levels(self) -> NDArray[np.int64]:
        """The level of every row, counted from 0 in rising order; empty is a level of its own, -1."""
        values = np.where(self.filled, self.numbers, 0.0) if self.numbers is not None else self._texts
        order = np.unique(values[self.filled], return_inverse=True)[1]
        levels = np.full(len(values), -1, dtype=np.int64)
        levels[self.filled] = order
        return levels

    @cached_property
    def distinct(self) -> int:
        """How many different values there are, empty left out."""
        return int(self.levels.max()) + 1 if self.filled.any() else 0

    def shown(self, row: int) -> str:
        """Write the value of one row."""
        return "" if not self.filled[row] else str(self.series[row])

    @cached_property
    def _texts(self) -> NDArray[np.str_]:
        return self.series.cast(pl.String).fill_null("").str.strip_chars().to_numpy().astype(str)


def read_column(series: pl.Series) -> Column:
    """See a column as numbers when nearly all values are numbers, as moments when nearly all are dates."""
    if series.dtype.is_temporal():
        return Column(series.name, series, None, series.dtype in (pl.Date, pl.Datetime))
    if series.dtype.is_numeric() or series.dtype == pl.Boolean:
        numbers = series.cast(pl.Float64).fill_null(float("nan")).to_numpy().astype(np.float64)
        return Column(series.name, series, numbers, False)
    texts = series.cast(pl.String).str.strip_chars()
    filled = texts.fill_null("") != ""
    enough = MOSTLY * max(1, int(filled.sum()))
    parsed = texts.cast(pl.Float64, strict=False)
    if int(parsed.is_not_null().sum()) >= enough and filled.any():
        return Column(
            series.name, series, parsed.fill_null(float("nan")).to_numpy().astype(np.float64), False
        )
    moments = int(np.isfinite(read_times(texts)).sum()) >= enough and bool(filled.any())
    return Column(series.name, series, None, moments)
