"""Check all features of a contract at once: their writing, names, shapes, units and constants."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from andamio.contracts.contract import Contract, Feature, Input
from andamio.errors import Fault, FeaturesRefused, text
from andamio.features.expressions import Arithmetic, Node, Span, parts, tags_of
from andamio.features.grammar import read
from andamio.features.mistakes import Mistake, Unreadable, fault
from andamio.features.operations import Lowering
from andamio.features.plan import FeaturePlan
from andamio.features.shapes import ShapeCheck
from andamio.features.signals.asking import signal_mistakes
from andamio.features.terms import Columns, Constant
from andamio.features.units import UnitCheck


@dataclass(frozen=True, slots=True)
class Described:
    """A feature that is in order: what it reads, and what it measures ("1": no unit; None: not known)."""

    feature: Feature
    tags: tuple[str, ...]
    unit: str | None


def parse(expression: str) -> Node:
    """Read one expression by itself, without asking what its names mean.

    Raises:
        FeaturesRefused: It cannot be read; its one fault points at the character.
    """
    try:
        return read(expression)
    except Unreadable as error:
        found = fault(error.mistake, Feature("expression", expression), "")
        raise FeaturesRefused(text("the expression cannot be read"), faults=[found]) from error


def check_features(contract: Contract, found: Sequence[Feature] = ()) -> list[Fault]:
    """Tell everything that is wrong with a contract's declared features, and with found ones."""
    return _examine(contract, (*contract.features, *found))[1]


def describe_features(contract: Contract) -> list[Described]:
    """Tell what each declared feature reads and measures; features with faults are left out."""
    return _examine(contract, contract.features)[0]


def refuse_wrong(plan: FeaturePlan) -> None:
    """Refuse a plan whose features cannot be compiled.

    Raises:
        FeaturesRefused: With every fault.
    """
    contract = plan.contract
    faults = _examine(contract, (*contract.features, *plan.found))[1]
    if faults:
        raise FeaturesRefused(
            text("the features of {model} cannot be computed", model=contract.name),
            fix=text("correct models/{model}.toml", model=contract.name),
            faults=faults,
        )


def _examine(contract: Contract, features: Sequence[Feature]) -> tuple[list[Described], list[Fault]]:
    inputs = dict(contract.by_name)
    names = frozenset(feature.name for feature in features)
    described: list[Described] = []
    faults: list[Fault] = []
    taken = set(inputs)
    for feature in features:
        mistakes: list[Mistake] = []
        try:
            node = read(feature.expression)
        except Unreadable as error:
            mistakes.append(error.mistake)
        else:
            result, mistakes = _mistakes(node, contract, names, feature.expression)
            if result is not None:
                described.append(Described(feature, *result))
        if feature.name in taken:
            mistakes.append(_taken(feature))
        taken.add(feature.name)
        mistakes.sort(key=lambda mistake: mistake.span.start)
        faults += [fault(mistake, feature, contract.name) for mistake in mistakes]
    return described, faults


def _mistakes(
    node: Node, contract: Contract, names: frozenset[str], expression: str
) -> tuple[tuple[tuple[str, ...], str | None] | None, list[Mistake]]:
    inputs = dict(contract.by_name)
    signals = {signal.name: signal for signal in contract.signals}
    shapes = ShapeCheck(inputs, names, signals)
    shapes.whole(node)
    if shapes.mistakes:
        return None, shapes.mistakes
    units = UnitCheck(inputs, expression, signals)
    measure = units.measure(node)
    tags = tuple(tag for tag in tags_of(node) if tag in inputs)
    mistakes = units.mistakes + list(_constant_mistakes(node, inputs))
    if not mistakes:
        mistakes = signal_mistakes(node, contract)
    if not tags:
        mistakes.append(
            Mistake(
                "feature-value",
                text("the feature uses no input"),
                node.span,
                text("it would be the same in every row"),
                text("use at least one of: {inputs}", inputs=", ".join(inputs)),
            )
        )
    return (None if mistakes else (tags, str(measure) if measure else None)), mistakes


def _constant_mistakes(node: Node, inputs: dict[str, Input]) -> Iterable[Mistake]:
    """Find the constant parts that have no value, of nested ones the innermost, and divisions by zero."""
    failed: list[Span] = []
    for part in reversed(list(parts(node))):
        if isinstance(part, Arithmetic) and part.sign == "/" and _constant(part.right, inputs) == 0.0:
            failed.append(part.span)
            yield Mistake(
                "feature-value",
                text("this divides by zero"),
                part.span,
                text("the feature would be undefined in every row"),
            )
        elif _constant(part, inputs) is None and not _inside(failed, part.span):
            failed.append(part.span)
            yield Mistake(
                "feature-value",
                text("this has no value"),
                part.span,
                text("it leaves the domain of a function, or is too large"),
            )


def _inside(spans: Iterable[Span], around: Span) -> bool:
    return any(around.start <= span.start and span.end <= around.end for span in spans)


def _constant(part: Node, inputs: dict[str, Input]) -> float | None:
    """Return the value of a constant part: None if it has none, NaN if it is not constant."""
    if any(name in inputs for name in tags_of(part)):
        return math.nan
    try:
        term = Lowering(Columns({}, {})).lower(part)
    except (ArithmeticError, ValueError):
        return None
    except KeyError:
        return math.nan
    return term.value if isinstance(term, Constant) else math.nan


def _taken(feature: Feature) -> Mistake:
    return Mistake(
        "feature-name",
        text("{name} is taken", name=feature.name),
        Span(0, len(feature.expression)),
        text("an input or another feature has this name"),
        text("give the feature another name"),
    )
