"""Name things so that names sort by time and never meet: predictions, and whatever else needs it."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from itertools import product

# Crockford's digits in lower case: no i, l, o, u, so an id survives a telephone; ASCII order is number order.
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_DIGITS, _MAKER_DIGITS = 9, 5
_PAIRS = ["".join(pair) for pair in product(_DIGITS, repeat=2)]
_PER_MILLISECOND = len(_DIGITS) ** 3

ID_LENGTH = _TIME_DIGITS + 3 + _MAKER_DIGITS


def _wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


class IdMaker:
    """Make ids of 17 characters: milliseconds (9), a counter within the millisecond (3), the maker (5).

    Within one maker they rise strictly, also when the clock goes back. Two makers (two workers, a
    worker before and after its restart) differ in 25 random bits, and would also have to name
    something in the same millisecond with the same count.

    >>> maker = IdMaker(clock_ms=lambda: 1_795_000_000_000)
    >>> first, second = maker.take(2)
    >>> first < second, len(first), time_of(first).year
    (True, 17, 2026)
    """

    def __init__(self, clock_ms: Callable[[], int] = _wall_clock_ms) -> None:
        self._clock_ms = clock_ms
        self._maker = _base32(secrets.randbits(5 * _MAKER_DIGITS), _MAKER_DIGITS)
        self._lock = threading.Lock()
        self._last_ms = -1
        self._counter = 0
        self._prefix = ""

    def take(self, count: int) -> list[str]:
        """Return the next ``count`` ids, rising."""
        with self._lock:
            now_ms = self._clock_ms()
            if now_ms > self._last_ms:
                self._begin(now_ms)
            if count == 1 and self._counter < _PER_MILLISECOND:
                self._counter += 1
                return [self._prefix + _three(self._counter - 1) + self._maker]
            ids: list[str] = []
            while len(ids) < count:
                if self._counter == _PER_MILLISECOND:
                    self._begin(self._last_ms + 1)
                first = self._counter
                self._counter = min(first + count - len(ids), _PER_MILLISECOND)
                prefix, maker = self._prefix, self._maker
                ids += [f"{prefix}{place}{maker}" for place in _places()[first : self._counter]]
            return ids

    def _begin(self, millisecond: int) -> None:
        self._last_ms = millisecond
        self._counter = 0
        three = _PER_MILLISECOND - 1  # the bits of three digits
        high, middle, low = millisecond >> 30 & three, millisecond >> 15 & three, millisecond & three
        self._prefix = _three(high) + _three(middle) + _three(low)


def time_of(name: str) -> datetime | None:
    """Return when an id was made, to the millisecond in UTC; None when the text is no id."""
    if len(name) != ID_LENGTH or any(digit not in _DIGITS for digit in name):
        return None
    millisecond = 0
    for digit in name[:_TIME_DIGITS]:
        millisecond = millisecond * 32 + _DIGITS.index(digit)
    try:
        return datetime.fromtimestamp(millisecond / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _base32(number: int, digits: int) -> str:
    return "".join(_DIGITS[number >> 5 * place & 31] for place in reversed(range(digits)))


def _three(number: int) -> str:
    """Write a number of 15 bits in three digits."""
    return _PAIRS[number >> 5] + _DIGITS[number & 31]


@cache
def _places() -> list[str]:
    """Return all that three digits can write, for whoever needs many at once."""
    return [pair + digit for pair in _PAIRS for digit in _DIGITS]
