"""Read what was answered as arrays, for whoever reads millions of rows and needs no object of each.

A record of predictions is decoded to what is read of it: its texts stay packed until somebody asks, and
event times, which are nearly always of one length, are read as digits by the thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo
from itertools import groupby, islice, repeat
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from andamio.journal.iso_times import read_times
from andamio.journal.packed import count_items, fixed_texts, join_lists
from andamio.journal.reading import Archive, Cursor, Damage, read_journal
from andamio.journal.records import PredictionRecord, TruthRecord

_NOTHING = msgspec.Raw(b"\x90")
_encode = msgspec.msgpack.Encoder().encode
_texts = msgspec.msgpack.Decoder(list[str | None]).decode
_words = msgspec.msgpack.Decoder(list[str]).decode


class PackedRecord(msgspec.Struct, array_like=True, tag="p", gc=False, kw_only=True, frozen=True):
    """A record of predictions as it lies on disk; the fields are those of ``PredictionRecord``."""

    ids: msgspec.Raw
    time: float
    model: str
    version: int
    digest: str
    numbers: bytes
    categories: msgspec.Raw = _NOTHING
    assets: msgspec.Raw = _NOTHING
    event_times: msgspec.Raw = _NOTHING
    flags: msgspec.Raw = _NOTHING
    probabilities: bytes | None = None
    decision: bytes | None = None
    value: bytes | None = None
    lower: bytes | None = None
    upper: bytes | None = None
    latency_us: msgspec.Raw = _NOTHING
    door: msgspec.Raw = _NOTHING
    route: msgspec.Raw = _NOTHING
    quality: str = "model"

    def __len__(self) -> int:
        return count_items(self.ids)


Records = Sequence[PackedRecord]


def moments_of(records: Records, sizes: NDArray[np.int64], zone: tzinfo = UTC) -> NDArray[np.float64]:
    """Return each row's event time in seconds since 1970; the time of the answer where none was told."""
    answered = np.repeat([record.time for record in records], sizes)
    joined, counts = join_lists([record.event_times for record in records])
    told = np.array(counts) > 0
    if not told.any():
        return answered
    fixed = fixed_texts(joined)
    read = read_times(_texts(joined) if fixed is None else fixed, zone)
    times = np.full(answered.size, np.nan)
    times[np.repeat(told, sizes)] = read
    return np.where(np.isnan(times), answered, times)


def machines_of(records: Records, sizes: NDArray[np.int64]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return the asset of every row as a place among the names, which come in the order of the rows."""
    joined, counts = join_lists([record.assets for record in records])
    words = _texts(joined)
    if len(words) < int(sizes.sum()):
        told = iter(words)
        words = []
        for count, size in zip(counts, sizes.tolist(), strict=True):
            words += islice(told, size) if count else repeat("", size)
    place: dict[str, int] = {}
    codes = [place.setdefault(word or "", len(place)) for word in words]
    return np.array(codes, dtype=np.int64), tuple(place)


def numbers_of(records: Records, sizes: NDArray[np.int64], width: int) -> NDArray[np.float32]:
    """Return the number tags, shape ``(rows, width)``; missing where a record has another width."""
    flat = b"".join([record.numbers for record in records])
    if all(len(r.numbers) == 4 * n * width for r, n in zip(records, sizes.tolist(), strict=True)):
        return np.frombuffer(flat, "<f4").reshape(-1, width)
    parts = [
        np.frombuffer(r.numbers, "<f4").reshape(n, width)
        if len(r.numbers) == 4 * n * width
        else np.full((n, width), np.nan, np.float32)
        for r, n in zip(records, sizes.tolist(), strict=True)
    ]
    return np.concatenate(parts)


def labels_of(records: Records, sizes: NDArray[np.int64], width: int) -> NDArray[np.object_]:
    """Return the category tags, shape ``(rows, width)``; missing where a record has another width."""
    rows = int(sizes.sum())
    if not width:
        return np.empty((rows, 0), dtype=object)
    joined, counts = join_lists([record.categories for record in records])
    if counts == (sizes * width).tolist():
        return np.array(_words(joined), dtype=object).reshape(rows, width)
    parts = [
        np.array(_words(r.categories), dtype=object).reshape(n, width)
        if count == n * width
        else np.full((n, width), "", dtype=object)
        for r, n, count in zip(records, sizes.tolist(), counts, strict=True)
    ]
    return np.concatenate(parts)


def scores_of(records: Records, sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the one number a prediction that is watched; NaN where the model itself did not answer."""
    parts: list[NDArray[np.float64]] = []
    for kind, some in groupby(zip(records, sizes.tolist(), strict=True), key=lambda pair: _score_kind(*pair)):
        pairs = list(some)
        alike, rows = [record for record, _ in pairs], sum(size for _, size in pairs)
        if kind == 0:
            parts.append(np.full(rows, np.nan))
        elif kind < 0:
            parts.append(np.frombuffer(b"".join([r.value or b"" for r in alike]), "<f4").astype(np.float64))
        else:
            flat = np.frombuffer(b"".join([r.probabilities or b"" for r in alike]), "<f4")
            parts.append(watched(flat.reshape(rows, kind)))
    return np.concatenate(parts)


def watched(shares: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return what is watched of probabilities, as ``statistics.profile.watched_score`` does."""
    one = shares[:, 1] if shares.shape[1] == 2 else shares.max(axis=1)
    return one.astype(np.float64)


def _score_kind(record: PackedRecord, rows: int) -> int:
    """Return 0 for no score, -1 for a value, else how many classes there are."""
    if record.quality != "model":
        return 0
    if record.value is not None:
        return -1
    return 0 if record.probabilities is None else len(record.probabilities) // (4 * rows)


class _Reject(msgspec.Struct, array_like=True, tag="r", gc=False, frozen=True):
    time: float


class _Service(msgspec.Struct, array_like=True, tag="s", gc=False, frozen=True):
    time: float


class _Shadow(msgspec.Struct, array_like=True, tag="h", gc=False, frozen=True):
    time: float


class _Batch(msgspec.Struct, array_like=True, tag="b", gc=False, frozen=True):
    time: float


_Packed = PackedRecord | TruthRecord | _Reject | _Service | _Shadow | _Batch
_decode = msgspec.msgpack.Decoder(_Packed).decode


def read_packed(
    folder: Path, cursor: Cursor, *, archive: Archive | None = None, until: Cursor | None = None
) -> Iterator[PackedRecord | TruthRecord | Damage | None]:
    """Yield answers, truths and damages in the order of ``read_journal``; None for all else.

    What a shadow would have answered is nothing that was answered, so it is None here.

    Args:
        folder: The journal's folder.
        cursor: Where to begin; it is moved on with every item.
        archive: Where closed segments were moved to, if they were.
        until: Where to end.
    """
    for item in read_journal(folder, cursor, archive=archive, decode=_decode, until=until):
        if isinstance(item, PackedRecord | TruthRecord | Damage):
            yield item
        elif isinstance(item, PredictionRecord):
            yield _packed(item)
        else:
            yield None


def _packed(record: PredictionRecord) -> PackedRecord:
    """Bring a record from the archive into the same form."""

    def raw(texts: Sequence[str | None]) -> msgspec.Raw:
        return msgspec.Raw(_encode(texts)) if texts else _NOTHING

    return PackedRecord(
        ids=raw(record.ids),
        time=record.time,
        model=record.model,
        version=record.version,
        digest=record.digest,
        numbers=record.numbers,
        categories=raw(record.categories),
        assets=raw(record.assets),
        event_times=raw(record.event_times),
        probabilities=record.probabilities,
        decision=record.decision,
        value=record.value,
        lower=record.lower,
        upper=record.upper,
        quality=record.quality,
    )
