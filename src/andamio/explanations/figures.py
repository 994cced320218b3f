"""Write figures as exact as they deserve, with their unit, in the reader's language."""

from __future__ import annotations

import math
from decimal import Decimal

from babel.numbers import format_decimal

from andamio.language import current_language
from andamio.language.values import number

_MINUS = "−"
_SIGNS = {"degC": "°C", "degF": "°F", "delta_degC": "°C", "delta_degF": "°F"}
_POWERS = str.maketrans("23", "²³")
_LOCALES = {"en": "en_US", "es": "es_CO"}
_MOST_DECIMALS = 6


def unit_sign(unit: str | None) -> str:
    """Return a unit as a plant writes it, after a space; empty for none.

    >>> unit_sign("degC"), unit_sign("m3/h"), unit_sign(None)
    (' °C', ' m³/h', '')
    """
    if not unit:
        return ""
    whole = _SIGNS.get(unit)
    if whole is None:
        whole = "".join(
            sign.translate(_POWERS) if place and sign in "23" and unit[place - 1].isalpha() else sign
            for place, sign in enumerate(unit)
        )
    return f" {whole}"


def decimals_for(size: float, figures: int = 2) -> int:
    """Return how many decimals show a size with so many significant figures.

    >>> decimals_for(38.2), decimals_for(3.82), decimals_for(0.382)
    (0, 1, 2)
    """
    if not math.isfinite(size) or size == 0:
        return 0
    return min(max(0, figures - 1 - math.floor(math.log10(abs(size)))), _MOST_DECIMALS)


def fixed(value: float, decimals: int, *, signed: bool = False) -> str:
    """Write a number with so many decimals, its sign also where it is plus if ``signed``."""
    if not math.isfinite(value):
        return "–"
    rounded = round(Decimal(value), decimals)
    digits = str(format_decimal(abs(rounded), "#,##0." + "0" * decimals if decimals else "#,##0",
                                locale=_LOCALES[current_language()]))  # fmt: skip
    if rounded == 0:
        return digits
    return (_MINUS if rounded < 0 else "+" if signed else "") + digits


def plain(value: float) -> str:
    """Write a number of which nothing else is known, with four significant figures."""
    shown = value if isinstance(value, int) else float(f"{value:.4g}")
    return number(shown, language=current_language()).replace("-", _MINUS)


def share(part: float) -> str:
    """Write a share of the rows: whole percents, and below one percent what is left of it."""
    percents = part * 100
    if 0 < percents < 0.1:
        return f"<{fixed(0.1, 1)} %"
    return fixed(percents, 1 if 0 < percents < 1 else 0) + " %"
