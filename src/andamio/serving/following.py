"""Follow small files that people change while the process runs: access tokens, certificates."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from andamio.errors import AndamioError
from andamio.serving.reporting import one_line

_log = logging.getLogger("andamio.serving")
EVERY_S = 0.2


class Follower:
    """Looks at files five times a second and calls ``take`` in the event loop when one has changed.

    A file that is taken away, or cannot be used, changes nothing: what was taken before stays in force, and
    the log says so. The first look takes what is there, and lets its errors pass to the caller.
    """

    def __init__(self, files: Sequence[Path], take: Callable[[], None]) -> None:
        self._files = tuple(files)
        self._take = take
        self._seen = self._marks()
        if all(mark is not None for mark in self._seen):
            take()

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            self.look()

    def look(self) -> None:
        """Look once; files that have not changed since cost one ``stat`` each."""
        marks = self._marks()
        if marks == self._seen:
            return
        self._seen = marks
        if None in marks:
            _log.error("%s is gone; what it said before stays in force", self._files[marks.index(None)])
            return
        try:
            self._take()
        except (AndamioError, OSError) as error:
            said = one_line(error) if isinstance(error, AndamioError) else str(error)
            _log.error("%s: what it said before stays in force: %s", self._files[0], said)

    def _marks(self) -> tuple[tuple[int, int, int] | None, ...]:
        return tuple(_mark(path) for path in self._files)


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
