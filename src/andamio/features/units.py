"""Follow units through an expression: what is added or compared must measure the same thing.

The rules are those of a plant, kinder than a physicist's. A bare number takes the unit it meets
(``bearing_temp > 80``). Two temperatures may be added, as their mean needs it. An input without a unit
fits anything. Values are taken as they come, so bar and kPa may not be mixed; but a product with a bare
number may be a conversion, and from then on only the dimension is compared. ``exp`` needs a plain
number, because a raw tag inside it overflows; ``log`` takes anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from andamio.contracts.contract import Input, TagType
from andamio.contracts.signal import Signal
from andamio.errors import Text, UnitUnknown, text
from andamio.features.expressions import (
    Arithmetic,
    Call,
    Comparison,
    Negative,
    Node,
    Number,
    Span,
    Tag,
    tags_of,
)
from andamio.features.functions import FUNCTIONS
from andamio.features.mistakes import Mistake
from andamio.features.signals.gravity import millimetres
from andamio.kernel.units import convert, dimensions

Powers = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Measure:
    """What a part of an expression measures.

    Attributes:
        factors: The units it is made of, as the contract spells them, and their powers.
        dimension: The base dimensions and their powers.
        scaled: A bare number has multiplied it, so its scale is not known any more.
        difference: It is a difference of two values, so the unit's zero does not matter.
        bare: It is a number as typed, which takes the unit it meets.
    """

    factors: Powers
    dimension: Powers
    scaled: bool = False
    difference: bool = False
    bare: bool = False

    def __str__(self) -> str:
        """Write the unit: ``Nm·rpm``, ``degC/bar``, 1 without a unit, ``~`` before an unknown scale."""
        up = [_power(unit, power) for unit, power in self.factors.items() if power > 0]
        down = [_power(unit, -power) for unit, power in self.factors.items() if power < 0]
        unit = ("·".join(up) or "1") + "".join(f"/{part}" for part in down)
        return f"~{unit}" if self.scaled and self.factors else unit


# The units that count from the true zero, of what is also counted from another.
_ABSOLUTE = ("kelvin", "pascal")
# What functions over a signal measure: a frequency, or what the signal does, of these some as a difference.
_FREQUENCIES = frozenset({"peak_frequency", "spectral_centroid", "spectral_spread"})
_DIFFERENCES = frozenset({"std", "peak_to_peak", "difference", "rolling_std"})
_KEEPING = _DIFFERENCES | {
    *("mean", "rms", "peak", "lowest", "highest", "median", "amplitude", "peak_amplitude"),
    *("envelope", "last", "lag", "rolling_mean", "ewma"),
}
_PLAIN = Measure({}, {})
_BARE = Measure({}, {}, bare=True)


class UnitCheck:
    """Walks one expression, tells what it measures, and collects every mistake of units."""

    def __init__(
        self, inputs: Mapping[str, Input], expression: str, signals: Mapping[str, Signal] | None = None
    ) -> None:
        self._inputs = inputs
        self._signals = signals or {}
        self._expression = expression
        self.mistakes: list[Mistake] = []

    def measure(self, node: Node) -> Measure | None:
        """Tell what a part measures; None where that is not known."""
        match node:
            case Tag(name=name):
                return _declared(self._inputs[name]) if name in self._inputs else _BARE
            case Number():
                return _BARE
            case Negative(operand=operand):
                return self.measure(operand)
            case Comparison(left=left, right=right):
                self._alike(left, right)
                return _PLAIN
            case Arithmetic():
                return self._arithmetic(node)
            case Call():
                return self._call(node)
        return None

    def _arithmetic(self, node: Arithmetic) -> Measure | None:
        left, right = self.measure(node.left), self.measure(node.right)
        if node.sign in "+-":
            return self._sum(node, left, right)
        if node.sign == "**":
            return raised(left, _literal(node.right))
        if left is None or right is None:
            return None
        if node.sign == "/":
            right = raised(right, -1.0)
        scale = any(part.bare and _literal(side) != 1.0 for side, part in _sides(node, left, right))
        return _product(left, right, scaled=scale)

    def _sum(self, node: Arithmetic, left: Measure | None, right: Measure | None) -> Measure | None:
        together = self._merge([(node.left, left), (node.right, right)])
        if together is None or left is None or right is None or together.bare:
            return together
        if left.bare or right.bare:
            # 273.15 added to degC is a conversion, after which its zero is another.
            return replace(together, scaled=together.scaled or _zero_moves(together))
        if node.sign == "-":
            return replace(together, difference=left.difference or not right.difference)
        return replace(together, difference=left.difference and right.difference)

    def _call(self, node: Call) -> Measure | None:
        if FUNCTIONS[node.function].reads_signal:
            return self._of_signal(node)
        found = [self.measure(argument) for argument in node.arguments]
        match node.function:
            case "abs":
                return found[0]
            case "bpfo" | "bpfi" | "bsf" | "ftf":
                self._refuse_no_frequency(node.arguments[0], found[0])
                return found[0]
            case "sqrt":
                return raised(found[0], 0.5)
            case "min" | "max" | "clip":
                return self._merge(list(zip(node.arguments, found, strict=True)))
            case "where":
                return self._merge(list(zip(node.arguments[1:], found[1:], strict=True)))
            case "exp":
                self._refuse_raw(node, found[0])
        return _PLAIN

    def _of_signal(self, node: Call) -> Measure | None:
        """Tell what a function over a signal measures; whatever else it is given is a frequency."""
        measure = self.measure(node.arguments[0])
        for given in (*node.arguments[1:], *(option.value for option in node.options)):
            self._refuse_no_frequency(given, self.measure(given))
        function = node.function
        if function in _FREQUENCIES:
            return _measure("Hz")
        if function == "velocity_rms":
            self._refuse_no_acceleration(node, measure)
            return _measure("mm/s")
        if function in ("energy", "band_energy"):
            return raised(measure, 2.0)
        if function == "slope":
            return self._slope(node, measure)
        if function not in _KEEPING:
            return _PLAIN
        moves = function in _DIFFERENCES and measure is not None
        return replace(measure, difference=True) if moves and measure is not None else measure

    def _slope(self, node: Call, measure: Measure | None) -> Measure | None:
        names = [name for name in tags_of(node.arguments[0]) if name in self._signals]
        second = _measure("s")
        if measure is None or second is None or self._signals[names[0]].rate_hz is None:
            return measure
        return replace(_product(replace(measure, bare=False), raised(second, -1.0), scaled=False) or measure)

    def _refuse_no_acceleration(self, node: Call, measure: Measure | None) -> None:
        try:
            (unit,) = measure.factors if measure is not None else (None,)
            millimetres(unit)
        except (KeyError, ValueError, UnitUnknown):
            self._note(
                text("velocity_rms needs an acceleration"),
                node.arguments[0].span,
                text("it is integrated once over time"),
                text('declare the input\'s unit as "g" or "m/s2"'),
            )

    def _alike(self, left: Node, right: Node) -> None:
        self._merge([(left, self.measure(left)), (right, self.measure(right))])

    def _merge(self, found: list[tuple[Node, Measure | None]]) -> Measure | None:
        """Note a mistake for each part that does not measure what the first one does."""
        known = [(node, measure) for node, measure in found if measure is not None and not measure.bare]
        if not known:
            return None if any(measure is None for _, measure in found) else _BARE
        for node, measure in known[1:]:
            self._compare(known[0], (node, measure))
        if len(known) < sum(1 for _, measure in found if measure is None or not measure.bare):
            return None
        return replace(known[0][1], scaled=any(measure.scaled for _, measure in known))

    def _compare(self, one: tuple[Node, Measure], other: tuple[Node, Measure]) -> None:
        (left, a), (right, b) = one, other
        names = {
            "left": self._excerpt(left.span),
            "left_unit": str(a),
            "right": self._excerpt(right.span),
            "right_unit": str(b),
        }
        span = Span(min(left.span.start, right.span.start), max(left.span.end, right.span.end))
        if a.dimension != b.dimension:
            what = text(
                "{left} is in {left_unit} and {right} in {right_unit}: they do not measure the same", **names
            )
            why = text("only what measures the same can be added, subtracted or compared")
            self._note(what, span, why, text("check the expression, or the inputs' units"))
        elif not (a.scaled or b.scaled):
            zero, step = _conversion(a, b)
            if zero or step != 1.0:
                what = text("{left} is in {left_unit} and {right} in {right_unit}", **names)
                why = text("an expression takes values as they come, and converts nothing")
                self._note(what, span, why, _conversion_fix(zero, step, names))

    def _refuse_raw(self, node: Call, measure: Measure | None) -> None:
        if measure is not None and measure.dimension and not measure.scaled:
            inside = self._excerpt(node.arguments[0].span)
            self._note(
                text("exp of {inside} in {unit} depends on the unit", inside=inside, unit=str(measure)),
                node.span,
                text("exp needs a plain number, and grows past every limit on a raw one"),
                text("divide by what is a large change: exp({inside} / 10)", inside=inside),
            )

    def _refuse_no_frequency(self, node: Node, measure: Measure | None) -> None:
        if measure is not None and not measure.bare and measure.dimension != {"[time]": -1.0}:
            self._note(
                text("a frequency is needed here, and this is in {unit}", unit=str(measure)),
                node.span,
                text("a band lies around a frequency, in Hz"),
                text("give it an input in Hz"),
            )
        elif measure is not None and not measure.bare and not measure.scaled:
            hertz = _measure("Hz")
            _, step = _conversion(measure, hertz) if hertz else (0.0, 1.0)
            if step != 1.0:
                inside, factor = self._excerpt(node.span), f"{float(f'{1 / step:.7g}'):.9g}"
                self._note(
                    text("a frequency in Hz is needed here, and this is in {unit}", unit=str(measure)),
                    node.span,
                    text("an expression takes values as they come, and converts nothing"),
                    text("write {name} / {factor}", name=inside, factor=factor),
                )

    def _excerpt(self, span: Span) -> str:
        words = self._expression[span.start : span.end]
        return words if len(words) <= 40 else words[:39] + "…"

    def _note(self, what: Text, span: Span, why: Text, fix: Text) -> None:
        self.mistakes.append(Mistake("feature-unit", what, span, why, fix))


def raised(measure: Measure | None, power: float | None) -> Measure | None:
    """Tell what a power of a measure measures; None when the power is not a number as typed."""
    if measure is None or measure.bare:
        return measure
    if power is None:
        return None if measure.dimension else _PLAIN
    return Measure(
        {unit: p * power for unit, p in measure.factors.items() if power},
        {base: p * power for base, p in measure.dimension.items() if power},
        scaled=measure.scaled,
    )


def _sides(node: Arithmetic, left: Measure, right: Measure | None) -> list[tuple[Node, Measure]]:
    return [(node.left, left)] + ([(node.right, right)] if right is not None else [])


def _product(left: Measure, right: Measure | None, *, scaled: bool) -> Measure | None:
    if right is None:
        return None
    if left.bare and right.bare:
        return _BARE
    factors, dimension = dict(left.factors), dict(left.dimension)
    for total, added in ((factors, right.factors), (dimension, right.dimension)):
        for name, power in added.items():
            total[name] = total.get(name, 0.0) + power
    return Measure(
        {unit: power for unit, power in factors.items() if power},
        {base: power for base, power in dimension.items() if power},
        scaled=scaled or left.scaled or right.scaled,
        difference=left.difference or right.difference,
    )


def _conversion(a: Measure, b: Measure) -> tuple[float, float]:
    """Return what zero and a step of one become in the unit of the other: (0, 1) when they are the same.

    Products of units are compared by dimension alone.
    """
    if a.factors == b.factors or len(a.factors) != 1 or len(b.factors) != 1:
        return 0.0, 1.0
    ((one, power), *_), ((other, same), *_) = a.factors.items(), b.factors.items()
    if power != 1.0 or same != 1.0:
        return 0.0, 1.0
    zero, end = convert([0.0, 1.0], one, other).tolist()
    step = float(f"{end - zero:.9g}")
    same_zero = a.difference or b.difference or abs(zero) < 1e-9 * abs(step)
    return (0.0 if same_zero else zero), step


def _conversion_fix(zero: float, step: float, names: Mapping[str, str]) -> Text:
    if zero:
        return text("declare both inputs in one unit; files and rows that name theirs are converted")
    factor, name, unit = (
        (step, names["left"], names["right_unit"])
        if step >= 1.0
        else (float(f"{1.0 / step:.7g}"), names["right"], names["left_unit"])
    )
    # The factor is part of an expression, so it keeps its decimal point in every language.
    return text("write {factor} * {name} for {unit}", factor=f"{factor:.9g}", name=name, unit=unit)


def _zero_moves(measure: Measure) -> bool:
    """Tell whether a measure counts from a zero that is a convention, as degC and barg do."""
    if measure.difference or len(measure.factors) != 1:
        return False
    absolute = next((unit for unit in _ABSOLUTE if dimensions(unit) == measure.dimension), None)
    (unit, power), *_ = measure.factors.items()
    return power == 1.0 and absolute is not None and abs(float(convert(0.0, unit, absolute))) > 1e-9


def _declared(tag: Input) -> Measure | None:
    if tag.type is TagType.BOOLEAN:
        return _PLAIN
    return None if tag.unit is None else _measure(tag.unit)


@lru_cache(maxsize=1024)
def _measure(unit: str) -> Measure | None:
    try:
        return Measure({unit: 1.0}, dimensions(unit))
    except UnitUnknown:
        return None


def _literal(node: Node) -> float | None:
    match node:
        case Number(value=value):
            return value
        case Negative(operand=Number(value=value)):
            return -value
        case Arithmetic(sign="/", left=Number(value=above), right=Number(value=below)) if below:
            return above / below
    return None


def _power(unit: str, power: float) -> str:
    return unit if power == 1.0 else f"{unit}^{power:g}"
