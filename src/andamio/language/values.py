"""Write numbers and dates as a language writes them."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent


def written(value: object, language: str) -> str:
    """Write one value inside a sentence; text stays as it is, floats keep six significant digits."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, (int, float, Decimal)):
        return number(value, language=language)
    if isinstance(value, datetime):
        return date_time(value, language=language)
    if isinstance(value, date):
        return format_date(value, locale=_locale(language))
    return str(value)


def number(value: float | Decimal, digits: int = 6, *, language: str) -> str:
    """Write a number with at most ``digits`` significant digits, integers whole."""
    if isinstance(value, int):
        return str(format_decimal(value, locale=_locale(language)))
    if not math.isfinite(value):
        return str(value)
    if value != 0 and not 1e-4 <= abs(float(value)) < 1e15:
        return f"{value:.{digits}g}"
    whole = len(str(abs(int(value))))
    rounded = Decimal(f"{value:.{max(digits, whole)}g}")
    return str(format_decimal(rounded, locale=_locale(language), decimal_quantization=False))


def percent(share: float, *, language: str, decimals: int = 1) -> str:
    """Write a share of one as a percentage."""
    pattern = "#,##0." + "0" * decimals + " %" if decimals else "#,##0 %"
    return str(format_percent(share, pattern, locale=_locale(language)))


def date_time(moment: datetime, *, language: str) -> str:
    """Write a moment to the minute, in the zone it carries."""
    return str(format_datetime(moment, "yyyy-MM-dd HH:mm", locale=_locale(language)))


def _locale(language: str) -> str:
    # es_CO groups thousands with dots and writes decimals with a comma, as most of Latin America does.
    return {"es": "es_CO", "en": "en_US"}[language]
