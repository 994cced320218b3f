"""The changes of unit and scale that happen in plants, and how to undo each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.errors import UnitUnknown
from andamio.kernel.units import convert, same_dimension

_DOUBT, _DOUBT_DECLARED, _DOUBT_UNDECLARED = 1.8, 2.0, 7.0


@dataclass(frozen=True, slots=True)
class Conversion:
    """A change of unit: what is read became ``factor * value + shift``."""

    name: str
    factor: float
    shift: float = 0.0
    doubt: float = _DOUBT  # how unlikely it is beforehand, in nats

    def undo(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what was read before the change."""
        return (values - self.shift) / self.factor


_SCALES = tuple(
    Conversion(name, factor)
    for name, factor in (
        ("x1000", 1e3),
        ("x100", 1e2),
        ("x10", 1e1),
        ("/10", 1e-1),
        ("/100", 1e-2),
        ("/1000", 1e-3),
    )
)
_KIN = (
    ("degC", "degF", "K"),
    ("bar", "psi", "kPa", "Pa", "MPa", "mbar", "atm", "kg/cm2"),
    ("m3/h", "l/s", "l/min", "gpm", "m3/s"),
    ("kg/h", "t/h", "lb/h", "kg/s", "kg/min"),
    ("kW", "W", "MW", "hp"),
    ("kWh", "MWh", "Wh", "MJ"),
    ("mm", "cm", "m", "inch", "ft", "um"),
    ("mm/s", "m/s", "inch/s"),
    ("rpm", "Hz", "rad/s"),
    ("kg", "t", "lb", "g"),
    ("l", "m3", "gallon"),
    ("V", "mV", "kV"),
    ("A", "mA"),
    ("N", "kN", "lbf"),
    ("Nm", "lbf*ft", "kNm"),
)
# Where no unit is declared, the conversions between the commonest units of one quantity.
_UNDECLARED = (
    Conversion("degC -> degF", 1.8, 32.0, doubt=_DOUBT_UNDECLARED),
    Conversion("degF -> degC", 1 / 1.8, -32 / 1.8, doubt=_DOUBT_UNDECLARED),
    Conversion("degC -> K", 1.0, 273.15, doubt=_DOUBT_UNDECLARED),
    Conversion("K -> degC", 1.0, -273.15, doubt=_DOUBT_UNDECLARED),
    Conversion("bar -> psi", 14.503774, doubt=_DOUBT_UNDECLARED),
    Conversion("psi -> bar", 1 / 14.503774, doubt=_DOUBT_UNDECLARED),
    Conversion("psi -> kPa", 6.894757, doubt=_DOUBT_UNDECLARED),
    Conversion("kPa -> psi", 1 / 6.894757, doubt=_DOUBT_UNDECLARED),
)


def conversions_for(unit: str | None) -> Sequence[Conversion]:
    """List the changes that may befall a tag with a declared unit; the usual suspects where none is."""
    if not unit:
        return (*_SCALES, *_UNDECLARED)
    try:
        kin = next((family for family in _KIN if same_dimension(unit, family[0])), ())
        return (*_SCALES, *(found for other in kin if (found := _between(unit, other)) is not None))
    except UnitUnknown:
        return (*_SCALES, *_UNDECLARED)


def _between(unit: str, other: str) -> Conversion | None:
    try:
        zero, one = convert([0.0, 1.0], unit, other)
    except UnitUnknown:
        return None
    factor, shift = float(one - zero), float(zero)
    if abs(factor - 1) < 1e-9 and abs(shift) < 1e-9:
        return None
    known = any(abs(factor / scale.factor - 1) < 1e-6 for scale in _SCALES) and abs(shift) < 1e-9
    return None if known else Conversion(f"{unit} -> {other}", factor, shift, _DOUBT_DECLARED)
