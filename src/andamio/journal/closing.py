"""Which segments are closed for good, and closing those that nobody goes on writing."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from andamio.errors import Busy
from andamio.journal.segments import Segment, segments_of
from andamio.journal.writing import Journal
from andamio.storage.locks import is_held


def closed_segments(folder: Path) -> list[Segment]:
    """List the segments that nobody will ever write again: all but the last of each worker.

    A worker goes on in its last segment alone, even after a restart, so these may be moved away under
    its eyes.
    """
    files = segments_of(folder)
    last = {segment.worker: segment for segment in files}
    return [segment for segment in files if segment != last[segment.worker]]


def close_idle(folder: Path) -> None:
    """Close the last segment of every worker that is not alive, by healing it and beginning the next.

    Raises:
        JournalFull: There is no room for the next segment.
    """
    for worker in sorted({segment.worker for segment in segments_of(folder)}):
        if not is_held(folder / f"{worker}.lock"):
            with suppress(Busy), Journal(folder, worker) as journal:
                journal.begin_next_segment()
