"""The four tables: their columns, and by which of them they are partitioned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl
from deltalake import Field, Schema
from deltalake.schema import ArrayType, PrimitiveType

Column = type[pl.DataType] | pl.List

# Where in the journal a row was: with these the records come back exactly, and in their order.
_PLACE: Final[dict[str, Column]] = {"worker": pl.String, "segment": pl.Int64, "end": pl.Int64}
_NUMBERS: Final = pl.List(pl.Float32)
_WORDS: Final = pl.List(pl.String)


@dataclass(frozen=True, slots=True)
class TableForm:
    """One table: its name, its columns, and those it is partitioned by."""

    name: str
    columns: dict[str, Column]
    partitions: tuple[str, ...] = ("day",)

    @property
    def written(self) -> dict[str, Column]:
        """The columns of its Parquet files; the others are told by the log."""
        return {name: kind for name, kind in self.columns.items() if name not in self.partitions}

    @property
    def delta(self) -> Schema:
        """The schema as the log writes it."""
        return Schema([Field(name, _delta(kind), nullable=True) for name, kind in self.columns.items()])


PREDICTIONS: Final = TableForm(
    "predictions",
    {
        "model": pl.String,
        "day": pl.Date,
        "id": pl.String,
        "time": pl.Float64,
        "version": pl.Int64,
        "digest": pl.String,
        "asset": pl.String,
        "event_time": pl.String,
        "numbers": _NUMBERS,
        "categories": _WORDS,
        "flags": _WORDS,
        "probabilities": _NUMBERS,
        "decision": pl.Int64,
        "value": pl.Float32,
        "lower": pl.Float32,
        "upper": pl.Float32,
        "latency_us": pl.Int64,
        "door": pl.String,
        "more": pl.Binary,
        **_PLACE,
        "row": pl.Int64,
    },
    ("model", "day"),
)
TRUTHS: Final = TableForm(
    "truths",
    {
        "day": pl.Date,
        "time": pl.Float64,
        "model": pl.String,
        "number": pl.Float64,
        "label": pl.String,
        "prediction": pl.String,
        "asset": pl.String,
        "event_time": pl.String,
        "source": pl.String,
        "more": pl.Binary,
        **_PLACE,
    },
)
REJECTS: Final = TableForm(
    "rejects",
    {
        "day": pl.Date,
        "time": pl.Float64,
        "model": pl.String,
        "version": pl.Int64,
        "rows": pl.Int64,
        "fault_rows": pl.List(pl.Int64),
        "fault_codes": _WORDS,
        "fault_tags": _WORDS,
        "door": pl.String,
        "more": pl.Binary,
        **_PLACE,
    },
)
EVENTS: Final = TableForm(
    "events",
    {
        "day": pl.Date,
        "time": pl.Float64,
        "event": pl.String,
        "detail": pl.Binary,
        "more": pl.Binary,
        **_PLACE,
    },
)
WHOLE: Final = "record"
"""The event under which a record of a kind without a table lies whole in its ``detail``."""
# The table of predictions comes last wherever they are written: with its commit a segment has moved.
TABLES: Final = (TRUTHS, REJECTS, EVENTS, PREDICTIONS)

_PRIMITIVES: Final[dict[object, str]] = {
    pl.String: "string",
    pl.Date: "date",
    pl.Float64: "double",
    pl.Float32: "float",
    pl.Int64: "long",
    pl.Binary: "binary",
}


def _delta(kind: Column) -> PrimitiveType | ArrayType:
    if isinstance(kind, pl.List):
        inner = kind.inner
        return ArrayType(PrimitiveType(_PRIMITIVES[inner if isinstance(inner, type) else type(inner)]), True)
    return PrimitiveType(_PRIMITIVES[kind])
