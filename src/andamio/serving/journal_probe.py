"""How long a record waits for the journal at this moment, measured without touching any request.

Every few seconds an empty commit takes its place among the others, and is timed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from time import monotonic

from andamio.errors import AndamioError
from andamio.journal import Record

Commit = Callable[[Sequence[Record]], Awaitable[None]]
EVERY_S = 5.0


class JournalProbe:
    """Times an empty commit again and again."""

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._lag_s = 0.0
        self._since: float | None = None

    @property
    def lag_s(self) -> float:
        """Seconds that the last commit took, or that the one on its way has taken if that is longer."""
        waiting = 0.0 if self._since is None else monotonic() - self._since
        return max(self._lag_s, waiting)

    async def run(self) -> None:
        """Probe until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Probe once; a journal that refuses is told by the requests that it refuses."""
        self._since = monotonic()
        with suppress(AndamioError):
            await self._commit(())
        self._lag_s, self._since = monotonic() - self._since, None
