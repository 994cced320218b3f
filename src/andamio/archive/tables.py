"""One Delta table of the archive: what it holds, and how a new version of it appears all at once.

The Parquet files of a version are written under names that follow from what is in them, so a killed writer's
work is written again by the next, not beside it. The version begins to exist when its commit file, prepared
in a copy of the log and on disk, is renamed into the log.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote, unquote

import msgspec
import polars as pl
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, create_table_with_add_actions
from polars.exceptions import PolarsError

from andamio.archive.frames import Part
from andamio.archive.schema import TableForm
from andamio.errors import ArchiveDamaged, Text, text
from andamio.storage.files import (
    before,
    make_folder,
    remove_abandoned_staging,
    remove_file,
    replace_file,
    saying_when_full,
    staging_folder,
    sync_folder,
)

_LOG = "_delta_log"
_NO_HOUSEKEEPING = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One Parquet file of a version, and what the log tells of it; a range is None where it tells nothing."""

    path: Path
    rows: int
    partition: Mapping[str, object]
    workers: tuple[str, str] | None
    segments: tuple[int, int] | None

    def may_hold(self, worker: str, number: int) -> bool:
        """Tell whether rows of a segment may be in it."""
        if self.workers is None or self.segments is None:
            return True
        return self.workers[0] <= worker <= self.workers[1] and self.segments[0] <= number <= self.segments[1]


class Snapshot:
    """A table as it was at one moment."""

    def __init__(self, form: TableForm, folder: Path, table: DeltaTable | None) -> None:
        self.form = form
        self._folder = folder
        self._table = table

    def digest_of(self, segment: str) -> int | None:
        """Return the digest under which a segment was moved here, by its file's name; None for none."""
        return None if self._table is None else self._table.transaction_version(segment)

    def files(self) -> list[StoredFile]:
        """List the files of this version."""
        if self._table is None:
            return []
        told = pl.DataFrame(self._table.get_add_actions(flatten=True)).to_dicts()
        return [self._file(action) for action in told]

    def _file(self, action: Mapping[str, object]) -> StoredFile:
        names = ("min.worker", "max.worker", "min.segment", "max.segment")
        first, last, low, high = (action.get(name) for name in names)
        return StoredFile(
            self._folder / unquote(str(action["path"])),
            int(str(action["num_records"] or 0)),
            {name: action[f"partition.{name}"] for name in self.form.partitions},
            None if first is None or last is None else (str(first), str(last)),
            None if low is None or high is None else (int(str(low)), int(str(high))),
        )


class ArchiveTable:
    """The Delta table of one form, in ``folder``; the folder may not exist yet."""

    def __init__(self, form: TableForm, folder: Path) -> None:
        self.form = form
        self.folder = folder

    def now(self) -> Snapshot:
        """Take the newest version.

        Raises:
            ArchiveDamaged: Its log cannot be read.
        """
        with saying_when_damaged(self.folder):
            try:
                return Snapshot(self.form, self.folder, DeltaTable(self.folder))
            except TableNotFoundError:
                return Snapshot(self.form, self.folder, None)

    def add(self, parts: Sequence[tuple[str, Part]], moved: Mapping[str, int]) -> None:
        """Publish one more version with these rows, and write down which segments they are of.

        Args:
            parts: Rows, and the beginning of the name of each one's file.
            moved: The digest of every segment's file, by its name.
        """
        actions = [self._write(name, part) for name, part in parts]
        properties = CommitProperties(
            app_transactions=[Transaction(name, digest) for name, digest in moved.items()]
        )

        def commit(staging: Path) -> None:
            if not any((staging / _LOG).iterdir()):
                self._create(staging, actions, properties)
                return
            DeltaTable(staging).create_write_transaction(
                actions, "append", self.form.delta, list(self.form.partitions),
                commit_properties=properties, post_commithook_properties=_NO_HOUSEKEEPING,
            )  # fmt: skip

        self._publish(commit)

    def newest_day(self) -> str | None:
        """Return the newest day of a row, None when there is none."""
        return max((str(file.partition["day"]) for file in self.now().files()), default=None)

    def rows_before(self, first_kept: date) -> int:
        """Count the rows that pruning would take away."""
        return sum(file.rows for file in self._old(first_kept))

    def prune(self, first_kept: date) -> int:
        """Publish a version without the days before one, remove their files, return how many rows went.

        A reader that meets a removed file finds out here that its rows are gone.
        """
        old = self._old(first_kept)
        if old:
            self._publish(
                lambda staging: DeltaTable(staging).delete(
                    f"day < '{first_kept}'", post_commithook_properties=_NO_HOUSEKEEPING
                )
            )
        return sum(file.rows for file in old)

    def _old(self, first_kept: date) -> list[StoredFile]:
        return [file for file in self.now().files() if str(file.partition["day"]) < str(first_kept)]

    def remove_unreferred(self) -> None:
        """Remove the files of no version and what killed writers left; the caller alone writes."""
        remove_abandoned_staging(self.folder)
        known = {file.path for file in self.now().files()}
        for file in sorted(self.folder.rglob("*.parquet")):
            if file not in known:
                remove_file(file)

    def _create(self, staging: Path, actions: list[AddAction], properties: CommitProperties) -> None:
        create_table_with_add_actions(
            str(staging), self.form.delta, actions, mode="error", partition_by=list(self.form.partitions),
            name=self.form.name, commit_properties=properties, post_commithook_properties=_NO_HOUSEKEEPING,
        )  # fmt: skip

    def _write(self, name: str, part: Part) -> AddAction:
        folders = [f"{key}={quote(part.partition[key], safe='')}" for key in self.form.partitions]
        relative = "/".join([*folders, f"{name}.parquet"])
        path = self.folder / relative
        make_folder(path.parent)
        content = io.BytesIO()
        part.frame.write_parquet(content)
        replace_file(path, content.getvalue())
        ends = {
            end: {column: getattr(part.frame[column], end)() for column in ("worker", "segment", "time")}
            for end in ("min", "max")
        }
        stats = {"numRecords": part.frame.height, "minValues": ends["min"], "maxValues": ends["max"]}
        return AddAction(
            relative, len(content.getvalue()), part.partition, 0, True,
            msgspec.json.encode(stats).decode(),
        )  # fmt: skip

    def _publish(self, commit: Callable[[Path], object]) -> None:
        log = self.folder / _LOG
        make_folder(log)
        with staging_folder(self.folder) as staging, saying_when_full(self.folder):
            make_folder(staging / _LOG)
            for known in log.glob("*.json"):
                os.link(known, staging / _LOG / known.name)
            commit(staging)
            newest = max((staging / _LOG).glob("*.json"))
            before("fsync", newest)
            with newest.open("rb") as file:
                os.fsync(file.fileno())
            before("rename", log / newest.name)
            newest.rename(log / newest.name)
            sync_folder(log)


@contextmanager
def saying_when_damaged(folder: Path) -> Iterator[None]:
    """Turn what the libraries say of a table that they cannot read into our error."""
    try:
        yield
    except (DeltaError, PolarsError, msgspec.MsgspecError, OSError) as error:
        raise _damaged(folder, text("{reason}", reason=str(error).strip().splitlines()[0][:200])) from error


def _damaged(folder: Path, why: Text) -> ArchiveDamaged:
    return ArchiveDamaged(
        text("the table {name} of what was predicted is damaged", name=folder.name),
        where=text("{path}", path=folder),
        why=why,
        fix=text("put this folder back from the last backup; the journal's own files are not touched"),
    )
