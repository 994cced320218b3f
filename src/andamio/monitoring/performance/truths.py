"""All truths of one model as sorted arrays, so that predictions can stream past them.

A truth takes 32 bytes here, whatever it named; predictions take none. Names are compared by 64 bits of their
hash: among 10 million of each, the chance that any two meet is one in 100,000.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from andamio.journal import Archive, PredictionRecord, TruthRecord, read_journal
from andamio.journal.truth import moment_of

_CHUNK = 65_536
_NOBODY = -1  # no hash is this number


@dataclass(frozen=True, slots=True)
class Matched:
    """The rows of a record whose truth is known: which, what was true, and when that was first told."""

    rows: NDArray[np.int64]
    truth: NDArray[np.float64]
    told: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Truths:
    """The truths of one model, by the hash of what they name; of several for one name, the last to arrive.

    Attributes:
        names: Rising, shape ``(truths,)``.
        values: The truth as a number, or as the number of its class.
        told: When a truth first arrived for this name, seconds since 1970.
        last: When the one that stands arrived.
        by_moment: Whether some name asset and time instead of a prediction.
        unreadable: Truths that are no class of the model, or no number.
        zone: The time zone of times that do not name one.
    """

    names: NDArray[np.int64]
    values: NDArray[np.float64]
    told: NDArray[np.float64]
    last: NDArray[np.float64]
    by_moment: bool
    unreadable: int
    zone: tzinfo = UTC

    def __len__(self) -> int:
        """Count the names."""
        return len(self.names)

    def match(self, record: PredictionRecord) -> Matched:
        """Return the rows of a record whose truth is known; of two names for one row, the last told wins."""
        place = self._places(np.fromiter(map(hash, record.ids), np.int64, len(record.ids)))
        if self.by_moment and record.event_times:
            other = self._places(np.fromiter(self._moments(record), np.int64, len(record.ids)))
            later = (other >= 0) & ((place < 0) | (self.last[other] >= self.last[place]))
            place = np.where(later, other, place)
        rows = np.flatnonzero(place >= 0)
        found = place[rows]
        return Matched(rows, self.values[found], self.told[found])

    def _places(self, names: NDArray[np.int64]) -> NDArray[np.int64]:
        if not len(self.names):
            return np.full(len(names), -1, np.int64)
        place = np.minimum(np.searchsorted(self.names, names), len(self.names) - 1)
        return np.where(self.names[place] == names, place, -1)

    def _moments(self, record: PredictionRecord) -> Iterator[int]:
        assets = record.assets or [None] * len(record.ids)
        for asset, told in zip(assets, record.event_times, strict=True):
            moment = moment_of(told, self.zone) if told else None
            yield _NOBODY if moment is None else hash((asset, moment))


def gather_truths(
    folder: Path,
    model: str,
    read: Callable[[float | str], float | None],
    *,
    zone: tzinfo = UTC,
    archive: Archive | None = None,
    known_by: float | None = None,
) -> Truths:
    """Read the journal once and keep the truths of one model.

    Args:
        folder: The journal's.
        model: The model.
        read: Makes a number of a truth; None for one that cannot be read.
        zone: The time zone of times that do not name one: the plant's.
        archive: The journal's past.
        known_by: Leaves out what arrived later, in seconds since 1970: what was known then.
    """
    chunks: list[NDArray[np.float64]] = []
    names: list[NDArray[np.int64]] = []
    rest: list[tuple[int, float, float]] = []
    by_moment, unreadable = False, 0
    for record in read_journal(folder, archive=archive):
        if not isinstance(record, TruthRecord) or record.model != model:
            continue
        if known_by is not None and record.time > known_by:
            continue
        value = read(record.value)
        if value is None:
            unreadable += 1
            continue
        by_moment = by_moment or record.prediction is None
        rest.append((_name(record, zone), value, record.time))
        if len(rest) >= _CHUNK:
            _flush(rest, names, chunks)
    _flush(rest, names, chunks)
    return _sorted(np.concatenate(names), np.concatenate(chunks), by_moment, unreadable, zone)


def _name(record: TruthRecord, zone: tzinfo) -> int:
    if record.prediction is not None:
        return hash(record.prediction)
    return hash((record.asset, moment_of(record.event_time or "", zone)))


def _flush(
    rest: list[tuple[int, float, float]], names: list[NDArray[np.int64]], chunks: list[NDArray[np.float64]]
) -> None:
    names.append(np.array([name for name, _, _ in rest], np.int64))
    chunks.append(np.array([(value, told) for _, value, told in rest], np.float64).reshape(-1, 2))
    rest.clear()


def _sorted(
    names: NDArray[np.int64], found: NDArray[np.float64], by_moment: bool, unreadable: int, zone: tzinfo
) -> Truths:
    """Sort by name, then by arrival; of one name the first arrival and the last truth stay."""
    order = np.lexsort((found[:, 1], names))
    names, found = names[order], found[order]
    first = np.flatnonzero(np.diff(names, prepend=names[0] - 1 if len(names) else 0) != 0)
    last = np.append(first[1:] - 1, len(names) - 1) if len(names) else first
    return Truths(names[first], found[last, 0], found[first, 1], found[last, 1], by_moment, unreadable, zone)
