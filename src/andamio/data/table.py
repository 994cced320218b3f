"""A Delta table on disk: read a version, append a version, and survive anything in between.

Besides the plant's columns the table has three of its own: the row's number in the dataset, the version
that brought it, and its line in the file. They give rows a fixed order, which Delta does not, and lead
from any row back to the file it came from.

A version is written in a staging table, by the Delta library, and then published: first the Parquet
file is renamed into the table, where nobody looks at it yet, then the commit file, which makes the
version exist. Both are on disk before they are renamed. A process killed in between leaves a Parquet
file that nobody refers to; the next writer removes it.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import msgspec
import polars as pl
from deltalake import CommitProperties, DeltaTable, Field, PostCommitHookProperties, Schema
from deltalake.exceptions import DeltaError
from deltalake.schema import ArrayType, PrimitiveType
from deltalake.transaction import AddAction, create_table_with_add_actions
from polars.exceptions import PolarsError

from andamio.data.merging import ROW
from andamio.data.record import VersionRecord
from andamio.data.source import column_type
from andamio.errors import DatasetDamaged, Text, text
from andamio.storage.files import (
    before,
    make_folder,
    publish_folder,
    remove_abandoned_staging,
    remove_file,
    saying_when_full,
    staging_folder,
    sync_folder,
    write_file,
)

_LOG = "_delta_log"
_KEY = "andamio"
_TYPES = {
    "number": PrimitiveType("double"),
    "integer": PrimitiveType("long"),
    "boolean": PrimitiveType("boolean"),
    "time": PrimitiveType("timestamp"),
    "text": PrimitiveType("string"),
    "waveform": ArrayType(PrimitiveType("float"), contains_null=True),
}
_FOREVER = {
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
    "delta.enableExpiredLogCleanup": "false",
}
_NO_HOUSEKEEPING = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)


class HistoryTable:
    """The Delta table of one dataset, in ``folder``; the folder may not exist yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def exists(self) -> bool:
        """Tell whether the table has a version."""
        return any(self._log.glob("*.json"))

    def records(self) -> dict[int, VersionRecord]:
        """Return the record of every version, oldest first.

        Raises:
            DatasetDamaged: The table's log is not as it was written.
        """
        found = {}
        with _saying_when_damaged(self.folder):
            for entry in DeltaTable(self.folder).history():
                if _KEY in entry:
                    found[int(entry["version"])] = msgspec.json.decode(entry[_KEY], type=VersionRecord)
        if not found:
            raise damaged(self.folder, text("no version of it has a record"))
        return dict(sorted(found.items()))

    def read(self, version: int) -> pl.DataFrame:
        """Read one version, its rows in the order they were added, with the table's own columns.

        Raises:
            DatasetDamaged: A file of the version is missing, or cannot be read.
        """
        with _saying_when_damaged(self.folder):
            table = DeltaTable(self.folder, version=version)
            files = [self.folder / Path(uri).name for uri in table.file_uris()]
            return pl.concat([pl.read_parquet(file) for file in files]).sort(ROW)

    def write(self, frame: pl.DataFrame, record: VersionRecord, *, instead: bool) -> None:
        """Publish one more version: ``frame`` is appended, or put instead of everything there is.

        The caller holds the dataset's lock.

        Raises:
            DiskFull: There is no room; the table is as it was.
        """
        self.remove_abandoned()
        fresh = not self.exists()
        if not fresh:
            self._remove_orphans()
        make_folder(self._workshop)
        with staging_folder(self._workshop) as staging:
            make_folder(staging / _LOG)
            for commit in self._commits():
                os.link(commit, staging / _LOG / commit.name)
            part = staging / f"part-{record.digest[:12]}-{token_hex(4)}.parquet"
            content = io.BytesIO()
            frame.write_parquet(content)
            write_file(part, content.getvalue(), durable=True)
            with saying_when_full(self.folder):
                _commit(staging, part, frame, record, instead=instead)
            if fresh:
                publish_folder(staging, self.folder)
                return
            newest = max((staging / _LOG).glob("*.json"))
            self._publish(part, newest)

    def remove_abandoned(self) -> None:
        """Remove what a killed writer of this dataset was building; the caller holds the dataset's lock."""
        remove_abandoned_staging(self._workshop)

    def _publish(self, part: Path, commit: Path) -> None:
        before("fsync", commit)
        descriptor = os.open(commit, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        before("rename", self.folder / part.name)
        part.rename(self.folder / part.name)
        sync_folder(self.folder)
        before("rename", self._log / commit.name)
        commit.rename(self._log / commit.name)
        sync_folder(self._log)

    def _remove_orphans(self) -> None:
        """Remove Parquet files that no version refers to: what a killed writer left."""
        known = {
            action["add"]["path"]
            for commit in self._commits()
            for line in commit.read_bytes().splitlines()
            if "add" in (action := msgspec.json.decode(line))
        }
        for file in self.folder.glob("*.parquet"):
            if file.name not in known:
                remove_file(file)

    @property
    def _workshop(self) -> Path:
        # Of this dataset alone: another one may be added to at the same time, under another lock.
        return self.folder.with_name(f".{self.folder.name}.workshop")

    @property
    def _log(self) -> Path:
        return self.folder / _LOG

    def _commits(self) -> list[Path]:
        return sorted(self._log.glob("*.json"))


def _commit(table: Path, part: Path, frame: pl.DataFrame, record: VersionRecord, *, instead: bool) -> None:
    schema = Schema(
        [Field(name, _TYPES[column_type(dtype)], nullable=True) for name, dtype in frame.schema.items()]
    )
    stats = msgspec.json.encode({"numRecords": frame.height}).decode()
    status = part.stat()
    action = AddAction(part.name, status.st_size, {}, status.st_mtime_ns // 1_000_000, True, stats)
    properties = CommitProperties(custom_metadata={_KEY: msgspec.json.encode(record).decode()})
    if any((table / _LOG).iterdir()):
        DeltaTable(table).create_write_transaction(
            [action],
            "overwrite" if instead else "append",
            schema,
            [],
            commit_properties=properties,
            post_commithook_properties=_NO_HOUSEKEEPING,
        )
        return
    create_table_with_add_actions(
        str(table),
        schema,
        [action],
        mode="error",
        name=part.name,
        configuration=_FOREVER,
        commit_properties=properties,
        post_commithook_properties=_NO_HOUSEKEEPING,
    )


def damaged(folder: Path, why: Text) -> DatasetDamaged:
    """Say that a table is not as it was written, and how to have it back."""
    return DatasetDamaged(
        text('the table of dataset "{name}" is damaged', name=folder.name),
        where=text("{path}", path=folder),
        why=why,
        fix=text(
            "put this folder back from the last backup; or move it away and add the files again that were "
            "kept: andamio data add data/{name}/FILE --to {name}",
            name=folder.name,
        ),
    )


@contextmanager
def _saying_when_damaged(folder: Path) -> Iterator[None]:
    """Turn what the libraries say of a table that they cannot read into our error."""
    try:
        yield
    except (DeltaError, PolarsError, msgspec.MsgspecError, OSError) as error:
        raise damaged(folder, text("{reason}", reason=str(error).strip().splitlines()[0][:200])) from error
