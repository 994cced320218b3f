"""What is wrong with an expression, and the characters it is about."""

from __future__ import annotations

from dataclasses import dataclass

from andamio.contracts.contract import Feature
from andamio.errors import Fault, Text, text
from andamio.features.expressions import Span

# A caret is of use only under text that fits a narrow terminal.
_SHOWN = 64
_INDENT = "\n          "


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in an expression, and the characters it is about."""

    code: str
    what: Text
    span: Span
    why: Text | None = None
    fix: Text | None = None


class Unreadable(Exception):
    """An expression cannot be read; carries the first mistake, after which nothing is certain."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(str(mistake.what))
        self.mistake = mistake


def unreadable(what: Text, span: Span, fix: Text | None = None, why: Text | None = None) -> Unreadable:
    """Build the exception for a mistake in the writing of an expression."""
    return Unreadable(Mistake("feature-syntax", what, span, why, fix))


def fault(mistake: Mistake, feature: Feature, contract: str) -> Fault:
    """Tell of a mistake as a fault whose ``where`` shows the expression with carets under the place."""
    excerpt, carets = _pointed(feature.expression, mistake.span)
    place = text("{contract}, feature {feature}", contract=contract, feature=feature.name)
    if feature.line:
        place = text(
            "{contract}, line {line}, feature {feature}",
            contract=contract,
            line=str(feature.line),
            feature=feature.name,
        )
    data = {
        "feature": feature.name,
        "line": feature.line,
        "start": mistake.span.start,
        "end": mistake.span.end,
    }
    where = text("{place}{excerpt}", place=place, excerpt=f"{_INDENT}{excerpt}{_INDENT}{carets}")
    return Fault(mistake.code, mistake.what, where, mistake.why, mistake.fix, data)


def _pointed(expression: str, span: Span) -> tuple[str, str]:
    # One character stays one column: tabs, line ends and what does not print become spaces.
    line = "".join(c if c.isprintable() else " " for c in expression)
    first = max(0, min(span.start - _SHOWN // 2, len(line) - _SHOWN))
    shown = line[first : first + _SHOWN]
    if first:
        shown = "…" + shown[1:]
    if first + _SHOWN < len(line):
        shown = shown[:-1] + "…"
    start = span.start - first
    length = max(1, min(span.end - first, _SHOWN + 1) - start)
    return shown, " " * start + "^" * length
