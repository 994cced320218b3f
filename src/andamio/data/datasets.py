"""The plant's datasets: add a file, list versions, open one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from andamio.data.adding import AddOptions, settle_damage
from andamio.data.clock import find_time_column
from andamio.data.digest import content_digest
from andamio.data.findings import Finding
from andamio.data.merging import LINE, OWN_COLUMNS, VERSION, begin, grow
from andamio.data.raw import keep_raw
from andamio.data.reading import read_source
from andamio.data.record import VersionRecord
from andamio.data.source import Source, column_type
from andamio.data.table import HistoryTable, damaged
from andamio.errors import NotFound, Text, UsageError, text
from andamio.kernel import clock
from andamio.kernel.digests import sha256_of_file
from andamio.storage.files import make_folder
from andamio.storage.locks import hold

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_DEFAULTS = AddOptions()


@dataclass(frozen=True, slots=True)
class DatasetVersion:
    """One immutable state of a dataset.

    ``frame`` holds the plant's columns, rows in the order they were added; ``origin`` says of each
    row which version brought it and which line of that version's file it was. A table that was never
    stored has neither ``origin`` nor ``record``.
    """

    name: str
    version: int
    digest: str
    frame: pl.DataFrame
    origin: pl.DataFrame | None = None
    record: VersionRecord | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """What an addition did. ``unchanged`` means the file was there before, and nothing was done."""

    dataset: str
    version: int
    record: VersionRecord
    unchanged: bool
    findings: Sequence[Finding] = ()
    notes: Sequence[Text] = ()

    @property
    def digest(self) -> str:
        """The digest of the dataset's newest content."""
        return self.record.digest


class Datasets:
    """Every dataset of a plant.

    Raw files lie in ``<plant>/data/<dataset>/``, the Delta tables in ``<plant>/.andamio/datasets/``.

    Args:
        folder: The plant's folder.
        time_zone: Where clocks without a zone of their own stand.
    """

    def __init__(self, folder: Path, time_zone: str = "UTC") -> None:
        self._folder = folder
        self._tables = folder / ".andamio" / "datasets"
        self._zone = ZoneInfo(time_zone)

    def names(self) -> list[str]:
        """List the datasets that have a version."""
        if not self._tables.is_dir():
            return []
        return sorted(
            entry.name
            for entry in self._tables.iterdir()
            if _NAME.fullmatch(entry.name) and HistoryTable(entry).exists()
        )

    def versions(self, name: str) -> dict[int, VersionRecord]:
        """Return the record of every version of a dataset, oldest first.

        Raises:
            NotFound: There is no such dataset.
        """
        return self._existing(name).records()

    def open(self, name: str, version: int | None = None) -> DatasetVersion:
        """Open one version, the newest unless told otherwise.

        Raises:
            NotFound: There is no such dataset or version.
            DatasetDamaged: Its table is not what was added.
        """
        table = self._existing(name)
        records = table.records()
        chosen = max(records) if version is None else version
        if chosen not in records:
            raise NotFound(
                text("dataset {name} has no version {version}", name=name, version=chosen),
                fix=text("its versions are {first} to {last}", first=min(records), last=max(records)),
            )
        rows = table.read(chosen)
        frame = rows.drop(OWN_COLUMNS)
        if content_digest(frame) != records[chosen].digest:
            raise damaged(table.folder, text("version {version} is not what was added", version=chosen))
        return DatasetVersion(
            name, chosen, records[chosen].digest, frame, rows.select(VERSION, LINE), records[chosen]
        )

    def read(self, file: Path, options: AddOptions = _DEFAULTS) -> Source:
        """Read a file and look for damage, without adding it to anything."""
        return read_source(file, self._in_zone(options).read)

    def add(self, file: Path, dataset: str | None = None, options: AddOptions = _DEFAULTS) -> Added:
        """Add a file to a dataset, as one new version.

        A file whose bytes were added before changes nothing. Rows that the dataset has already are
        left out and counted. Killed at any moment, the addition is absent or complete; doing it again
        completes it.

        Args:
            file: A CSV file, a workbook, or a Parquet file.
            dataset: The dataset's name; the file's name when absent.
            options: How to read it, and what was decided about damage.

        Raises:
            NotFound: There is no such file.
            FileRefused: It is no table.
            DataDamaged: It has mangled columns about which nothing was decided.
            ColumnsDiffer: Its columns are not those of the dataset.
            Busy: Another process is adding to this dataset.
            DiskFull: There is no room; the dataset is as it was.
        """
        name = dataset or name_from(file)
        _check_name(name)
        options = self._in_zone(options)
        if not file.is_file():
            read_source(file, options.read)
        source_digest = sha256_of_file(file)
        make_folder(self._tables)
        with hold(self._tables / f".{name}.lock", text('dataset "{name}"', name=name)):
            table = HistoryTable(self._tables / name)
            table.remove_abandoned()
            records = table.records() if table.exists() else {}
            if any(record.source_digest == source_digest for record in records.values()):
                return Added(name, max(records), records[max(records)], unchanged=True)
            source = read_source(file, options.read)
            frame, choices = settle_damage(source, options)
            newest = records[max(records)] if records else None
            if newest is None:
                following = begin(frame, source.lines)
            else:
                following = grow(
                    table.read(max(records)),
                    frame,
                    source.lines,
                    version=max(records) + 1,
                    time=newest.time,
                    new_columns=options.new_columns,
                )
            raw = keep_raw(file, self._folder / "data" / name, source_digest)
            record = VersionRecord(
                digest=content_digest(following.whole),
                rows=following.whole.height,
                added=following.added,
                already=following.already,
                file=file.name,
                source_digest=source_digest,
                raw=raw.relative_to(self._folder).as_posix(),
                columns={column: column_type(dtype) for column, dtype in following.whole.schema.items()},
                units={**(newest.units if newest else {}), **source.units},
                time=newest.time if newest else find_time_column(following.whole),
                guess=source.guess,
                findings=[finding.shortened() for finding in source.findings],
                choices=choices,
                at=clock.now(),
            )
            table.write(following.written, record, instead=following.instead)
            version = max(records, default=-1) + 1
            return Added(name, version, record, unchanged=False, findings=source.findings, notes=source.notes)

    def _existing(self, name: str) -> HistoryTable:
        table = HistoryTable(self._tables / name)
        if not _NAME.fullmatch(name) or not table.exists():
            raise NotFound(
                text("there is no dataset {name}", name=name),
                fix=text("the datasets are: {names}", names=", ".join(self.names()))
                if self.names()
                else text("add one: andamio data add FILE --to {name}", name=name),
            )
        return table

    def _in_zone(self, options: AddOptions) -> AddOptions:
        if options.read.zone is not None:
            return options
        return replace(options, read=replace(options.read, zone=self._zone))


def name_from(file: Path) -> str:
    """Make a dataset's name from a file's: ``Línea 2 - 2024.csv`` becomes ``linea-2-2024``."""
    stem = file.name.split(".")[0].casefold().translate(str.maketrans("áéíóúüñ", "aeiouun"))
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:64] or "history"


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UsageError(
            text('"{name}" cannot be the name of a dataset', name=name),
            why=text("a name is lower-case letters, digits, - and _, and begins with a letter or digit"),
            fix=text("try {name}", name=name_from(Path(name))),
        )
