"""Answers with their truths, in columns, so that a million of them are a few arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import tzinfo
from typing import Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import GraphInfo
from andamio.journal import Judged
from andamio.journal.truth import moment_of
from andamio.monitoring.performance.measuring import class_of, number_of
from andamio.monitoring.performance.names import Names, names_of
from andamio.statistics.losses import DAY_S

Floats = NDArray[np.float64]
_KINDS = {"names": np.uint64, "clusters": np.int64, "decision": np.int64}
NOBODY = -1  # the cluster of a row that tells neither machine nor time


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Answers whose truth is known, each of shape ``(rows,)``.

    Attributes:
        names: Of the answers.
        happened: Event times, seconds since 1970.
        told: When the truth first arrived.
        clusters: Machine and day as one number, ``NOBODY`` for a row that tells neither.
        truth: As a number or the place of its class, NaN for none that can be read.
        decision: The place of the class that was answered, -1 for none.
        value: The number that was answered, NaN for none.
        lower: The lower end of its interval, NaN for none.
        upper: The upper end.
    """

    names: Names
    happened: Floats
    told: Floats
    clusters: NDArray[np.int64]
    truth: Floats
    decision: NDArray[np.int64]
    value: Floats
    lower: Floats
    upper: Floats

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.names)

    def take(self, places: NDArray[np.int64] | NDArray[np.bool_]) -> Self:
        """Return the rows at some places."""
        return type(self)(**{one.name: getattr(self, one.name)[places] for one in fields(self)})

    @classmethod
    def of(cls, judged: Sequence[Judged], info: GraphInfo, zone: tzinfo) -> Self:
        """Make labels of judged rows."""
        rows = [item.prediction for item in judged]
        moments = [moment_of(row.event_time, zone) if row.event_time else None for row in rows]
        happened = [row.time if moment is None else moment for row, moment in zip(rows, moments, strict=True)]
        read = reader_of(info)
        known = [cluster_of(row.asset or "", at) for row, at in zip(rows, happened, strict=True)]
        alone = [row.asset is None and row.event_time is None for row in rows]
        return cls(
            names=names_of([row.id for row in rows]),
            happened=np.array(happened, np.float64),
            told=np.array([item.truth.time for item in judged], np.float64),
            clusters=np.where(alone, NOBODY, np.array(known, np.int64)).astype(np.int64),
            truth=np.array([read(item.truth.value) for item in judged], np.float64),
            decision=np.array([-1 if row.decision is None else row.decision for row in rows], np.int64),
            value=np.array([row.value for row in rows], np.float64),
            lower=np.array([row.lower for row in rows], np.float64),
            upper=np.array([row.upper for row in rows], np.float64),
        )


def reader_of(info: GraphInfo) -> Callable[[float | str], float | None]:
    """Return what reads a truth as a number, or as the place of its class; None where it is neither."""
    place = {label: i for i, label in enumerate(info.classes)}
    if not place:
        return number_of

    def read(value: float | str) -> float | None:
        found = class_of(value, place)
        return None if found is None else float(found)

    return read


def cluster_of(asset: str, happened: float) -> int:
    """Name the machine and the day of a row as one number."""
    return (crc32(asset.encode("utf-8", "surrogatepass")) << 24) + int(happened // DAY_S) % (1 << 24)


def joined(parts: Sequence[Labels]) -> Labels:
    """Put labels one behind the other."""
    columns = {
        one.name: np.concatenate([_NO_ROWS[one.name], *(getattr(part, one.name) for part in parts)])
        for one in fields(Labels)
    }
    return Labels(**columns)


_NO_ROWS = {one.name: np.zeros(0, _KINDS.get(one.name, np.float64)) for one in fields(Labels)}
