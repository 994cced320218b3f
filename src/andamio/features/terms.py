"""What an expression becomes: columns that enter, constants, operations, and numbers taken from signals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from andamio.contracts.signal import Signal


@dataclass(frozen=True, slots=True)
class Column:
    """A column of what enters: a numeric tag, or a category being one value."""

    index: int


@dataclass(frozen=True, slots=True)
class Constant:
    """A number known beforehand."""

    value: float


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """An operation over columns, constants and other operations; equal only to itself.

    ``Lowering`` makes each one once, so that comparing and hashing never walk the whole expression.
    """

    name: str
    operands: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """Something done to a signal: ``numbers`` may differ from row to row, ``settings`` may not."""

    name: str
    numbers: tuple[Term, ...] = ()
    settings: tuple[float | str, ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """A signal that enters, and the steps that made another of it.

    ``length`` and ``rate_hz`` are those of the result; ``rate_hz`` is None where time is not its axis.
    """

    signal: str
    length: int
    rate_hz: float | None
    unit: str | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """One number a row, taken from a signal; equal only to itself."""

    series: Series
    step: Step


Term = Column | Constant | Operation | Taken


@dataclass(frozen=True, slots=True)
class Columns:
    """Where inputs stand: ``numbers`` by tag, ``values`` by category tag and value, ``signals`` by name."""

    numbers: Mapping[str, int]
    values: Mapping[tuple[str, str], int]
    signals: Mapping[str, Signal] = field(default_factory=dict)


def operands(term: Term) -> tuple[Term, ...]:
    """Return the terms that must be known before a term is."""
    if isinstance(term, Operation):
        return term.operands
    if isinstance(term, Taken):
        return tuple(number for step in (*term.series.steps, term.step) for number in step.numbers)
    return ()
