"""Read numbers written with commas or points, and tell which of the two a column means."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from andamio.connectors.csv.missing import MISSING_WORDS

PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_SPACES = " \u00a0\u202f'\u2019"
_BOTH = re.compile(r"\d{1,3}(?:([.,])\d{3})+([.,])\d+")
_REPEATED = re.compile(r"\d{1,3}([.,])\d{3}(?:\1\d{3})+")
_SINGLE = re.compile(r"(\d*)([.,])(\d+)([eE][+-]?\d+)?")
_ALL_PLAIN = re.compile(r"(?:(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?)?\n)*+")
_LEADING_ZERO = re.compile(r"0\d{2,}")
_GLANCE = 100
_OTHER = {",": ".", ".": ","}


@dataclass(frozen=True, slots=True)
class Marks:
    """How a column writes numbers: the decimal mark, and the mark between groups of three digits."""

    decimal: str = "."
    thousands: str = ""


_ANY = (Marks(".", ","), Marks(",", "."))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the cells of a column say: cells that only one reading allows, and cells that two do.

    ``comma`` and ``point`` count cells that prove that mark decimal; ``either`` maps a mark to the
    cells, such as ``1.234``, where it may be decimal or thousands.
    """

    comma: int
    point: int
    either: Counter[str]
    grouped: Counter[str]

    @property
    def decimal(self) -> str | None:
        """The decimal mark that the cells prove, or None when they prove none."""
        if self.comma == self.point:
            return None
        return "," if self.comma > self.point else "."


def weigh(cells: Iterable[str]) -> Evidence:
    """Count what each cell proves about the marks of its column.

    >>> weigh(["3019,53", "1.482,5", "250,225"]).decimal
    ','
    """
    proofs: Counter[str] = Counter()
    either: Counter[str] = Counter()
    grouped: Counter[str] = Counter()
    for cell in cells:
        if not cell or cell.isdecimal():
            continue
        bare = cell.strip("+-−% ")
        for space in _SPACES:
            if space in bare:
                bare = bare.replace(space, "")
                grouped[space] += 1
        both = _BOTH.fullmatch(bare)
        if both and both[1] != both[2]:
            proofs[both[2]] += 1
            grouped[both[1]] += 1
        elif repeated := _REPEATED.fullmatch(bare):
            proofs[_OTHER[repeated[1]]] += 1
            grouped[repeated[1]] += 1
        elif single := _SINGLE.fullmatch(bare):
            whole, mark, after, exponent = single.groups()
            three = len(after) == 3 and 1 <= len(whole) <= 3 and not exponent
            (either if three and not whole.startswith("0") else proofs)[mark] += 1
    return Evidence(proofs[","], proofs["."], either, grouped)


def choose_marks(evidence: Evidence, file_decimal: str) -> Marks:
    """Choose the marks of a column: what its cells prove, else what the file does elsewhere."""
    decimal = evidence.decimal or file_decimal
    other = _OTHER[decimal]
    if evidence.grouped[other] or evidence.either[other]:
        return Marks(decimal, other)
    spaces = [mark for mark in evidence.grouped if mark in _SPACES]
    return Marks(decimal, spaces[0] if spaces else "")


def looks_like_numbers(cells: Iterable[str]) -> bool:
    """Tell from a few cells whether half of a column may be numbers, by any marks."""
    present = [cell for cell in cells if cell]
    glance = present[:: max(1, len(present) // _GLANCE)]
    numbers = sum(any(read_number(cell, marks) for marks in _ANY) for cell in glance)
    missing = sum(cell in MISSING_WORDS for cell in glance)
    return (numbers + missing) * 2 >= len(glance)


def all_plain(cells: Sequence[str]) -> bool:
    """Tell whether every cell is empty or already a number such as ``1234.5``."""
    joined = "\n".join(cells) + "\n"
    return _ALL_PLAIN.fullmatch(joined) is not None and joined.count("\n") == len(cells)


def read_numbers(cells: Sequence[str], marks: Marks, missing: frozenset[str]) -> tuple[list[str], list[int]]:
    """Write every cell of a column as ``1234.5`` (or "" for missing), and list the rows that are no number.

    ``missing`` holds the cells, as written, that mean "no value".

    >>> read_numbers(["1.234,5", "n/a", "abc"], Marks(",", "."), MISSING_WORDS)
    (['1234.5', '', ''], [2])
    """
    at_once = _all_at_once(cells, marks, missing)
    if at_once is not None:
        return at_once, []
    written: list[str] = []
    unreadable: list[int] = []
    plain = PLAIN.fullmatch
    easy = marks.decimal == "." and marks.thousands != "."
    for row, cell in enumerate(cells):
        if easy and plain(cell):
            written.append(cell)
            continue
        number = read_number(cell, marks)
        if number is None:
            if cell not in missing:
                unreadable.append(row)
            number = ""
        written.append(number)
    return written, unreadable


def _all_at_once(cells: Sequence[str], marks: Marks, missing: frozenset[str]) -> list[str] | None:
    """Write a column that is ordinary numbers throughout in a few passes over its whole text."""
    joined = "\n".join(["" if cell in missing else cell for cell in cells] if missing else cells)
    if joined.count("\n") != len(cells) - 1 or not _lines(marks.decimal, marks.thousands).fullmatch(joined):
        return None
    removed = str.maketrans(dict.fromkeys({marks.thousands, *_SPACES} - {""}))
    joined = joined.translate(removed)
    return (joined.replace(",", ".") if marks.decimal == "," else joined).split("\n")


def read_number(cell: str, marks: Marks) -> str | None:
    """Write one cell as ``1234.5``, or return None if it is no number with these marks."""
    pattern = _pattern(marks.decimal, marks.thousands)
    bare = cell.replace("−", "-").removesuffix("%").rstrip()
    if bare.endswith("-"):
        bare = "-" + bare[:-1]
    if not pattern.fullmatch(bare):
        return None
    for mark in {marks.thousands, *_SPACES} - {""}:
        bare = bare.replace(mark, "")
    return bare.replace(",", ".") if marks.decimal == "," else bare


def has_leading_zeros(cells: Iterable[str]) -> bool:
    """Tell whether a column holds codes such as ``00731``, which are names and not numbers."""
    return any(_LEADING_ZERO.fullmatch(cell) for cell in cells)


@cache
def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    return re.compile(_number(decimal, thousands))


@cache
def _lines(decimal: str, thousands: str) -> re.Pattern[str]:
    number = _number(decimal, thousands)
    return re.compile(rf"(?:(?:{number})?\n)*+(?:{number})?")


def _number(decimal: str, thousands: str) -> str:
    groups = re.escape("".join(sorted({thousands, *_SPACES} - {""})))
    mark = re.escape(decimal)
    grouped = rf"\d{{1,3}}(?:[{groups}]\d{{3}})+"
    return rf"[+-]?(?:(?:{grouped}|\d+)(?:{mark}\d*)?|{mark}\d+)(?:[eE][+-]?\d{{1,3}})?"
