"""The pieces an expression is made of, each remembering which characters it came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters of an expression: ``start`` included, ``end`` not."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """Return the run from the start of this one to the end of the other."""
        return Span(self.start, other.end)


# Two pieces are equal when they mean the same, wherever they stand: spans take no part.
@dataclass(frozen=True, slots=True)
class Number:
    """A number as typed, or one of the constants ``pi`` and ``e``."""

    value: float
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Quoted:
    """A text between quotes: the value of a category, as in ``product == "H"``."""

    value: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Tag:
    """A name that stands for an input."""

    name: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Negative:
    """A minus sign before something."""

    operand: Node
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two parts joined by ``+ - * /`` or ``**``."""

    sign: str
    left: Node
    right: Node
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two parts compared: 1 where it holds, 0 where it does not."""

    sign: str
    left: Node
    right: Node
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Option:
    """An argument given by name, as ``width=5``."""

    name: str
    value: Node
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function applied to its arguments."""

    function: str
    arguments: tuple[Node, ...]
    options: tuple[Option, ...]
    span: Span = field(compare=False)
    name_span: Span = field(compare=False)


Node = Number | Quoted | Tag | Negative | Arithmetic | Comparison | Call


def children(node: Node) -> tuple[Node, ...]:
    """Return the parts directly inside a part."""
    match node:
        case Negative(operand=operand):
            return (operand,)
        case Arithmetic(left=left, right=right) | Comparison(left=left, right=right):
            return (left, right)
        case Call(arguments=arguments, options=options):
            return arguments + tuple(option.value for option in options)
    return ()


def parts(node: Node) -> Iterator[Node]:
    """Walk over a part and all that it contains, from left to right."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(children(current)))


def tags_of(node: Node) -> tuple[str, ...]:
    """Return the names of the inputs that an expression reads, each once, in order of appearance."""
    return tuple(dict.fromkeys(part.name for part in parts(node) if isinstance(part, Tag)))
