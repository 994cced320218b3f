"""Read a time column as seconds, so that rows can be put in order."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray


def read_times(column: pl.Series) -> NDArray[np.float64]:
    """Read times as seconds since 1970 (UTC), or as the plain number of a counting column such as a cycle.

    Returns:
        Shape ``(rows,)``, NaN where the cell is empty or unreadable.
    """
    if column.dtype.is_numeric():
        values = column.cast(pl.Float64)
    elif column.dtype in (pl.Date, pl.Datetime):
        values = _seconds(column.cast(pl.Datetime("us")))
    else:
        texts = column.cast(pl.String).str.strip_chars()
        moments = texts.str.to_datetime(strict=False, time_unit="us", time_zone="UTC", ambiguous="earliest")
        values = _seconds(moments)
    return values.fill_null(float("nan")).to_numpy().astype(np.float64)


def _seconds(moments: pl.Series) -> pl.Series:
    return moments.dt.timestamp("us").cast(pl.Float64) / 1e6
