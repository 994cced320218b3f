"""Read units as plants write them, and convert between them.

Pint knows the units; this file knows the plant's spellings (``m3/h``, ``°C``, ``rpm``, ``barg``). Pint and
its registry take about half a second to load, so both wait for the first unit that is asked for.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import util
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from andamio.errors import UnitUnknown, text

if TYPE_CHECKING:
    import pint
    from pint import UnitRegistry


def _when_first_used(name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ImportError(name)
    spec.loader = util.LazyLoader(spec.loader)
    module = util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


if not TYPE_CHECKING:
    pint = _when_first_used("pint")

# Pint counts a turn as 2 pi, so that 3000 rpm would be 314 Hz; a plant means 50 Hz. Gauge pressures are
# offsets from the standard atmosphere; a normal cubic metre is an amount of gas, not a volume, so nothing
# converts it to m3 without a temperature and a pressure.
_DEFINITIONS = (
    "bar_gauge = 1e5 * pascal; offset: 101325 = barg",
    "millibar_gauge = 100 * pascal; offset: 101325 = mbarg",
    "kilopascal_gauge = 1000 * pascal; offset: 101325 = kPag",
    "psi_gauge = 6894.757293168361 * pascal; offset: 101325 = psig",
    "normal_cubic_meter = [normal_volume] = Nm3",
    "standard_cubic_foot = 0.0268 * normal_cubic_meter = scf",
    "ph_unit = [acidity]",
    "turbidity_unit = [turbidity] = NTU",
    "volt_ampere_reactive = volt * ampere = var",
    "us_dollar = [currency] = USD",
    "shaft_turns_per_minute = 1 / minute",
    "radians_per_second = 0.15915494309189535 / second",
)

# What Pint does not read, or reads as something no plant means (pH as picohenry, C as coulomb).
_SPELLINGS = {
    "": "dimensionless",
    "-": "dimensionless",
    "1": "dimensionless",
    "%": "percent",
    "pct": "percent",
    "por ciento": "percent",
    "°c": "degC",
    "ºc": "degC",
    "deg c": "degC",
    "C": "degC",
    "celsius": "degC",
    "°f": "degF",
    "ºf": "degF",
    "deg f": "degF",
    "F": "degF",
    "°k": "kelvin",
    "k": "kelvin",
    "Nm": "newton * meter",
    "nm": "nanometer",
    "N.m": "newton * meter",
    "mNm": "millinewton * meter",
    "kNm": "kilonewton * meter",
    "bar(g)": "barg",
    "bar g": "barg",
    "psi(g)": "psig",
    "bar(a)": "bar",
    "bara": "bar",
    "psia": "psi",
    "rpm": "shaft_turns_per_minute",
    "r/min": "shaft_turns_per_minute",
    "rev/min": "shaft_turns_per_minute",
    "rad/s": "radians_per_second",
    "inH2O": "inch_H2O",
    "mmH2O": "millimeter_H2O",
    "cmH2O": "centimeter_H2O",
    "tCO2": "tonne",
    "1/min": "1/minute",
    "min-1": "1/minute",
    "cfm": "foot**3/minute",
    "scfm": "scf/minute",
    "gpm": "gallon/minute",
    "lpm": "liter/minute",
    "l/s": "liter/second",
    "Nm3": "Nm3",
    "Sm3": "Nm3",
    "℃": "degC",
    "pH": "ph_unit",
    "ph": "ph_unit",
    "kVA": "kilovolt_ampere",
    "kvar": "kilovar",
    "kVAr": "kilovar",
    "kVARh": "kilovar*hour",
    "kVArh": "kilovar*hour",
    "mmWC": "millimeter_H2O",
    "mmca": "millimeter_H2O",
    "inWC": "inch_H2O",
    "ton/h": "tonne/hour",
    "tn/h": "tonne/hour",
}
_SIGNS = str.maketrans({"²": "2", "³": "3", "·": "*", "×": "*", "µ": "u", "μ": "u", "⁻": "-", "¹": "1"})
_NAME = r"[A-Za-z°%ΩÅ_]+"
_FACTOR = re.compile(rf"({_NAME})(?:(?:\*\*|\^)?(-?[1-4]))?")
_PRODUCT = rf"{_FACTOR.pattern}(?:\*{_FACTOR.pattern})*"
_EXPRESSION = re.compile(rf"(?:1(?=/)|{_PRODUCT})(?:[*/](?:{_FACTOR.pattern}|\({_PRODUCT}\)))*")
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: how the plant writes it, and what Pint calls it."""

    spelling: str
    name: str

    def __str__(self) -> str:
        return self.spelling


@lru_cache(maxsize=1024)
def parse_unit(spelling: str) -> Unit:
    """Read a unit as a plant writes it.

    The text may come from a stranger's request: only names joined by ``*`` and ``/``, with powers to four,
    ever reach Pint.

    >>> parse_unit("m3/h").name
    'meter ** 3 / hour'

    Raises:
        UnitUnknown: Nobody knows the unit.
    """
    written = spelling.strip()
    try:
        return Unit(written, str(_registry().parse_units(_in_pints_words(written))))
    except (pint.PintError, ValueError) as error:
        raise UnitUnknown(
            text('nobody knows the unit "{unit}"', unit=written[:_LONGEST]),
            fix=text("write it as degC, bar, kg/h, m3/h, rpm, % …; leave the unit out if there is none"),
        ) from error


def same_dimension(one: str | Unit, other: str | Unit) -> bool:
    """Tell whether two units measure the same thing, so that one converts to the other."""
    registry = _registry()
    first, second = _unit(one), _unit(other)
    return bool(registry.Unit(first.name).dimensionality == registry.Unit(second.name).dimensionality)


def dimensions(unit: str | Unit) -> dict[str, float]:
    """Return what a unit measures, as powers of the base dimensions: ``{"[length]": 3, "[time]": -1}``."""
    found = _registry().Unit(_unit(unit).name).dimensionality
    return {str(name): float(str(power)) for name, power in found.items()}


def convert(
    values: ArrayLike | Sequence[float], from_unit: str | Unit, to_unit: str | Unit
) -> NDArray[np.float64]:
    """Convert values from one unit to another; offsets (degF to degC, barg to bar) are applied.

    Args:
        values: Any shape; NaN stays NaN.
        from_unit: What the values are in.
        to_unit: What they shall be in.

    Raises:
        UnitUnknown: A unit is unknown, or the two do not measure the same thing.
    """
    array = np.asarray(values, dtype=np.float64)
    source, target = _unit(from_unit), _unit(to_unit)
    if source.name == target.name:
        return array.copy()
    if not same_dimension(source, target):
        raise UnitUnknown(
            text("{source} cannot be converted to {target}", source=source, target=target),
            why=text("they do not measure the same thing"),
        )
    converted = _registry().Quantity(array, source.name).to(target.name)
    return np.asarray(converted.magnitude, dtype=np.float64)


def _unit(unit: str | Unit) -> Unit:
    return unit if isinstance(unit, Unit) else parse_unit(unit)


def _in_pints_words(written: str) -> str:
    known = _spelling(written)
    if known is not None:
        return known
    plain = written.translate(_SIGNS)
    if len(plain) > _LONGEST or not _EXPRESSION.fullmatch(plain):
        raise ValueError(written)
    return _FACTOR.sub(_one_factor, plain)


def _one_factor(found: re.Match[str]) -> str:
    name, power = found.groups()
    known = _spelling(found.group()) or _spelling(name)
    if known is not None and (power is None or _spelling(found.group()) is not None):
        return f"({known})"
    return f"({known or name})**{power or 1}"


def _spelling(written: str) -> str | None:
    return _SPELLINGS.get(written) or _SPELLINGS.get(written.lower())


@cache
def _registry() -> UnitRegistry[float]:
    registry: UnitRegistry[float] = pint.UnitRegistry(autoconvert_offset_to_baseunit=False)
    for definition in _DEFINITIONS:
        registry.define(definition)
    return registry
