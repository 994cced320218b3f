"""Read a Parquet file: its types are kept, its clocks are put on UTC."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
from polars.exceptions import PolarsError

from andamio.connectors.csv.headers import header_units
from andamio.data.clock import to_utc
from andamio.data.digits import digits_of_numbers
from andamio.data.source import ReadOptions, Source, zone_of
from andamio.errors import Fault, FileRefused, text


def read_parquet(path: Path, options: ReadOptions) -> Source:
    """Read a Parquet file.

    Raises:
        FileRefused: It is damaged, or has columns of records or bytes; all such columns are named.
    """
    try:
        frame = pl.read_parquet(path)
    except (PolarsError, OSError) as error:
        raise FileRefused(
            text("this is no Parquet file, or a damaged one"),
            where=text("{path}", path=path),
            why=text("{reason}", reason=str(error).splitlines()[0]),
            fix=text("write the file again from where it comes"),
        ) from error
    source = Source(path=path, frame=pl.DataFrame(), lines=range(1, frame.height + 1))
    source.units = dict(header_units(frame.columns))
    source.guess = {"format": "parquet", "zone": zone_of(options).key}
    source.frame = typed_frame(source, frame, zone_of(options))
    return source


def typed_frame(source: Source, frame: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """Bring typed columns to the types of a dataset."""
    nested = [name for name, dtype in frame.schema.items() if _is_no_value(dtype)]
    if nested:
        raise FileRefused(
            text("the file has columns of records, texts in lists, or bytes (columns: {n})", n=len(nested)),
            where=text("{path}", path=source.path),
            fix=text("export one column per value"),
            faults=[
                Fault("file-refused", text('column "{name}" is no plain value', name=name)) for name in nested
            ],
        )
    return pl.DataFrame([typed_column(source, frame[name], zone) for name in frame.columns])


def typed_column(source: Source, column: pl.Series, zone: ZoneInfo) -> pl.Series:
    """Bring one typed column to a dataset's type, and look at its digits if it is numeric."""
    dtype, name = column.dtype, column.name
    if dtype.is_integer() and dtype != pl.UInt64:
        numbers = column.cast(pl.Int64)
        source.digits[name] = digits_of_numbers(numbers.cast(pl.Float64).to_numpy())
        return numbers
    if dtype.is_numeric():
        numbers = column.cast(pl.Float64)
        numbers = pl.select(pl.when(numbers.is_finite()).then(numbers)).to_series().alias(name)
        source.digits[name] = digits_of_numbers(numbers.to_numpy())
        return numbers
    if isinstance(dtype, pl.List | pl.Array):
        return column.cast(pl.List(pl.Float32))
    if dtype == pl.Boolean:
        return column
    if dtype == pl.Date:
        column, dtype = column.cast(pl.Datetime("us")), pl.Datetime("us")
    if isinstance(dtype, pl.Datetime):
        if dtype.time_zone is not None:
            return column.dt.convert_time_zone("UTC").cast(pl.Datetime("us", "UTC"))
        moments, findings = to_utc(column.cast(pl.Datetime("us")), zone, name, source.lines)
        source.findings.extend(findings)
        return moments.alias(name)
    if dtype == pl.Null:
        return column.cast(pl.Float64)
    return column.cast(pl.String).replace("", None)


def _is_no_value(dtype: pl.DataType) -> bool:
    """Tell whether a column holds neither plain values nor waveforms, which are lists of numbers."""
    if isinstance(dtype, pl.List | pl.Array):
        inner = dtype.inner
        return not (inner.is_numeric() if isinstance(inner, pl.DataType) else False)
    return dtype.is_nested() or dtype in (pl.Binary, pl.Object)
