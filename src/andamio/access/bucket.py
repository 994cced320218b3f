"""A limit of requests per minute that allows short bursts."""

from __future__ import annotations

import math

_BURST_S = 10.0


class Bucket:
    """A token bucket: it fills evenly, and each request takes one.

    It holds ten seconds' worth, at least one: a burst of that size passes, and over a longer time no more
    than ``per_minute`` a minute. Each scoring process keeps its own.

    Args:
        per_minute: Requests allowed in a minute.
        now_s: The present, on a clock that never goes back.

    >>> bucket = Bucket(6, now_s=0.0)
    >>> [bucket.take(0.0), bucket.take(0.0), bucket.take(10.0)]
    [0, 10, 0]
    """

    __slots__ = ("_at_s", "_held", "_room", "per_minute")

    def __init__(self, per_minute: int, *, now_s: float) -> None:
        self.per_minute = per_minute
        self._room = max(1.0, per_minute * _BURST_S / 60)
        self._held = self._room
        self._at_s = now_s

    def take(self, now_s: float) -> int:
        """Take one; return 0, or the whole seconds to wait when there is none."""
        self._held = min(self._room, self._held + (now_s - self._at_s) * self.per_minute / 60)
        self._at_s = now_s
        if self._held >= 1.0:
            self._held -= 1.0
            return 0
        return max(1, math.ceil((1.0 - self._held) * 60 / self.per_minute))
