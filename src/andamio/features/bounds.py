"""Bound every operation by interval arithmetic, to know which features can never be undefined."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from andamio.features.terms import Column, Constant, Operation, Taken, Term

Bounds = tuple[float, float]

UNBOUNDED: Bounds = (-math.inf, math.inf)
# Float32 ends at 3.4e38. Staying a hundred times below leaves room for every rounding on the way.
_LARGEST = 3.4e36
# Float32 rounds each value and each result by at most 6e-8 of itself; this allows for many.
_ROUNDING = 1e-6


def bounded(terms: Sequence[Term], columns: Mapping[int, Bounds]) -> list[bool]:
    """Tell for each term whether it is a finite float32 for all values of its columns.

    Args:
        terms: The operations of the features.
        columns: The least and greatest value of each column that has both.

    Source: Moore, Kearfott & Cloud, Introduction to Interval Analysis (2009), chapter 2.
    """
    known: dict[Term, Bounds | None] = {}
    return [_bounds(term, columns, known) is not None for term in terms]


def _bounds(term: Term, columns: Mapping[int, Bounds], known: dict[Term, Bounds | None]) -> Bounds | None:
    if isinstance(term, Constant):
        return (term.value, term.value)
    if isinstance(term, Column):
        return columns.get(term.index)
    if isinstance(term, Taken):
        # A sample may be missing.
        return None
    if term not in known:
        operands = [_bounds(operand, columns, known) for operand in term.operands]
        inside = [bounds for bounds in operands if bounds is not None]
        known[term] = _apply(term, inside) if len(inside) == len(operands) else None
    return known[term]


def _apply(operation: Operation, operands: Sequence[Bounds]) -> Bounds | None:
    try:
        low, high = _RULES[operation.name](*operands)
    except (ArithmeticError, ValueError):
        return None
    low, high = low - abs(low) * _ROUNDING, high + abs(high) * _ROUNDING
    return (low, high) if -_LARGEST < low <= high < _LARGEST else None


def _sum(a: Bounds, b: Bounds) -> Bounds:
    # What cancels keeps the rounding of the larger part; parts that are not negative never cancel.
    slack = _ROUNDING * max(map(abs, (*a, *b)))
    low, high = a[0] + b[0] - slack, a[1] + b[1] + slack
    return (max(low, 0.0) if a[0] >= 0 and b[0] >= 0 else low), high


def _product(a: Bounds, b: Bounds) -> Bounds:
    corners = [x * y for x in a for y in b]
    return min(corners), max(corners)


def _quotient(a: Bounds, b: Bounds) -> Bounds:
    if b[0] <= 0 <= b[1]:
        raise ZeroDivisionError
    return _product(a, (1 / b[1], 1 / b[0]))


def _absolute(a: Bounds) -> Bounds:
    least = 0.0 if a[0] <= 0 <= a[1] else min(abs(a[0]), abs(a[1]))
    return least, max(abs(a[0]), abs(a[1]))


def _power(a: Bounds, b: Bounds) -> Bounds:
    if a[0] <= 0:
        raise ValueError
    corners = [x**y for x in a for y in b]
    return min(corners), max(corners)


def _truth(*_: Bounds) -> Bounds:
    return 0.0, 1.0


def _log(a: Bounds) -> Bounds:
    # The smallest float32 above zero; a range that starts below it may round to zero.
    if a[0] < 1e-37:
        raise ValueError
    return math.log(a[0]), math.log(a[1])


_RULES: Mapping[str, Callable[..., Bounds]] = {
    "add": _sum,
    "sub": lambda a, b: _sum(a, (-b[1], -b[0])),
    "mul": _product,
    "div": _quotient,
    "pow": _power,
    "neg": lambda a: (-a[1], -a[0]),
    "abs": _absolute,
    "sqrt": lambda a: (math.sqrt(a[0]), math.sqrt(a[1])),
    "exp": lambda a: (math.exp(a[0]), math.exp(a[1])),
    "log": _log,
    "min": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    "max": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
    "less": _truth,
    "less_equal": _truth,
    "greater": _truth,
    "greater_equal": _truth,
    "equal": _truth,
    "where": lambda _, a, b: (min(a[0], b[0]), max(a[1], b[1])),
}
