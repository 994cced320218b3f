"""Watch the deployment file, and let a new generation take over between two requests."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from andamio.errors import AndamioError, text
from andamio.serving.generation import Generation

_log = logging.getLogger("andamio.serving")
EVERY_S = 0.1


class Watcher:
    """Looks at the deployment file ten times a second; loading happens in a thread.

    Args:
        path: The deployment file.
        load: Returns the generation that follows an incumbent one; may take its time.
        take_over: Called in the event loop with what ``load`` returned.
    """

    def __init__(
        self,
        path: Path,
        load: Callable[[Generation], Generation],
        take_over: Callable[[Generation], None],
    ) -> None:
        self._path = path
        self._load = load
        self._take_over = take_over
        self.generation = Generation()
        self._seen: tuple[int, int, int] | None = None

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Look once; a file that has not changed since costs one ``stat``."""
        mark = self._mark()
        if mark is None or mark == self._seen:
            return
        try:
            generation = await asyncio.to_thread(self._load, self.generation)
        except Exception as error:  # noqa: BLE001  whatever is in the file, what answers goes on
            _log.exception("the deployment file could not be followed")
            generation = self._stay(error)
        self._seen = mark
        self.generation = generation
        self._take_over(generation)

    def _mark(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            # Never deployed, or taken away: what answers goes on answering.
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _stay(self, error: Exception) -> Generation:
        kept = self.generation
        fault = AndamioError(
            text("an error that should not happen: {name}: {reason}", name=type(error).__name__, reason=error)
        )
        return replace(kept, errors={"": fault})
