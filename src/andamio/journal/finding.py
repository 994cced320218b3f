"""Find one prediction by its id, without reading the whole journal."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

from andamio.journal.frames import HEADER_SIZE
from andamio.journal.reading import Archive, segment_items
from andamio.journal.records import Prediction, PredictionRecord
from andamio.journal.segments import Segment, segments_of


def find_prediction(folder: Path, name: str, *, archive: Archive | None = None) -> Prediction | None:
    """Find a prediction in the journal.

    A segment is decoded only if the id's bytes are in it; newest segments come first.

    Args:
        folder: The journal's folder.
        name: The prediction's id.
        archive: Where closed segments were moved to, if they were.
    """
    files = sorted(segments_of(folder), key=lambda segment: segment.number, reverse=True)
    for segment in files:
        for record in _holding(segment, name):
            return _row(record, name)
    archived = None if archive is None else archive.find(name)
    return None if archived is None else _row(archived, name)


def _row(record: PredictionRecord, name: str) -> Prediction:
    return next(row for row in record.predictions() if row.id == name)


def _holding(segment: Segment, name: str) -> Iterator[PredictionRecord]:
    try:
        file = segment.path.open("rb")
    except FileNotFoundError:  # it was moved into the archive meanwhile
        return
    with file:
        if not _has(file.fileno(), name.encode()):
            return
        for item, _ in segment_items(segment, file, HEADER_SIZE, last=True):
            # A truth or a shadow's answer may bear the id too.
            if isinstance(item, PredictionRecord) and name in item.ids:
                yield item


def _has(descriptor: int, name: bytes) -> bool:
    try:
        with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as content:
            return content.find(name) >= 0
    except ValueError:  # an empty file
        return False
