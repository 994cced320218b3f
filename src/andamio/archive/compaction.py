"""Move closed segments of the journal into the tables, and prune what is older than the plant keeps.

The order is what makes it safe to kill it anywhere: rows, then the commits of the other tables, then the
commit of the predictions, which says that these segments have moved, then their files are removed. Each
commit carries the name and the digest of every segment in it, so that a second run adds nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from andamio.archive.frames import Part, parts_of
from andamio.archive.schema import PREDICTIONS, TABLES
from andamio.archive.view import DeltaArchive, digest_of
from andamio.errors import ClockDoubted, text
from andamio.journal import Damage
from andamio.journal.closing import close_idle, closed_segments
from andamio.journal.reading import read_closed
from andamio.journal.segments import Segment
from andamio.storage.files import make_folder, remove_file, sync_folder
from andamio.storage.locks import folder_lock

# So many segments are moved with one commit: a bound on memory and on what a kill throws away.
_AT_ONCE = 4


@dataclass(slots=True)
class Compacted:
    """What a run did.

    Attributes:
        moved: Segments that are in the tables now and whose files are gone.
        damaged: Segments that stay as they are, because a stretch of them cannot be read.
        rows: Predictions that were moved.
        pruned: By table, rows older than the plant keeps.
        first_kept: The first day that is kept; None when all are.
    """

    moved: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    rows: int = 0
    pruned: dict[str, int] = field(default_factory=dict)
    first_kept: date | None = None


def compact(
    journal: Path,
    archive: Path,
    *,
    first_kept: date | None = None,
    announce: Callable[[Mapping[str, int]], object] | None = None,
) -> Compacted:
    """Move every closed segment into the tables and prune the days before ``first_kept``.

    What a living worker writes is not touched. Killed anywhere, nothing is lost and nothing is double, and
    the next run completes it.

    Args:
        journal: The journal's folder.
        archive: The folder that holds the four tables, side by side.
        first_kept: The first day (UTC) to keep; None keeps all.
        announce: Told how many rows of each table are about to go, if any are; none goes if it raises.

    Raises:
        Busy: Another process is compacting.
        DiskFull: There is no room; what was not moved is where it was.
        ArchiveDamaged: A table cannot be read.
        ClockDoubted: Pruning would leave nothing; segments were moved, and nothing was pruned.
    """
    done = Compacted(first_kept=first_kept)
    make_folder(archive / PREDICTIONS.name)
    with folder_lock(archive / PREDICTIONS.name, text("the table of predictions")):
        tables = DeltaArchive(archive)
        if journal.is_dir():
            close_idle(journal)
            waiting = closed_segments(journal)
            for start in range(0, len(waiting), _AT_ONCE):
                _move(waiting[start : start + _AT_ONCE], tables, done)
        if first_kept is not None:
            _refuse_a_wild_clock(tables, first_kept)
            going = {name: table.rows_before(first_kept) for name, table in tables.tables.items()}
            if announce is not None and any(going.values()):
                announce(going)
            done.pruned = {name: table.prune(first_kept) for name, table in tables.tables.items()}
        for table in tables.tables.values():
            table.remove_unreferred()
    return done


def _refuse_a_wild_clock(tables: DeltaArchive, first_kept: date) -> None:
    """Refuse to prune all that there is: a clock that jumped ahead would ask for just that."""
    newest = max((day for table in tables.tables.values() if (day := table.newest_day())), default=None)
    if newest is not None and newest < str(first_kept):
        raise ClockDoubted(
            text("everything in the tables is older than {day}; nothing was pruned", day=str(first_kept)),
            why=text("the newest row is of {newest}: this box's clock may be wrong", newest=newest),
            fix=text("check the clock (date); if it is right, keep more days, or move the tables away"),
        )


def _move(segments: Sequence[Segment], archive: DeltaArchive, done: Compacted) -> None:
    whole: list[tuple[Segment, int, list[Part]]] = []
    for segment in segments:
        items = list(read_closed(segment))
        records = [(item, end) for item, end in items if not isinstance(item, Damage)]
        if len(records) < len(items):
            done.damaged.append(segment.path.name)
        else:
            whole.append((segment, digest_of(segment.path), parts_of(segment, records)))
    for form in TABLES:
        table = archive.tables[form.name]
        known = table.now()
        new = [one for one in whole if known.digest_of(one[0].path.name) != one[1]]
        parts = [
            (f"{segment.path.stem}-{digest:014x}-{place}", part)
            for segment, digest, found in new
            for place, part in enumerate(found)
            if part.table is form
        ]
        if parts or (new and form is PREDICTIONS):
            table.add(parts, {segment.path.name: digest for segment, digest, _ in new})
        if form is PREDICTIONS:
            done.rows += sum(part.frame.height for _, part in parts)
    for segment, _, _ in whole:
        remove_file(segment.path)
        done.moved.append(segment.path.name)
    if whole:
        sync_folder(whole[0][0].path.parent)
