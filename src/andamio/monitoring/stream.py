"""The journal as a stream of arrays: what one version of a model answered, thousands of rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Contract
from andamio.journal import Archive, Cursor, Damage, TruthRecord
from andamio.journal.columns import (
    PackedRecord,
    labels_of,
    machines_of,
    moments_of,
    numbers_of,
    read_packed,
    scores_of,
)
from andamio.monitoring.performance.answers import Answers

Hear = Callable[[TruthRecord], None]
AT_ONCE = 32_768  # rows; what bounds the memory of whoever reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Rows in the order in which they were answered.

    Attributes:
        times: Event times, seconds since 1970, shape ``(rows,)``.
        arrived: When each was answered, shape ``(rows,)``.
        records: Which record each was in; rows of one record came together. Never falling.
        assets: The asset of each row, as a place in ``names``.
        names: The assets, "" for none.
        numbers: Shape ``(rows, numbers)``, NaN for missing.
        categories: Shape ``(rows, categories)``, "" for missing.
        scores: The watched number of each prediction, NaN for none.
    """

    times: NDArray[np.float64]
    arrived: NDArray[np.float64]
    records: NDArray[np.int64]
    assets: NDArray[np.int64]
    names: tuple[str, ...]
    numbers: NDArray[np.float32]
    categories: NDArray[np.object_]
    scores: NDArray[np.float64]

    def __len__(self) -> int:
        return int(self.times.size)

    def take(self, places: NDArray[np.int64] | NDArray[np.bool_]) -> Arrivals:
        """Return the rows at some places."""
        return Arrivals(
            times=self.times[places],
            arrived=self.arrived[places],
            records=self.records[places],
            assets=self.assets[places],
            names=self.names,
            numbers=self.numbers[places],
            categories=self.categories[places],
            scores=self.scores[places],
        )


@dataclass(slots=True)
class Passed:
    """What the stream met besides the rows it was asked for; ``hear`` is told every truth of the model."""

    damages: list[Damage] = field(default_factory=list)
    other_rows: int = 0
    hear: Hear | None = None


class Stream:
    """Reads what one version answered.

    Args:
        folder: The journal's folder.
        contract: The version's contract, whose tags the rows have.
        version: Its number.
        digest: Its bundle's digest.
        zone: The time zone of times that name none: the plant's.
        archive: Where closed segments were moved to, if they were.
    """

    def __init__(
        self,
        folder: Path,
        contract: Contract,
        version: int,
        digest: str,
        *,
        zone: tzinfo = UTC,
        archive: Archive | None = None,
    ) -> None:
        self._folder = folder
        self._contract = contract
        self._served = (contract.name, version, digest)
        self._zone = zone
        self.archive = archive

    def read(self, cursor: Cursor, passed: Passed) -> Iterator[Arrivals]:
        """Yield the rows from a cursor on; after each yield the cursor stands behind the last of them."""
        waiting: list[PackedRecord] = []
        sizes: list[int] = []
        width, rows = 4 * len(self._contract.numbers), 0
        for item in read_packed(self._folder, cursor, archive=self.archive):
            if isinstance(item, PackedRecord):
                if (item.model, item.version, item.digest) != self._served:
                    passed.other_rows += len(item)
                    continue
                waiting.append(item)
                sizes.append(len(item.numbers) // width if width else len(item))
                rows += sizes[-1]
                if rows >= AT_ONCE:
                    yield self._gathered(waiting, np.array(sizes))
                    waiting, sizes, rows = [], [], 0
            elif isinstance(item, Damage):
                passed.damages.append(item)
            elif item is not None and passed.hear is not None and item.model == self._served[0]:
                passed.hear(item)
        if waiting:
            yield self._gathered(waiting, np.array(sizes))

    def answers(self, until: Cursor, hear: Hear) -> Iterator[Answers]:
        """Yield what the model answered up to a cursor, whatever version did, and tell of every truth there.

        Args:
            until: Where to end.
            hear: Told every truth of the model.
        """
        waiting: list[PackedRecord] = []
        sizes: list[int] = []
        rows = 0
        for item in read_packed(self._folder, Cursor(), archive=self.archive, until=until):
            if isinstance(item, TruthRecord) and item.model == self._served[0]:
                hear(item)
            elif isinstance(item, PackedRecord) and item.model == self._served[0]:
                waiting.append(item)
                sizes.append(len(item))
                rows += sizes[-1]
                if rows >= AT_ONCE:
                    yield Answers(waiting, np.array(sizes), self._zone)
                    waiting, sizes, rows = [], [], 0
        if waiting:
            yield Answers(waiting, np.array(sizes), self._zone)

    def _gathered(self, records: list[PackedRecord], sizes: NDArray[np.int64]) -> Arrivals:
        codes, names = machines_of(records, sizes)
        return Arrivals(
            times=moments_of(records, sizes, self._zone),
            arrived=np.repeat([record.time for record in records], sizes),
            records=np.repeat(np.arange(len(records)), sizes),
            assets=codes,
            names=names,
            numbers=numbers_of(records, sizes, len(self._contract.numbers)),
            categories=labels_of(records, sizes, len(self._contract.categories)),
            scores=scores_of(records, sizes),
        )
