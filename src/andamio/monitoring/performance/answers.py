"""What was answered, thousands of rows at a time, for whoever looks for the answers that truths name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from andamio.journal.columns import PackedRecord, machines_of, moments_of
from andamio.journal.packed import fixed_texts, join_lists
from andamio.monitoring.performance.labels import NOBODY, Labels, cluster_of
from andamio.monitoring.performance.names import Names, names_of, names_of_moments, names_of_table

_texts = msgspec.msgpack.Decoder(list[str]).decode
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """Answers of one model, of whatever version.

    Attributes:
        records: As they lie in the journal.
        sizes: How many rows each has.
        zone: The time zone of times that name none.
    """

    records: list[PackedRecord]
    sizes: NDArray[np.int64]
    zone: tzinfo

    @cached_property
    def names(self) -> Names:
        """The names of the rows by their ids."""
        joined, _ = join_lists([record.ids for record in self.records])
        table = fixed_texts(joined)
        return names_of(_texts(joined)) if table is None else names_of_table(table, table.shape[1])

    @cached_property
    def moments(self) -> Names:
        """The names of the rows by machine and moment."""
        places, machines = self._machines
        return names_of_moments(names_of(machines)[places], self._times)

    @cached_property
    def _times(self) -> Floats:
        return moments_of(self.records, self.sizes, self.zone)

    @cached_property
    def _machines(self) -> tuple[NDArray[np.int64], tuple[str, ...]]:
        return machines_of(self.records, self.sizes)

    def versions(self) -> NDArray[np.int64]:
        """Return the version that answered each row."""
        return np.repeat([record.version for record in self.records], self.sizes)

    def labels(self, rows: NDArray[np.int64], truth: Floats, told: Floats, served: tuple[int, str]) -> Labels:
        """Return what a version itself answered of some rows, with their truths.

        Args:
            rows: Which, rising.
            truth: What was true of them.
            told: When that arrived.
            served: The number and the digest of the version.
        """
        happened = self._times[rows]
        places, machines = self._machines
        columns = [np.full(len(rows), fill) for fill in (-1.0, np.nan, np.nan, np.nan)]
        clusters = np.full(len(rows), NOBODY, np.int64)
        for record, found, own in self._by_record(rows):
            if (record.version, record.digest) != served or record.quality != "model":
                continue
            for column, name, kind in zip(columns, _COLUMNS, _KINDS, strict=True):
                content = getattr(record, name)
                if content is not None:
                    column[found] = np.frombuffer(content, kind)[own]
            if len(record.assets) > 1 or len(record.event_times) > 1:
                clusters[found] = [
                    cluster_of(machines[place], at)
                    for place, at in zip(places[rows[found]].tolist(), happened[found].tolist(), strict=True)
                ]
        decision, value, lower, upper = columns
        return Labels(
            names=self.names[rows],
            happened=happened,
            told=told,
            clusters=clusters,
            truth=truth,
            decision=decision.astype(np.int64),
            value=value,
            lower=lower,
            upper=upper,
        )

    def _by_record(
        self, rows: NDArray[np.int64]
    ) -> Iterator[tuple[PackedRecord, NDArray[np.int64], NDArray[np.int64]]]:
        """Yield each record that holds some of the rows, where they are among those, and where in it."""
        ends = np.cumsum(self.sizes)
        owners = np.searchsorted(ends, rows, side="right")
        first = np.flatnonzero(np.diff(owners, prepend=-1))
        for found in np.split(np.arange(len(rows)), first[1:]):
            owner = int(owners[found[0]])
            yield self.records[owner], found, rows[found] - (ends[owner] - self.sizes[owner])


_COLUMNS = ("decision", "value", "lower", "upper")
_KINDS = ("<i8", "<f4", "<f4", "<f4")
