"""What a run with a memory is about to do, written down first, so that a crash leaves it done once.

The memory of windows must move on exactly when their answers are in the journal and in the output. So all of
it is written to the memory's file in one step, as an intent: the records, where the unseen files lie, and
what is remembered afterwards. From then on the run is done, whoever ends it: the run itself, or after a crash
the next one, which records what the journal lacks and gives the files their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from andamio.journal import Record
from andamio.storage.files import before, remove_file, sync_folder

if TYPE_CHECKING:
    from andamio.serving.batch.run import BatchResult


class Unseen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a run: its name, and where it lies until it gets it; "" where the run has none."""

    path: str
    unseen: str = ""


class Intent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left to do: put the records into the journal, then publish the files in their order."""

    records: Sequence[Record]
    files: Sequence[Unseen]


class Memory(Protocol):
    """What goes on from file to file; whoever owns the file of it implements this."""

    def intend(self, intent: Intent, result: BatchResult) -> None:
        """Write down, whole or not at all and to stay, what is to be done and what is remembered after it."""
        ...

    def done(self) -> None:
        """Write down that it was done."""
        ...


def publish(files: Sequence[Unseen]) -> None:
    """Give unseen files their names, as often as wanted; without one, what bears the name goes.

    A file that is neither unseen nor under its name was taken away by somebody, and stays away.
    """
    for file in files:
        path = Path(file.path)
        if not file.unseen:
            remove_file(path)
        elif Path(file.unseen).exists():
            before("rename", path)
            Path(file.unseen).replace(path)
            sync_folder(path.parent)


def outstanding(records: Sequence[Record], recorded: Iterator[Record]) -> Sequence[Record]:
    """Return the records that the journal lacks, of which it holds what was committed before a crash."""
    known = {_key(record) for record in recorded}
    return [record for record in records if _key(record) not in known]


def _key(record: Record) -> tuple[str, float, str]:
    """Tell a record from all others: by its first prediction, or by the microsecond of its making."""
    ids: Sequence[str] = getattr(record, "ids", ())
    return type(record).__name__, record.time, ids[0] if ids else ""
