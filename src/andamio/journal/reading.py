"""Read the journal: every record of every worker, in time order, and every stretch that cannot be read."""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import msgspec

from andamio.errors import Text, text
from andamio.journal.frames import HEADER_SIZE, Broken, Whole, created_ms, read_frames
from andamio.journal.records import PredictionRecord, Record
from andamio.journal.segments import Segment, segments_of

_decoder: msgspec.msgpack.Decoder[Record] = msgspec.msgpack.Decoder(Record)


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch of a segment that holds no record: where it is, in bytes, and why it was passed over."""

    segment: str
    start: int
    end: int
    why: Text


class Cursor(msgspec.Struct):
    """How far a reader has come: per worker, the number of a segment and an offset in it.

    It can be kept as JSON and given to a later ``read_journal``, which goes on from there.
    """

    places: dict[str, tuple[int, int]] = {}


Decode = Callable[[bytes], Any]
# Plain, because there are as many as records: time, what was found, worker, segment, where it ends.
_Step = tuple[float, Record | Damage, str, int, int]


class ArchiveView(Protocol):
    """What the archive holds at one moment."""

    def holds(self, segment: Segment) -> bool:
        """Tell whether all that is in a segment's file is in the archive too."""

    def numbers(self, files: Sequence[Segment]) -> Mapping[str, Sequence[int]]:
        """Return, by worker, the segments that are whole in the archive; ``files`` are those still there."""

    def records(self, worker: str, number: int) -> Iterator[tuple[Record, int]]:
        """Yield a segment's records in their order, each with the offset in the file at which it ended."""


class Archive(Protocol):
    """Where closed segments go in the end: tables that hold the same records."""

    def look(self) -> ArchiveView:
        """Look at it as it is now."""

    def find(self, name: str) -> PredictionRecord | None:
        """Return a record that holds the prediction of that id, with its row alone; None when none does."""


def read_journal(
    folder: Path,
    cursor: Cursor | None = None,
    *,
    archive: Archive | None = None,
    decode: Decode = _decoder.decode,
    until: Cursor | None = None,
) -> Iterator[Record | Damage]:
    """Yield everything that is in the journal, once, while workers may go on writing.

    Records of one worker come in the order in which they were committed; those of different workers
    are merged by their time. A record that is being written at the end of a worker's last segment is
    left for the next reading. Whatever else cannot be read comes as a ``Damage``.

    Args:
        folder: The journal's folder; one that does not exist is empty.
        cursor: Where to begin. It is moved on with every item that is yielded.
        archive: Where closed segments were moved to, if they were. It changes nothing in what is yielded.
        decode: What makes a record of a file's bytes; whatever it makes has a ``time``.
        until: Where to end: what lies behind it was not there yet for whoever stands at it.
    """
    places = Cursor() if cursor is None else cursor
    # The files first: what is moved into the archive from now on is found there when its file is gone.
    files = segments_of(folder)
    rows: dict[str, list[_Piece]] = {}
    if archive is not None:
        view = archive.look()
        for worker, numbers in view.numbers(files).items():
            rows[worker] = [_Archived(worker, number, view) for number in numbers]
        moved = {segment for segment in files if view.holds(segment)}
    last = {segment.worker: segment for segment in files}
    for segment in files:
        if archive is None or segment not in moved:
            piece = _File(
                segment.worker, segment.number, segment, segment is last[segment.worker], archive, decode
            )
            rows.setdefault(segment.worker, []).append(piece)
    steps = [_worker_steps(pieces, places.places.get(worker)) for worker, pieces in rows.items()]
    merged = steps[0] if len(steps) == 1 else heapq.merge(*steps, key=itemgetter(0))
    for _, item, worker, number, end in merged:
        if until is not None and (number, end) > tuple(until.places.get(worker, (0, 0))):
            continue
        places.places[worker] = (number, end)
        yield item


@dataclass(frozen=True, slots=True)
class _Archived:
    """A segment in the archive."""

    worker: str
    number: int
    view: ArchiveView

    def items(self, start: int) -> Iterator[tuple[Record | Damage, int]]:
        for record, end in self.view.records(self.worker, self.number):
            if end > start:
                yield record, end


@dataclass(frozen=True, slots=True)
class _File:
    """A segment's file."""

    worker: str
    number: int
    segment: Segment
    last: bool
    archive: Archive | None
    decode: Decode

    def items(self, start: int) -> Iterator[tuple[Record | Damage, int]]:
        try:
            file = self.segment.path.open("rb")
        except FileNotFoundError:
            if self.archive is None:
                raise
            yield from _Archived(self.worker, self.number, self.archive.look()).items(start)
            return
        with file:
            yield from segment_items(self.segment, file, start, last=self.last, decode=self.decode)


_Piece = _Archived | _File


def _worker_steps(pieces: list[_Piece], place: tuple[int, int] | None) -> Iterator[_Step]:
    number, offset = place or (0, HEADER_SIZE)
    time = 0.0
    for piece in sorted(pieces, key=lambda piece: piece.number):
        if piece.number < number:
            continue
        start = offset if piece.number == number else HEADER_SIZE
        for item, end in piece.items(start):
            time = time if isinstance(item, Damage) else item.time
            yield time, item, piece.worker, piece.number, end


def segment_items(
    segment: Segment, file: BinaryIO, start: int, *, last: bool, decode: Decode = _decoder.decode
) -> Iterator[tuple[Record | Damage, int]]:
    """Yield an open segment's records from an offset on, each with where it ends, and its damages."""
    name = segment.path.name
    head = file.read(HEADER_SIZE)
    if created_ms(head) is None:
        size = os.fstat(file.fileno()).st_size
        # Shorter than a header: killed while it was begun, so nothing was ever recorded in it.
        if size >= HEADER_SIZE and start < size:
            yield Damage(name, 0, size, text("the header is not whole")), size
        return
    for found in read_frames(file, start):
        if isinstance(found, Whole):
            yield _decoded(name, found, decode), found.end
        elif not (last and found.tail):
            yield _damage(name, found), found.end


def read_closed(segment: Segment) -> Iterator[tuple[Record | Damage, int]]:
    """Yield a closed segment's records, each with the offset at which it ends, and its damages."""
    with segment.path.open("rb") as file:
        yield from segment_items(segment, file, HEADER_SIZE, last=False)


def _decoded(name: str, whole: Whole, decode: Decode) -> Record | Damage:
    try:
        record: Record = decode(whole.payload)
    except msgspec.MsgspecError as error:
        return Damage(name, whole.start, whole.end, text("no record of a known kind: {reason}", reason=error))
    return record


def _damage(name: str, broken: Broken) -> Damage:
    torn, other = text("torn at the end"), text("the bytes are not those that were written")
    return Damage(name, broken.start, broken.end, torn if broken.tail else other)
