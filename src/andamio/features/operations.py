"""Turn what was written into the few operations that the graph knows, shared wherever they repeat.

``x ** 2`` becomes a product, ``clip`` a maximum and a minimum, ``2 * pi / 60`` one number. What is
constant is computed here in double precision; everything else is float32 in the graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from andamio.features.expressions import Arithmetic, Call, Comparison, Negative, Node, Number, Quoted, Tag
from andamio.features.functions import CONSTANTS, FUNCTIONS, Shape
from andamio.features.signals.bearings import BEARING, bearing_order
from andamio.features.signals.taking import follow, take
from andamio.features.terms import Column, Columns, Constant, Operation, Series, Step, Taken, Term

_SIGNS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "**": "pow"}
_COMPARISONS = {"<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal", "==": "equal"}

_FOLD: Mapping[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": math.pow,
    "neg": lambda a: -a,
    "abs": abs,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "min": min,
    "max": max,
    "less": lambda a, b: float(a < b),
    "less_equal": lambda a, b: float(a <= b),
    "greater": lambda a, b: float(a > b),
    "greater_equal": lambda a, b: float(a >= b),
    "equal": lambda a, b: float(a == b),
    "where": lambda c, a, b: a if c else b,
}


def fold(name: str, values: Sequence[float]) -> float:
    """Return what an operation makes of known numbers."""
    return float(_FOLD[name](*values))


class Lowering:
    """Turns checked expressions into operations, each different operation made once."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._made: dict[tuple[str, tuple[Term, ...]], Operation] = {}
        self._taken: dict[tuple[Series, Step], Taken] = {}

    def lower(self, node: Node) -> Term:
        """Turn one expression into operations.

        Raises:
            ArithmeticError, ValueError: A constant part has no value, such as ``1 / 0``.
            KeyError: A name is no input; ``check_features`` finds these first.
        """
        match node:
            case Number(value=value):
                return Constant(value)
            case Tag(name=name):
                if name in self._columns.numbers:
                    return Column(self._columns.numbers[name])
                return Constant(CONSTANTS[name])
            case Negative(operand=operand):
                return self.apply("neg", self.lower(operand))
            case Arithmetic(sign="**", left=left, right=right):
                return self._power(self.lower(left), self.lower(right))
            case Arithmetic(sign=sign, left=left, right=right):
                return self.apply(_SIGNS[sign], self.lower(left), self.lower(right))
            case Comparison():
                return self._comparison(node)
            case Call():
                return self._call(node)
        raise KeyError(node)

    def taken(self, series: Series, step: Step) -> Term:
        """Take a number from a signal; each different one is made once."""
        return self._taken.setdefault((series, step), Taken(series, step))

    def _take(self, node: Call) -> Term:
        if FUNCTIONS[node.function].gives is Shape.SERIES:
            return self.taken(self.series(node), Step("latest"))
        return take(node, self.series(node.arguments[0]), self)

    def series(self, node: Node) -> Series:
        """Tell which signal a part is, and how it is made."""
        if isinstance(node, Tag):
            signal = self._columns.signals[node.name]
            return Series(signal.name, signal.length, signal.rate_hz, signal.unit)
        if isinstance(node, Call) and FUNCTIONS[node.function].reads_signal:
            return follow(node, self.series(node.arguments[0]), self)
        raise KeyError(node)

    def apply(self, name: str, *operands: Term) -> Term:
        """Make an operation, or its value where all operands are constant."""
        known = [operand.value for operand in operands if isinstance(operand, Constant)]
        if len(known) < len(operands):
            return self._made.setdefault((name, operands), Operation(name, operands))
        value = fold(name, known)
        if not abs(value) < 3.4e38:
            raise OverflowError(name)
        return Constant(value)

    def _power(self, base: Term, exponent: Term) -> Term:
        if isinstance(base, Constant) or not isinstance(exponent, Constant):
            return self.apply("pow", base, exponent)
        match exponent.value:
            case 0.5:
                return self.apply("sqrt", base)
            case 1.0:
                return base
            case 2.0:
                return self.apply("mul", base, base)
            case 3.0:
                return self.apply("mul", self.apply("mul", base, base), base)
            case -1.0:
                return self.apply("div", Constant(1.0), base)
        return self.apply("pow", base, exponent)

    def _comparison(self, node: Comparison) -> Term:
        left, right = node.left, node.right
        if isinstance(left, Quoted):
            left, right = right, left
        if isinstance(right, Quoted) and isinstance(left, Tag):
            holds: Term = Column(self._columns.values[left.name, right.value])
        else:
            name = "equal" if node.sign == "!=" else _COMPARISONS[node.sign]
            holds = self.apply(name, self.lower(left), self.lower(right))
        return self.apply("sub", Constant(1.0), holds) if node.sign == "!=" else holds

    def _call(self, node: Call) -> Term:
        function = node.function
        if FUNCTIONS[function].reads_signal:
            return self._take(node)
        operands = tuple(self.lower(argument) for argument in node.arguments)
        if function in BEARING:
            return self.apply("mul", operands[0], Constant(bearing_order(node)))
        if function == "clip":
            value, low, high = operands
            return self.apply("min", self.apply("max", value, low), high)
        if function in ("min", "max"):
            result = operands[0]
            for operand in operands[1:]:
                result = self.apply(function, result, operand)
            return result
        return self.apply(function, *operands)
