"""The one way to write a value as text: a category that arrives as a number is its spelling."""

from __future__ import annotations


def spelled(value: str | float | bool) -> str:
    """Write a scalar as the text of a cell: ``5`` and ``5.0`` are "5", true is "true"."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)
