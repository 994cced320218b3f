"""Read dates and times as plants write them, and tell the day from the month."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class DateOrder(StrEnum):
    """How an all-number date is written."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"
    YEAR_FIRST = "year-first"


@dataclass(frozen=True, slots=True)
class OrderGuess:
    """The order of a column's dates, and what it rests on.

    ``reason`` is one of: iso (the year comes first), day (a first field above 12), month (a second
    field above 12), named (the month is a word), steps (one order makes a far smoother timeline),
    convention (nothing decides, so day first, as Colombia writes).
    """

    order: DateOrder
    reason: str


_CLOCK = (
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"(?:\s*(?P<half>[AaPp])\.?\s?[Mm]\.?)?\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?"
)
_AFTER = rf"(?:(?:T|,?\s+){_CLOCK})?"
_YEAR_FIRST = re.compile(rf"(?P<day>(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}})){_AFTER}")
_NUMBERS = re.compile(
    rf"(?P<day>(?P<a>\d{{1,2}})(?P<mark>[-/.])(?P<b>\d{{1,2}})(?P=mark)(?P<y>\d{{4}}|\d{{2}})){_AFTER}"
)
_NAMED = re.compile(
    r"(?P<day>(?P<d>\d{1,2})(?:st|nd|rd|th)?[-/ .]*(?:de )?(?P<m>[A-Za-z]{3,10})\.?[-/ .,]*(?:de )?"
    rf"(?P<y>\d{{4}}|\d{{2}})){_AFTER}"
)
_NAMED_FIRST = re.compile(
    rf"(?P<day>(?P<m>[A-Za-z]{{3,10}})\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y>\d{{4}})){_AFTER}"
)
_MONTH_WORDS = "jan/ene feb mar apr/abr may jun jul aug/ago sep/set oct nov dec/dic"
_MONTHS = {word: number for number, words in enumerate(_MONTH_WORDS.split(), 1) for word in words.split("/")}
_SMOOTHER = 3.0
_GLANCE = 50


def looks_like_times(cells: Iterable[str]) -> bool:
    """Tell from the first few cells whether a column may hold dates."""
    glance = [cell for cell, _ in zip((c for c in cells if c), range(_GLANCE), strict=False)]
    return bool(glance) and sum(_match(cell) is not None for cell in glance) * 2 >= len(glance)


def guess_order(cells: Sequence[str]) -> OrderGuess:
    """Guess the order of a column's dates from the cells that allow only one, else from the timeline.

    >>> guess_order(["13/3/17 1:00", "1/4/17 2:00"]).order.value
    'day-first'
    """
    known: dict[str, re.Match[str] | None] = {}
    days = [_split(cell)[0] for cell in cells if cell]
    for day in set(days):
        known[day] = _match(day)
    matches = [match for day in days if (match := known[day])]
    numbers = [match for match in matches if match.re is _NUMBERS]
    if not numbers:
        # Of a date with a word only the first part was looked at; it is no year.
        iso = any(match.re is _YEAR_FIRST for match in matches)
        return OrderGuess(DateOrder.YEAR_FIRST, "iso") if iso else OrderGuess(DateOrder.DAY_FIRST, "named")
    above_twelve = [sum(int(match[field]) > 12 for match in numbers) for field in ("a", "b")]
    if above_twelve[0] != above_twelve[1]:
        if above_twelve[0] > above_twelve[1]:
            return OrderGuess(DateOrder.DAY_FIRST, "day")
        return OrderGuess(DateOrder.MONTH_FIRST, "month")
    day_first = _roughness(numbers, DateOrder.DAY_FIRST)
    month_first = _roughness(numbers, DateOrder.MONTH_FIRST)
    # A log with many rows a day shows the order by its steps; twelve firsts of the month must not.
    if month_first * _SMOOTHER < day_first and len({match["day"] for match in numbers}) * 2 < len(numbers):
        return OrderGuess(DateOrder.MONTH_FIRST, "steps")
    return OrderGuess(DateOrder.DAY_FIRST, "steps" if day_first * _SMOOTHER < month_first else "convention")


def read_times(
    cells: Sequence[str], order: DateOrder, missing: frozenset[str]
) -> tuple[list[str], list[int]]:
    """Write every cell as ISO 8601 (or "" for missing), and list the rows that are no date in this order.

    A zone is kept when the cell gives one; otherwise the time stays local. Hour 24 is the next day's
    midnight.
    """
    reader = _Reader(order)
    written: list[str] = []
    unreadable: list[int] = []
    for row, cell in enumerate(cells):
        moment = reader.read(cell)
        if moment is None:
            if cell not in missing:
                unreadable.append(row)
            moment = ""
        written.append(moment)
    return written, unreadable


def _match(cell: str) -> re.Match[str] | None:
    for pattern in (_YEAR_FIRST, _NUMBERS, _NAMED, _NAMED_FIRST):
        if match := pattern.fullmatch(cell):
            return match
    return None


class _Reader:
    """Reads the dates of one column; days and clock times come again and again, and are read once."""

    def __init__(self, order: DateOrder) -> None:
        self._order = order
        self._days: dict[str, str] = {}
        self._clocks: dict[str, str] = {}

    def read(self, cell: str) -> str | None:
        day, clock = _split(cell)
        if day in self._days and clock in self._clocks:
            return self._days[day] + self._clocks[clock]
        match = _match(cell)
        date_ = _day(match, self._order) if match else None
        if match is None or date_ is None:
            return None
        moment = _with_clock(date_, match)
        iso = date_.isoformat()
        if moment and match["day"] == day and moment.startswith(iso):
            self._days[day], self._clocks[clock] = iso, moment[len(iso) :]
        return moment


def _split(cell: str) -> tuple[str, str]:
    day, space, clock = cell.partition(" ")
    if not space and "T" in cell:
        day, _, clock = cell.partition("T")
    return day, clock


def _with_clock(day: date, match: re.Match[str]) -> str | None:
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"] in "pP" else 0)
    if hour == 24 and not minute and not second:
        day, hour = day + timedelta(days=1), 0
    if hour > 23 or minute > 59 or second > 59:
        return None
    fraction = f".{match['fraction'][:6]:0<6}" if match["fraction"] else ""
    return f"{day.isoformat()}T{hour:02}:{minute:02}:{second:02}{fraction}{_zone(match['zone'])}"


def _zone(written: str | None) -> str:
    if not written:
        return ""
    if written in ("Z", "UTC"):
        return "+00:00"
    return written if ":" in written else f"{written[:3]}:{written[3:]}"


def _day(match: re.Match[str], order: DateOrder) -> date | None:
    if match.re is _NUMBERS:
        day, month = int(match["a"]), int(match["b"])
        if order is DateOrder.MONTH_FIRST:
            day, month = month, day
    elif match.re is _YEAR_FIRST:
        day, month = int(match["d"]), int(match["m"])
    else:
        day, month = int(match["d"]), _MONTHS.get(match["m"][:3].casefold(), 0)
    year = int(match["y"])
    if len(match["y"]) == 2:
        year += 2000 if year < 69 else 1900  # the pivot of POSIX
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _roughness(matches: Sequence[re.Match[str]], order: DateOrder) -> float:
    """Add up the days travelled back and forth: the wrong order jumps by months at every midnight."""
    seen: dict[str, date | None] = {}
    travelled, previous = 0.5, None
    for match in matches:
        key = match["day"]
        day = seen[key] if key in seen else seen.setdefault(key, _day(match, order))
        if day is not None and previous is not None:
            travelled += abs((day - previous).days)
        previous = day or previous
    return travelled
