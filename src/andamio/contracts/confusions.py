"""Guess what went wrong with a value that is far from its range: another unit, or a lost decimal point.

The few conversions that plants mix up are written here, so that a refusal in the scoring process does not
wait for Pint to load.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from andamio.contracts.contract import Input
from andamio.errors import Text, text

# The contract's unit: the units it is mistaken for, with factor and offset to the contract's.
_MISTAKEN: Mapping[str, tuple[tuple[str, float, float], ...]] = {
    "degC": (("degF", 5 / 9, -160 / 9), ("K", 1.0, -273.15)),
    "degF": (("degC", 9 / 5, 32.0), ("K", 9 / 5, -459.67)),
    "K": (("degC", 1.0, 273.15), ("degF", 5 / 9, 459.67 * 5 / 9)),
    "bar": (("psi", 0.0689475729, 0.0), ("kPa", 0.01, 0.0), ("mbar", 0.001, 0.0), ("Pa", 1e-5, 0.0)),
    "psi": (("bar", 14.5037738, 0.0), ("kPa", 0.145037738, 0.0)),
    "kPa": (("bar", 100.0, 0.0), ("psi", 6.89475729, 0.0), ("Pa", 0.001, 0.0)),
    "rpm": (("Hz", 60.0, 0.0),),
    "Hz": (("rpm", 1 / 60, 0.0),),
    "mm/s": (("in/s", 25.4, 0.0), ("m/s", 1000.0, 0.0)),
    "m3/h": (("L/min", 0.06, 0.0), ("gpm", 0.227124707, 0.0), ("L/s", 3.6, 0.0)),
    "L/min": (("m3/h", 1 / 0.06, 0.0), ("gpm", 3.78541178, 0.0)),
    "kW": (("W", 0.001, 0.0),),
    "mm": (("in", 25.4, 0.0), ("m", 1000.0, 0.0)),
    "kg/h": (("t/h", 1000.0, 0.0),),
}
_SAME = {"°C": "degC", "C": "degC", "°F": "degF", "F": "degF", "m³/h": "m3/h", "l/min": "L/min"}


def likely_confusion(declared: Input, value: float) -> Text | None:
    """Return what would bring a value into its range, or None."""
    if declared.range is None:
        return None
    low, high = declared.range
    for unit, would_be in _readings(declared.unit, value):
        if low <= would_be <= high:
            return text(
                "{value} {unit} would be {would_be} {declared}",
                value=value,
                unit=unit,
                would_be=float(f"{would_be:.4g}"),
                declared=declared.unit,
            )
    for power in (1000, 100, 10):
        if value != 0 and low < value / power < high:
            return text("is it {power} times too large?", power=power)
        if value != 0 and low < value * power < high:
            return text("is it {power} times too small?", power=power)
    return None


def _readings(unit: str | None, value: float) -> Iterator[tuple[str, float]]:
    for sent, factor, offset in _MISTAKEN.get(_SAME.get(unit or "", unit or ""), ()):
        yield sent, value * factor + offset
