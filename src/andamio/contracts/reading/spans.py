"""Read spans of time as a plant writes them: "10 min", "24 h"; a plain number is a number of counts."""

from __future__ import annotations

import re

from andamio.contracts.reading.section import Section, is_number
from andamio.contracts.window import SECONDS, Horizon
from andamio.errors import text

_SPAN = re.compile(r"\s*(\d+\.?\d*|\.\d+)\s*([a-z]+)\s*")


def read_span(section: Section, key: str, *, zero: bool = False) -> Horizon | None:
    """Read a span: seconds with the unit it was written in, or a number of counts."""
    value = section.raw(key)
    if value is None:
        return None
    found: Horizon | None = None
    if is_number(value):
        found = Horizon(float(str(value)))
    elif isinstance(value, str) and (written := _SPAN.fullmatch(value)) and written.group(2) in SECONDS:
        found = Horizon(float(written.group(1)) * SECONDS[written.group(2)], written.group(2))
    if found is None:
        section.wrong(
            key,
            text('{key} must be a time such as "10 min" or "24 h", or a number of counts', key=key),
            fix=text("its units are: {units}", units=", ".join(SECONDS)),
        )
        return None
    if found.span < 0 or (found.span == 0 and not zero):
        section.wrong(key, text("{key} = {value} is not possible", key=key, value=value))
        return None
    return found
