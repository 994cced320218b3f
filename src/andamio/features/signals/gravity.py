"""Accelerations as plants write them: in g, which is no gram here, or in m/s2."""

from __future__ import annotations

from andamio.kernel.units import convert

_GRAVITY = frozenset({"g", "G", "gn", "g0", "gs", "g_0", "g rms", "g_rms", "gravity"})
# Standard gravity in mm/s2: 3rd CGPM (1901).
_STANDARD = 9806.65


def millimetres(unit: str | None) -> float:
    """Return how many mm/s2 one of a unit of acceleration is.

    Raises:
        UnitUnknown: It is no acceleration.
        KeyError: It is not known.
    """
    if unit is None:
        raise KeyError("unit")
    if unit.strip() in _GRAVITY:
        return _STANDARD
    return float(convert(1.0, unit, "mm/s^2"))
