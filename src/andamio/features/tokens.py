"""Cut an expression into words: numbers, names, quoted texts and signs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from andamio.errors import text
from andamio.features.expressions import Span
from andamio.features.mistakes import Unreadable, unreadable

MAX_LENGTH = 2_000

_WORD = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<name>[^\W\d]\w*)
  | (?P<quoted>"[^"]*"|'[^']*')
  | (?P<sign>\*\*|<=|>=|==|!=|[-+*/<>(),=])
    """,
    re.VERBOSE,
)

_INSTEAD = {
    "^": "**",
    "×": "*",
    "·": "*",
    "÷": "/",
    "−": "-",
    "–": "-",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "²": "** 2",
    "³": "** 3",
    "√": "sqrt(…)",
    "[": "(",
    "{": "(",
    "]": ")",
    "}": ")",
    "&": "min(a > 1, b > 2)",
    "|": "max(a > 1, b > 2)",
    "“": '"',
    "”": '"',
}


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its kind is number, name, quoted, sign, or end."""

    kind: str
    text: str
    span: Span


def words(expression: str) -> list[Word]:
    """Cut an expression into words; the last one is always of kind ``end``.

    Raises:
        Unreadable: A character has no meaning here, or the expression is longer than MAX_LENGTH.
    """
    if len(expression) > MAX_LENGTH:
        raise unreadable(
            text("the expression is {length} characters long", length=len(expression)),
            Span(MAX_LENGTH, MAX_LENGTH + 1),
            text("write it in at most {limit} characters", limit=MAX_LENGTH),
        )
    found: list[Word] = []
    position = 0
    while position < len(expression):
        match = _WORD.match(expression, position)
        if match is None:
            raise _strange(expression, position)
        kind = match.lastgroup or ""
        if kind != "space":
            found.append(Word(kind, match.group(), Span(position, match.end())))
        position = match.end()
    found.append(Word("end", "", Span(position, position + 1)))
    return found


def _strange(expression: str, position: int) -> Unreadable:
    character = expression[position]
    span = Span(position, position + 1)
    if character in "\"'":
        return unreadable(
            text("the quote is never closed"),
            Span(position, len(expression)),
            text("close it with another {character}", character=character),
        )
    instead = _INSTEAD.get(character)
    shown = character if character.isprintable() else repr(character)
    return unreadable(
        text("{character} has no meaning in an expression", character=shown),
        span,
        text("write {instead}", instead=instead) if instead else None,
    )
