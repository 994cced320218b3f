"""The plant's datasets: add a file, list versions, open one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from andamio.data.adding import AddOptions, align, settle_damage, without_known
from andamio.data.clock import find_time_column
from andamio.data.digest import content_digest
from andamio.data.findings import Finding
from andamio.data.raw import keep_raw
from andamio.data.reading import read_source
from andamio.data.record import VersionRecord
from andamio.data.source import Source, column_type
from andamio.data.table import LINE, OWN_COLUMNS, ROW, VERSION, HistoryTable
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
    row which version brought it and which line of that version's file it was.
    """

    name: str
    version: int
    digest: str
    frame: pl.DataFrame
    origin: pl.DataFrame
    record: VersionRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What an addition did. ``unchanged`` means the file was there before, and nothing was done."""

    dataset: str
    version: int
    digest: str
    rows: int
    added: int
    already: int
    unchanged: bool
    record: VersionRecord
    findings: Sequence[Finding] = ()
    notes: Sequence[Text] = ()


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
            records = table.records() if table.exists() else {}
            known = [version for version, record in records.items() if record.source_digest == source_digest]
            if known:
                return _unchanged(name, max(records), records[max(records)])
            source = read_source(file, options.read)
            frame, choices = settle_damage(source, options)
            raw = keep_raw(file, self._folder / "data" / name, source_digest)
            record = VersionRecord(
                digest="",
                rows=0,
                added=0,
                already=0,
                file=file.name,
                source_digest=source_digest,
                raw=raw.relative_to(self._folder).as_posix(),
                columns={},
                units=source.units,
                guess=source.guess,
                findings=[finding.shortened() for finding in source.findings],
                choices=choices,
                at=clock.now(),
            )
            return _publish(name, table, records, source, frame, record, new_columns=options.new_columns)

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
        if options.read.zone.key != "UTC":
            return options
        return replace(options, read=replace(options.read, zone=self._zone))


def name_from(file: Path) -> str:
    """Make a dataset's name from a file's: ``Línea 2 - 2024.csv`` becomes ``linea-2-2024``."""
    stem = file.name.split(".")[0].casefold().translate(str.maketrans("áéíóúüñ", "aeiouun"))
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:64] or "history"


def _publish(
    name: str,
    table: HistoryTable,
    records: dict[int, VersionRecord],
    source: Source,
    frame: pl.DataFrame,
    record: VersionRecord,
    *,
    new_columns: bool,
) -> Added:
    lines = pl.Series(LINE, source.lines, dtype=pl.Int64)
    version = max(records, default=-1) + 1
    newest = records.get(version - 1)
    instead, whole, first = False, frame, 0
    if newest is not None:
        old = table.read(version - 1)
        bare = old.drop(OWN_COLUMNS)
        frame, fitted = align(frame, bare, new_columns=new_columns)
        fresh = without_known(frame, fitted, newest.time)
        frame, lines = frame.filter(fresh), lines.filter(fresh)
        instead = fitted.schema != bare.schema
        whole = pl.concat([fitted, frame])
        first = old.height
        if instead:
            frame = whole
            lines = pl.concat([old[LINE], lines])
        record = replace(record, already=int((~fresh).sum()))
    record = replace(
        record,
        digest=content_digest(whole),
        rows=whole.height,
        added=whole.height - first,
        columns={column: column_type(dtype) for column, dtype in whole.schema.items()},
        time=newest.time if newest else find_time_column(whole),
        units={**(newest.units if newest else {}), **record.units},
    )
    owners = [version] * frame.height
    start = first
    if instead:
        owners = [*table.read(version - 1)[VERSION].to_list(), *[version] * (whole.height - first)]
        start = 0
    written = frame.with_columns(
        pl.Series(ROW, range(start, start + frame.height), dtype=pl.Int64),
        pl.Series(VERSION, owners, dtype=pl.Int64),
        lines,
    )
    table.write(written, record, instead=instead)
    return Added(
        dataset=name, version=version, digest=record.digest, rows=record.rows, added=record.added,
        already=record.already, unchanged=False, record=record, findings=source.findings, notes=source.notes,
    )  # fmt: skip


def _unchanged(name: str, version: int, record: VersionRecord) -> Added:
    return Added(
        dataset=name, version=version, digest=record.digest, rows=record.rows, added=0,
        already=record.rows, unchanged=True, record=record,
    )  # fmt: skip


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UsageError(
            text('"{name}" cannot be the name of a dataset', name=name),
            why=text(
                "a name is made of lower-case letters, digits, - and _, and begins with a letter or digit"
            ),
            fix=text("try {name}", name=name_from(Path(name))),
        )
