"""Name every prediction: unique across processes and restarts, and cheap."""

from __future__ import annotations

import itertools
import secrets
import time


class PredictionIds:
    """An endless row of ids: the process's own prefix (its start and chance), then a counter.

    An id is made of lower-case hexadecimal digits and one hyphen; nothing else may be read from it.
    """

    def __init__(self) -> None:
        self._prefix = f"{int(time.time()):08x}{secrets.token_hex(4)}-"
        self._counter = itertools.count(1)

    def take(self, count: int) -> list[str]:
        """Return the next ``count`` ids."""
        prefix, counter = self._prefix, self._counter
        return [f"{prefix}{next(counter):x}" for _ in range(count)]
