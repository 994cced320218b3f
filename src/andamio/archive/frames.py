"""Turn the records of a segment into rows of the tables, arrays a record at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from andamio.archive.schema import EVENTS, PREDICTIONS, REJECTS, TRUTHS, WHOLE, TableForm
from andamio.journal.records import (
    BatchRecord,
    PredictionRecord,
    Record,
    RejectRecord,
    ServiceRecord,
    ShadowRecord,
    TruthRecord,
    moment,
)
from andamio.journal.segments import Segment

Placed = tuple[Record, int]  # a record, and the offset at which it ends
_Column = Sequence[object] | NDArray[np.generic] | pl.Series


@dataclass(frozen=True, slots=True)
class Part:
    """What becomes one Parquet file: rows of one table that lie in one partition."""

    table: TableForm
    partition: dict[str, str]
    frame: pl.DataFrame


def parts_of(segment: Segment, records: Iterable[Placed]) -> list[Part]:
    """Sort a segment's records by table, partition and shape, and make the rows of each."""
    groups: dict[tuple[object, ...], list[Placed]] = {}
    for placed in records:
        record = placed[0]
        day = moment(record.time).date()
        if isinstance(record, PredictionRecord):
            if record.ids:
                groups.setdefault((PredictionRecord, day, record.model, *_shape(record)), []).append(placed)
        else:
            groups.setdefault((type(record), day), []).append(placed)
    return [_part(segment, placed, *key[:2]) for key, placed in groups.items()]


def _part(segment: Segment, placed: list[Placed], kind: object, day: object) -> Part:
    record = placed[0][0]
    table, columns = _BUILDERS[kind]
    found: dict[str, _Column] = columns([record for record, _ in placed])
    rows = [len(one) if isinstance(one, PredictionRecord) else 1 for one, _ in placed]
    found["worker"] = [segment.worker] * sum(rows)
    found["segment"] = np.full(sum(rows), segment.number)
    found["end"] = np.repeat([end for _, end in placed], rows)
    partition = {"day": str(day)}
    if isinstance(record, PredictionRecord):
        partition |= {"model": record.model}
        found["row"] = np.concatenate([np.arange(n) for n in rows])
    return Part(table, partition, pl.DataFrame(found, schema=table.written, strict=False))


def _shape(record: PredictionRecord) -> tuple[object, ...]:
    rows = len(record.ids)
    return (
        len(record.numbers) // (4 * rows),
        len(record.categories) // rows,
        None if record.probabilities is None else len(record.probabilities) // (4 * rows),
        *(getattr(record, name) is None for name in ("decision", "value", "lower", "upper")),
    )


def _predictions(records: Sequence[PredictionRecord]) -> dict[str, _Column]:
    rows = [len(record.ids) for record in records]
    total = sum(rows)

    def told(name: str) -> _Column:
        return list(chain.from_iterable([getattr(r, name)] * n for r, n in zip(records, rows, strict=True)))

    def each(name: str) -> _Column:
        found = (getattr(r, name) or [None] * n for r, n in zip(records, rows, strict=True))
        return list(chain.from_iterable(found))

    def array(name: str, kind: str) -> _Column:
        content = [getattr(record, name) for record in records]
        return [None] * total if content[0] is None else np.frombuffer(b"".join(content), kind)

    categories = list(chain.from_iterable(record.categories for record in records))
    return {
        "id": each("ids"),
        "time": np.repeat([record.time for record in records], rows),
        "version": told("version"),
        "digest": told("digest"),
        "asset": each("assets"),
        "event_time": each("event_times"),
        "numbers": _lists(array("numbers", "<f4"), total, pl.Float32),
        "categories": _lists(categories, total, pl.String),
        "flags": each("flags"),
        "probabilities": _lists(array("probabilities", "<f4"), total, pl.Float32),
        "decision": array("decision", "<i8"),
        "value": array("value", "<f4"),
        "lower": array("lower", "<f4"),
        "upper": array("upper", "<f4"),
        "latency_us": told("latency_us"),
        "door": told("door"),
        "more": list(chain.from_iterable(map(_more_of_rows, records))),
    }


def _lists(flat: _Column, rows: int, kind: type[pl.DataType]) -> pl.Series:
    """Cut one flat array into as many lists of one length as there are rows."""
    if len(flat) and flat[0] is None:
        return pl.Series(values=[None] * rows, dtype=pl.List(kind))
    if not len(flat):
        return pl.Series(values=[[]] * rows, dtype=pl.List(kind))
    return pl.Series(values=flat, dtype=kind).reshape((rows, len(flat) // rows)).arr.to_list()


def _plain(records: Sequence[Any], table: TableForm, **others: Callable[[Any], object]) -> dict[str, _Column]:
    """Take the columns as they are called in the record, and those that need a word."""
    columns: dict[str, _Column] = {}
    for name in table.written:
        take = others.get(name)
        if take is not None:
            columns[name] = [take(record) for record in records]
        elif hasattr(records[0], name):
            columns[name] = [getattr(record, name) for record in records]
    columns["more"] = [_more(record, table) for record in records]
    return columns


def _whole(records: Sequence[Record]) -> dict[str, _Column]:
    """Keep records that nobody asks for by column as they were written."""
    return {
        "time": [record.time for record in records],
        "event": [WHOLE] * len(records),
        "detail": [msgspec.msgpack.encode(record) for record in records],
        "more": [None] * len(records),
    }


_COVERED = {
    PREDICTIONS.name: {"ids", "assets", "event_times"},
    TRUTHS.name: {"value"},
    REJECTS.name: {"faults"},
    EVENTS.name: {"detail"},
}


def _more_of_rows(record: PredictionRecord) -> list[bytes | None]:
    """Pack what has no column; each row has the signals that are its own, so that it can be read alone."""
    rows = len(record.ids)
    if record.signals is None:
        return [_more(record, PREDICTIONS)] * rows
    kept = range(rows) if record.signal_rows is None else record.signal_rows
    width = len(record.signals) // len(kept) if len(kept) else 0
    own = {row: record.signals[place * width : (place + 1) * width] for place, row in enumerate(kept)}
    return [
        _more(
            msgspec.structs.replace(
                record,
                signals=own.get(row, b""),
                signal_rows=None if record.signal_rows is None else [0] * (row in own),
            ),
            PREDICTIONS,
        )
        for row in range(rows)
    ]


def _more(record: Record, table: TableForm) -> bytes | None:
    """Pack the fields that have no column of their own: those that were added to the record later."""
    more = {
        name: value
        for name, default in _added(type(record), table.name)
        if (value := getattr(record, name)) != default
    }
    return msgspec.msgpack.encode(more) if more else None


def _added(kind: type[Record], table: str) -> list[tuple[str, object]]:
    if (kind, table) not in _added_fields:
        columns = _TABLE[table].columns
        _added_fields[kind, table] = [
            (field.name, field.default)
            for field in msgspec.structs.fields(kind)
            if field.name not in columns and field.name not in _COVERED[table]
        ]
    return _added_fields[kind, table]


_added_fields: dict[tuple[type[Record], str], list[tuple[str, object]]] = {}
_TABLE = {table.name: table for table in (PREDICTIONS, TRUTHS, REJECTS, EVENTS)}
_BUILDERS: dict[object, tuple[TableForm, Callable[..., dict[str, _Column]]]] = {
    PredictionRecord: (PREDICTIONS, _predictions),
    TruthRecord: (
        TRUTHS,
        partial(
            _plain,
            table=TRUTHS,
            number=lambda truth: None if isinstance(truth.value, str) else truth.value,
            label=lambda truth: truth.value if isinstance(truth.value, str) else None,
        ),
    ),
    RejectRecord: (
        REJECTS,
        partial(
            _plain,
            table=REJECTS,
            fault_rows=lambda reject: [fault.row for fault in reject.faults],
            fault_codes=lambda reject: [fault.code for fault in reject.faults],
            fault_tags=lambda reject: [fault.tag for fault in reject.faults],
        ),
    ),
    ServiceRecord: (
        EVENTS,
        partial(_plain, table=EVENTS, detail=lambda event: msgspec.msgpack.encode(event.detail)),
    ),
    BatchRecord: (EVENTS, _whole),
    ShadowRecord: (EVENTS, _whole),
}
