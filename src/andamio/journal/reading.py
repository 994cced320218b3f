"""Read the journal: every record of every worker, in time order, and every stretch that cannot be read."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import msgspec

from andamio.errors import Text, text
from andamio.journal.frames import HEADER_SIZE, Broken, Whole, created_ms, read_frames
from andamio.journal.records import Record
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


class _Step(NamedTuple):
    time: float
    item: Record | Damage
    worker: str
    number: int
    end: int


def read_journal(folder: Path, cursor: Cursor | None = None) -> Iterator[Record | Damage]:
    """Yield everything that is in the journal, once, while workers may go on writing.

    Records of one worker come in the order in which they were committed; those of different workers
    are merged by their time. A record that is being written at the end of a worker's last segment is
    left for the next reading. Whatever else cannot be read comes as a ``Damage``.

    Args:
        folder: The journal's folder; one that does not exist is empty.
        cursor: Where to begin. It is moved on with every item that is yielded.
    """
    places = Cursor() if cursor is None else cursor
    rows: dict[str, list[Segment]] = {}
    for segment in segments_of(folder):
        rows.setdefault(segment.worker, []).append(segment)
    steps = [_worker_steps(segments, places.places.get(worker)) for worker, segments in rows.items()]
    for step in heapq.merge(*steps, key=itemgetter(0)):
        places.places[step.worker] = (step.number, step.end)
        yield step.item


def _worker_steps(segments: list[Segment], place: tuple[int, int] | None) -> Iterator[_Step]:
    number, offset = place or (0, HEADER_SIZE)
    time = 0.0
    for segment in segments:
        if segment.number < number:
            continue
        start = offset if segment.number == number else HEADER_SIZE
        for item, end in _segment_items(segment, start, last=segment is segments[-1]):
            time = time if isinstance(item, Damage) else item.time
            yield _Step(time, item, segment.worker, segment.number, end)


def _segment_items(segment: Segment, start: int, *, last: bool) -> Iterator[tuple[Record | Damage, int]]:
    name = segment.path.name
    with segment.path.open("rb") as file:
        head = file.read(HEADER_SIZE)
        if created_ms(head) is None:
            size = segment.path.stat().st_size
            # Shorter than a header: killed while it was begun, so nothing was ever recorded in it.
            if size >= HEADER_SIZE and start < size:
                yield Damage(name, 0, size, text("the header is not whole")), size
            return
        for found in read_frames(file, start):
            if isinstance(found, Whole):
                yield _decoded(name, found), found.end
            elif not (last and found.tail):
                yield _damage(name, found), found.end


def _decoded(name: str, whole: Whole) -> Record | Damage:
    try:
        return _decoder.decode(whole.payload)
    except msgspec.MsgspecError as error:
        return Damage(name, whole.start, whole.end, text("no record of a known kind: {reason}", reason=error))


def _damage(name: str, broken: Broken) -> Damage:
    torn, other = text("torn at the end"), text("the bytes are not those that were written")
    return Damage(name, broken.start, broken.end, torn if broken.tail else other)
