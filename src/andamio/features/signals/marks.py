"""Which frequencies the features of a contract ask for, in one row: what a drawing marks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from andamio.contracts.contract import Contract
from andamio.features.expressions import Call, parts
from andamio.features.functions import FUNCTIONS
from andamio.features.grammar import read
from andamio.features.operations import Lowering, fold
from andamio.features.signals.taking import band_of
from andamio.features.terms import Column, Columns, Constant, Operation, Term


@dataclass(frozen=True, slots=True)
class Mark:
    """A band that a feature reads.

    Attributes:
        signal: The signal it is read from.
        feature: The feature's name.
        low: Its lower end in Hz.
        high: Its upper end; infinite where it has none.
        enveloped: It is read from the spectrum of the envelope.
        carrier: The band that the envelope is taken of, where it is taken of one.
    """

    signal: str
    feature: str
    low: float
    high: float
    enveloped: bool
    carrier: tuple[float, float] | None


def marked_bands(contract: Contract, numbers: Sequence[float]) -> tuple[Mark, ...]:
    """List the bands that the declared features read in one row.

    Args:
        contract: Its features are in order; see ``check_features``.
        numbers: The row's numbers, in the order of ``contract.numbers``.
    """
    columns = {tag.name: place for place, tag in enumerate(contract.numbers)}
    values = {(tag.name, value): -1 for tag in contract.categories for value in tag.values}
    lowering = Lowering(Columns(columns, values, {signal.name: signal for signal in contract.signals}))
    return tuple(
        mark
        for feature in contract.features
        for call in parts(read(feature.expression))
        if isinstance(call, Call) and FUNCTIONS[call.function].band
        if (mark := _mark(feature.name, call, lowering, numbers)) is not None
    )


def _mark(feature: str, call: Call, lowering: Lowering, numbers: Sequence[float]) -> Mark | None:
    series = lowering.series(call.arguments[0])
    low, high = (_value(end, numbers) for end in band_of(call, lowering))
    if not math.isfinite(low) or math.isnan(high):
        return None
    envelope = next((step for step in series.steps if step.name == "envelope"), None)
    carrier = None
    if envelope is not None and envelope.numbers:
        start, end = (_value(term, numbers) for term in envelope.numbers)
        carrier = (start, end)
    return Mark(series.signal, feature, low, high if high < 1e29 else math.inf, envelope is not None, carrier)


def _value(term: Term, numbers: Sequence[float]) -> float:
    """Return what a term is in a row; NaN where it is taken from a signal or a category."""
    match term:
        case Constant(value=value):
            return value
        case Column(index=index):
            return float(numbers[index]) if index >= 0 else math.nan
        case Operation(name=name, operands=operands):
            try:
                return fold(name, [_value(operand, numbers) for operand in operands])
            except (ArithmeticError, ValueError):
                return math.nan
    return math.nan
