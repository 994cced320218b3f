"""Read again what a few workers wrote from a segment on, wherever that lies by now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from andamio.journal.frames import HEADER_SIZE
from andamio.journal.reading import Archive, Damage, segment_items
from andamio.journal.records import Record
from andamio.journal.segments import segments_of


def records_since(
    folder: Path, places: Mapping[str, int], *, archive: Archive | None = None
) -> Iterator[Record]:
    """Yield the records of some workers, each from a segment on; one that is half written is none.

    Args:
        folder: The journal's folder.
        places: For each worker the number of the first segment that is wanted.
        archive: Where closed segments were moved to, if they were.
    """
    for worker, first in places.items():
        files = {segment.number: segment for segment in segments_of(folder, worker)}
        moved: set[int] = set()
        if archive is not None:
            view = archive.look()
            moved = set(view.numbers(list(files.values())).get(worker, ())) - set(files)
        for number in sorted({*files, *moved}):
            if number < first:
                continue
            if number in moved and archive is not None:
                yield from (record for record, _ in view.records(worker, number))
                continue
            with files[number].path.open("rb") as file:
                for item, _ in segment_items(files[number], file, HEADER_SIZE, last=True):
                    if not isinstance(item, Damage):
                        yield item
