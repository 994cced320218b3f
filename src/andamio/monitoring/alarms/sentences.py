"""Keep a sentence with its values in the database, so that it can be said later in any language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import numpy as np

from andamio.errors import Text

_SENTENCE, _MOMENT, _DAY = "$text", "$moment", "$day"


def packed(value: object) -> Any:
    """Return a sentence, or a value inside one, as JSON can hold it.

    >>> from andamio.errors import text
    >>> unpacked(packed(text("{n} rows", n=3))) == text("{n} rows", n=3)
    True
    """
    if isinstance(value, Text):
        return {_SENTENCE: [value.template, {name: packed(held) for name, held in value.values.items()}]}
    if isinstance(value, np.generic):
        return packed(value.item())
    if isinstance(value, datetime):
        return {_MOMENT: value.isoformat()}
    if isinstance(value, date):
        return {_DAY: value.isoformat()}
    if value is None or isinstance(value, (bool, int, float, str)):
        return str(value) if isinstance(value, float) and value - value != 0.0 else value
    return str(value)


def unpacked(value: Any) -> Any:
    """Return what ``packed`` was given."""
    if not isinstance(value, Mapping):
        return value
    if _SENTENCE in value:
        template, holes = value[_SENTENCE]
        return Text(template, {name: unpacked(held) for name, held in holes.items()})
    if _MOMENT in value:
        return datetime.fromisoformat(value[_MOMENT])
    return date.fromisoformat(value[_DAY])
