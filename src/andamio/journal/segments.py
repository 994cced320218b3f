"""The files of the journal: ``<worker>-<number>.journal``, one row of them per worker."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from andamio.errors import UsageError, text
from andamio.journal.frames import HEADER_SIZE, created_ms

_NAME = re.compile(r"(?P<worker>[A-Za-z0-9][A-Za-z0-9_.-]{0,63})-(?P<number>[0-9]{8})\.journal")
_WORKER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One file: the worker that writes it and its number in that worker's row."""

    worker: str
    number: int
    path: Path

    @classmethod
    def of(cls, folder: Path, worker: str, number: int) -> Segment:
        """Name a worker's segment."""
        return cls(worker, number, folder / f"{worker}-{number:08d}.journal")

    def created_ms(self) -> int | None:
        """Return when it was begun, from its header; None when the header is not whole."""
        with self.path.open("rb") as file:
            return created_ms(file.read(HEADER_SIZE))


def segments_of(folder: Path, worker: str | None = None) -> list[Segment]:
    """List the segments by worker and number, of one worker or of all."""
    found = []
    for path in folder.glob("*.journal"):
        match = _NAME.fullmatch(path.name)
        if match is not None and worker in {None, match["worker"]}:
            found.append(Segment(match["worker"], int(match["number"]), path))
    return sorted(found)


def check_worker(worker: str) -> None:
    """Refuse a worker's name that cannot be part of a file's name.

    Raises:
        UsageError: The name has other characters than letters, digits, dot, hyphen and underscore.
    """
    if _WORKER.fullmatch(worker) is None:
        raise UsageError(
            text("{worker} cannot name a worker", worker=worker),
            fix=text(
                "use letters, digits, dots, hyphens and underscores, at most 64, a letter or digit first"
            ),
        )
