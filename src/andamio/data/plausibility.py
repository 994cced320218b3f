"""Know from a column's name or unit what its values can be at all."""

from __future__ import annotations

import re
from dataclasses import dataclass

from andamio.errors import Text, text

_PH = re.compile(r"(?<![A-Za-z])(?:pH|ph|PH)(?![A-Za-z])")
_HUMIDITY = re.compile(r"humid|humedad|\bRH\b|\bHR\b", re.IGNORECASE)
_PERCENT = re.compile(r"^\s*%|%\s*$|percent|porcentaje|por ciento", re.IGNORECASE)
_POWER_FACTOR = re.compile(r"power.?factor|factor.?de.?potencia|cos.?(?:phi|fi|φ)", re.IGNORECASE)
_ABSOLUTE_ZERO = {
    **dict.fromkeys(("degC", "°C", "ºC", "C", "celsius"), -273.15),
    **dict.fromkeys(("K", "kelvin", "°K"), 0.0),
    **dict.fromkeys(("degF", "°F", "ºF", "F"), -459.67),
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What values can be; above ``surely_above`` nothing but a lost mark explains them."""

    name: Text
    low: float
    high: float
    surely_above: float = float("inf")


def bounds_of(column: str, unit: str | None) -> Bounds | None:
    """Return what physics allows for a column, or None when its name and unit say nothing.

    >>> bounds_of("Ore Pulp pH", None).high
    14.0
    """
    infinite = float("inf")
    if _PH.search(column) or unit == "pH":
        return Bounds(text("pH"), 0.0, 14.0, 15.0)
    if _HUMIDITY.search(column) and (unit in (None, "%") or "%" in column):
        return Bounds(text("relative humidity"), 0.0, 105.0, 200.0)
    if _POWER_FACTOR.search(column):
        return Bounds(text("a power factor"), -100.0, 100.0, 200.0)
    if _PERCENT.search(column) or unit == "%":
        return Bounds(text("a percentage"), -infinite, infinite, 2000.0)
    if unit in _ABSOLUTE_ZERO:
        return Bounds(text("a temperature"), _ABSOLUTE_ZERO[unit], infinite)
    return None
