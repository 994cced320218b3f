"""Turn what was written into the few operations that the graph knows, shared wherever they repeat.

``x ** 2`` becomes a product, ``clip`` a maximum and a minimum, ``2 * pi / 60`` one number. What is
constant is computed here in double precision; everything else is float32 in the graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from andamio.features.expressions import Arithmetic, Call, Comparison, Negative, Node, Number, Quoted, Tag
from andamio.features.functions import CONSTANTS


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


Term = Column | Constant | Operation


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the inputs stand: ``numbers`` by tag, ``values`` by category tag and value."""

    numbers: Mapping[str, int]
    values: Mapping[tuple[str, str], int]


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


class Lowering:
    """Turns checked expressions into operations, each different operation made once."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._made: dict[tuple[str, tuple[Term, ...]], Operation] = {}

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
                return self._apply("neg", self.lower(operand))
            case Arithmetic(sign="**", left=left, right=right):
                return self._power(self.lower(left), self.lower(right))
            case Arithmetic(sign=sign, left=left, right=right):
                return self._apply(_SIGNS[sign], self.lower(left), self.lower(right))
            case Comparison():
                return self._comparison(node)
            case Call(function=function, arguments=arguments):
                return self._call(function, tuple(self.lower(argument) for argument in arguments))
        raise KeyError(node)

    def _apply(self, name: str, *operands: Term) -> Term:
        known = [operand.value for operand in operands if isinstance(operand, Constant)]
        if len(known) < len(operands):
            return self._made.setdefault((name, operands), Operation(name, operands))
        value = float(_FOLD[name](*known))
        if not abs(value) < 3.4e38:
            raise OverflowError(name)
        return Constant(value)

    def _power(self, base: Term, exponent: Term) -> Term:
        if isinstance(base, Constant) or not isinstance(exponent, Constant):
            return self._apply("pow", base, exponent)
        match exponent.value:
            case 0.5:
                return self._apply("sqrt", base)
            case 1.0:
                return base
            case 2.0:
                return self._apply("mul", base, base)
            case 3.0:
                return self._apply("mul", self._apply("mul", base, base), base)
            case -1.0:
                return self._apply("div", Constant(1.0), base)
        return self._apply("pow", base, exponent)

    def _comparison(self, node: Comparison) -> Term:
        left, right = node.left, node.right
        if isinstance(left, Quoted):
            left, right = right, left
        if isinstance(right, Quoted) and isinstance(left, Tag):
            holds: Term = Column(self._columns.values[left.name, right.value])
        else:
            name = "equal" if node.sign == "!=" else _COMPARISONS[node.sign]
            holds = self._apply(name, self.lower(left), self.lower(right))
        return self._apply("sub", Constant(1.0), holds) if node.sign == "!=" else holds

    def _call(self, function: str, operands: tuple[Term, ...]) -> Term:
        if function == "clip":
            value, low, high = operands
            return self._apply("min", self._apply("max", value, low), high)
        if function in ("min", "max"):
            result = operands[0]
            for operand in operands[1:]:
                result = self._apply(function, result, operand)
            return result
        return self._apply(function, *operands)
