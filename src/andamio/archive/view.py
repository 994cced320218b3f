"""Read the archive as the journal that it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter
from pathlib import Path

import polars as pl

from andamio.archive.rebuilding import Placed, rebuild
from andamio.archive.schema import PREDICTIONS, TABLES
from andamio.archive.tables import ArchiveTable, Snapshot, StoredFile, saying_when_damaged
from andamio.journal.records import PredictionRecord
from andamio.journal.segments import Segment
from andamio.kernel.digests import sha256_of_file
from andamio.kernel.ids import time_of


class DeltaArchive:
    """The four tables under a plant's folder for what Andamio keeps; they may not exist yet."""

    def __init__(self, folder: Path) -> None:
        self.tables = {form.name: ArchiveTable(form, folder / form.name) for form in TABLES}

    def look(self) -> DeltaView:
        """Look at the tables as they are now.

        Raises:
            ArchiveDamaged: One cannot be read.
        """
        # The predictions' snapshot first: what it holds, the others hold since before.
        ordered = [self.tables[form.name] for form in reversed(TABLES)]
        return DeltaView(self, [table.now() for table in ordered])

    def find(self, name: str) -> PredictionRecord | None:
        """Return the record of one prediction, with its row alone; None when it is not here.

        Raises:
            ArchiveDamaged: The table cannot be read.
        """
        made = time_of(name)
        snapshot = self.tables[PREDICTIONS.name].now()
        for file in snapshot.files():
            if made is not None and not _near(file, made):
                continue
            with saying_when_damaged(file.path.parent):
                try:
                    frame = (
                        pl.scan_parquet(file.path, hive_partitioning=False)
                        .filter(pl.col("id") == name)
                        .collect()
                    )
                except FileNotFoundError:
                    continue  # pruned since this look
            told = [pl.lit(value).alias(column) for column, value in file.partition.items()]
            for record, _ in rebuild(PREDICTIONS, frame.with_columns(told)) if frame.height else ():
                if isinstance(record, PredictionRecord):
                    return record
        return None


class DeltaView:
    """The archive at one moment."""

    def __init__(self, archive: DeltaArchive, snapshots: Sequence[Snapshot]) -> None:
        self._archive = archive
        self._predictions = next(one for one in snapshots if one.form is PREDICTIONS)
        self._files = [(snapshot, file) for snapshot in snapshots for file in snapshot.files()]

    def holds(self, segment: Segment) -> bool:
        """Tell whether all that is in a segment's file is in the archive too, to the byte."""
        digest = self._predictions.digest_of(segment.path.name)
        if digest is None:
            return False
        try:
            return digest_of(segment.path) == digest
        except FileNotFoundError:
            return True  # it was removed because it is here

    def numbers(self, files: Sequence[Segment]) -> Mapping[str, Sequence[int]]:
        """Return, by worker, the segments that are whole in the archive; ``files`` are those still there."""
        half = {
            (segment.worker, segment.number)
            for segment in files
            if self._predictions.digest_of(segment.path.name) is None
        }
        found: dict[str, set[int]] = {}
        for snapshot, file in self._files:
            for worker, number in self._segments_in(snapshot, file):
                if (worker, number) not in half:
                    found.setdefault(worker, set()).add(number)
        return {worker: sorted(numbers) for worker, numbers in found.items()}

    def records(self, worker: str, number: int) -> Iterator[Placed]:
        """Yield a segment's records in their order, each with the offset in the file at which it ended."""
        found: list[Placed] = []
        for snapshot, file in self._files:
            if file.may_hold(worker, number):
                frame = self._read(snapshot, file)
                if self._segments_in(snapshot, file) != [(worker, number)]:
                    frame = frame.filter(pl.col("worker") == worker, pl.col("segment") == number)
                found += rebuild(snapshot.form, frame) if frame.height else ()
        yield from sorted(found, key=itemgetter(1))

    def _segments_in(self, snapshot: Snapshot, file: StoredFile) -> list[tuple[str, int]]:
        if file.workers and file.segments and len({*file.workers}) == len({*file.segments}) == 1:
            return [(file.workers[0], file.segments[0])]
        pairs = self._read(snapshot, file).select("worker", "segment").unique()
        return [(str(worker), int(number)) for worker, number in pairs.rows()]

    def _read(self, snapshot: Snapshot, file: StoredFile) -> pl.DataFrame:
        with saying_when_damaged(file.path.parent):
            try:
                frame = pl.read_parquet(file.path, hive_partitioning=False)
            except FileNotFoundError:
                if file.path in {one.path for one in self._archive.tables[snapshot.form.name].now().files()}:
                    raise
                frame = pl.DataFrame(schema=snapshot.form.written)  # pruned since this look
        told = [pl.lit(value).alias(name) for name, value in file.partition.items()]
        return frame.with_columns(told)


def _near(file: StoredFile, made: datetime) -> bool:
    """Tell whether a file is of the day on which an id was made, or the one before or after."""
    day = date.fromisoformat(str(file.partition["day"]))
    return abs((day - made.date()).days) <= 1


def digest_of(path: Path) -> int:
    """Return the digest of a segment's file: the first 56 bits of its SHA-256."""
    return int(sha256_of_file(path)[:14], 16)
