"""Name the content of a table, whatever file, library or layout holds it.

The digest is SHA-256 over, in this order:

1. canonical JSON ``{"columns": [[name, type], …], "rows": n}`` and a zero byte, with the types number,
   integer, boolean, time, text, waveform, columns in the table's order;
2. for each column, in order: one byte per row, 1 where a value is present; then the values, with zero
   (or "") where none is: numbers as little-endian IEEE-754 doubles (minus zero written as zero),
   integers and times (microseconds since 1970 in UTC) as little-endian 64-bit integers, booleans as
   one byte, texts as their UTF-8 lengths (little-endian 64-bit) followed by their bytes, waveforms as
   their lengths followed by their samples as little-endian 32-bit floats (NaN where one is missing).

Rows count in the order they were added. Nothing of Polars, Arrow, Parquet or Delta enters.
"""

from __future__ import annotations

import hashlib

import numpy as np
import polars as pl

from andamio.data.source import column_type
from andamio.kernel.digests import canonical_json


def content_digest(frame: pl.DataFrame) -> str:
    """Return the digest of a table's names, types and cells, in 64 hexadecimal digits.

    >>> content_digest(pl.DataFrame({"t": [1.5, None]}))[:12]
    'db1aa7a48eac'
    """
    digest = hashlib.sha256()
    columns = [[name, column_type(dtype)] for name, dtype in frame.schema.items()]
    digest.update(canonical_json({"columns": columns, "rows": frame.height}) + b"\0")
    for series in frame:
        digest.update(series.is_not_null().to_numpy().astype("u1").tobytes())
        digest.update(_values(series))
    return digest.hexdigest()


def _values(series: pl.Series) -> bytes:
    if series.dtype == pl.String:
        present = series.fill_null("")
        lengths = present.str.len_bytes().to_numpy().astype("<u8")
        return lengths.tobytes() + "".join(present.to_list()).encode()
    if isinstance(series.dtype, pl.List):
        lengths = series.list.len().fill_null(0).to_numpy().astype("<i8")
        samples = series.filter(pl.Series(lengths > 0)).explode().fill_null(float("nan")).to_numpy()
        return (
            lengths.tobytes() + (np.where(np.isnan(samples), np.nan, samples) + 0.0).astype("<f4").tobytes()
        )
    if series.dtype == pl.Boolean:
        return series.fill_null(False).to_numpy().astype("u1").tobytes()
    if series.dtype == pl.Float64:
        numbers = series.fill_null(0.0).to_numpy().astype("<f8") + 0.0
        return np.where(np.isnan(numbers), np.nan, numbers).astype("<f8").tobytes()
    return series.to_physical().fill_null(0).to_numpy().astype("<i8").tobytes()
