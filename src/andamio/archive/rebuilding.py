"""Turn rows of the tables into the records that they were, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    RejectedRow,
    RejectRecord,
    ServiceRecord,
    ShadowRecord,
    TruthRecord,
)

Placed = tuple[Record, int]
_decode_whole = msgspec.msgpack.Decoder(BatchRecord | ShadowRecord).decode


def rebuild(table: TableForm, frame: pl.DataFrame) -> Iterator[Placed]:
    """Yield the records of some rows of one segment, each with the offset at which it ended, in order."""
    return _BUILDERS[table.name](frame)


def _predictions(frame: pl.DataFrame) -> Iterator[Placed]:
    frame = _in_order(frame)
    ends = frame["end"].to_numpy()
    starts = np.flatnonzero(np.diff(ends, prepend=-1))
    stops = np.append(starts[1:], len(ends))
    numbers, shares = _Packed(frame["numbers"]), _Packed(frame["probabilities"])
    categories, flags = _Listed(frame["categories"]), _Listed(frame["flags"])
    assets, times = _Told(frame["asset"]), _Told(frame["event_time"])
    answers = {
        name: _Packed(frame[name], kind)
        for name, kind in (("decision", "<i8"), ("value", "<f4"), ("lower", "<f4"), ("upper", "<f4"))
    }
    ids = frame["id"].to_list()
    heads = frame.select("time", "model", "version", "digest", "latency_us", "door", "more")[
        starts
    ].to_dicts()
    for start, stop, head in zip(starts.tolist(), stops.tolist(), heads, strict=True):
        given: dict[str, Any] = {name: packed.between(start, stop) for name, packed in answers.items()}
        told = _with_more(head)
        if told.get("signals") is not None:
            own = [msgspec.msgpack.decode(more) for more in frame["more"][start:stop]]
            told["signals"] = b"".join(more["signals"] for more in own)
            if told.get("signal_rows") is not None:
                told["signal_rows"] = [row for row, more in enumerate(own) if more["signal_rows"]]
        yield (
            PredictionRecord(
                ids=ids[start:stop],
                numbers=numbers.between(start, stop) or b"",
                categories=[word for row in categories.between(start, stop) for word in row],
                assets=assets.between(start, stop),
                event_times=times.between(start, stop),
                flags=flags.between(start, stop),
                probabilities=shares.between(start, stop),
                **told,
                **given,
            ),
            int(ends[start]),
        )


def _in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Sort the rows, unless they lie as they were written."""
    ends, rows = frame["end"].to_numpy(), frame["row"].to_numpy()
    steps = np.diff(ends)
    if np.all((steps > 0) | ((steps == 0) & (np.diff(rows) > 0))):
        return frame
    return frame.sort("end", "row")


class _Packed:
    """A column of numbers, or of lists of them, as the bytes of a stretch of rows; None where it is null."""

    def __init__(self, column: pl.Series, kind: str = "<f4") -> None:
        self._absent = column.is_null().to_numpy()
        if isinstance(column.dtype, pl.List):
            lengths = column.list.len().fill_null(0).to_numpy().astype(np.int64)
            flat = column.filter(pl.Series(lengths > 0)).explode().to_numpy()
        else:
            lengths, flat = np.ones(len(column), np.int64), column.fill_null(0).to_numpy()
        self._flat: NDArray[np.generic] = flat.astype(kind, copy=False)
        self._places = np.concatenate([[0], np.cumsum(lengths)])

    def between(self, start: int, stop: int) -> bytes | None:
        if self._absent[start]:
            return None
        return self._flat[self._places[start] : self._places[stop]].tobytes()


class _Told:
    """A column of texts; nothing at all for a stretch in which nobody told any."""

    def __init__(self, column: pl.Series) -> None:
        self._texts = column.to_list() if column.null_count() < len(column) else None

    def between(self, start: int, stop: int) -> list[str | None]:
        texts = [] if self._texts is None else self._texts[start:stop]
        return texts if any(text is not None for text in texts) else []


class _Listed:
    """A column of lists of texts; nothing at all for a stretch in which all are empty."""

    def __init__(self, column: pl.Series) -> None:
        self._lists = column.to_list() if column.list.len().sum() else None

    def between(self, start: int, stop: int) -> list[list[str]]:
        lists = [] if self._lists is None else [one or [] for one in self._lists[start:stop]]
        return lists if any(lists) else []


def _truths(frame: pl.DataFrame) -> Iterator[Placed]:
    for row in frame.sort("end").to_dicts():
        number, label, end = row.pop("number"), row.pop("label"), row.pop("end")
        yield TruthRecord(value=number if label is None else label, **_with_more(_record_of(row))), end


def _rejects(frame: pl.DataFrame) -> Iterator[Placed]:
    for row in frame.sort("end").to_dicts():
        columns = [row.pop(name) for name in ("fault_rows", "fault_codes", "fault_tags")]
        end = row.pop("end")
        faults = [RejectedRow(*fault) for fault in zip(*columns, strict=True)]
        yield RejectRecord(faults=faults, **_with_more(_record_of(row))), end


def _events(frame: pl.DataFrame) -> Iterator[Placed]:
    for row in frame.sort("end").to_dicts():
        packed, end = row.pop("detail"), row.pop("end")
        if row["event"] == WHOLE:
            yield _decode_whole(packed), end
        else:
            detail = msgspec.msgpack.decode(packed)
            yield ServiceRecord(detail=detail, **_with_more(_record_of(row))), end


def _record_of(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in {"day", "worker", "segment"}}


def _with_more(head: dict[str, Any]) -> dict[str, Any]:
    more = head.pop("more")
    return head if more is None else head | msgspec.msgpack.decode(more)


_BUILDERS: dict[str, Callable[[pl.DataFrame], Iterator[Placed]]] = {
    PREDICTIONS.name: _predictions,
    TRUTHS.name: _truths,
    REJECTS.name: _rejects,
    EVENTS.name: _events,
}
