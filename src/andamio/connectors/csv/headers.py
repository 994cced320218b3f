"""Name the columns of a file, and find the units written beside the names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from andamio.errors import Text, text

_BRACKETS = re.compile(r"\[\s*([^\[\]]{1,24}?)\s*\]\s*$")
_PARENTHESES = re.compile(r"\(\s*([^()]{1,16}?)\s*\)\s*$")
_UNIT = re.compile(
    r"(?:°|º|deg) ?[CFKRcf]?|[CFKVAWJNLhsgmtd%‰Ω°]|ppm|ppb|rpm|RPM|pH|[kM]?Hz|m?bar[ga]?|[kMhm]?Pa|psi[ag]?"
    r"|atm|mmHg|[mkM]?[VAW]|[kMG]?Wh|k?V(?:A|Ar|ar|Ah|Arh)|k?N|N[·.]?m|[munpkµ]?m|cm|in|ft|[mk]?g|ton|lb"
    r"|[muµ]?s|min|hr|m\^?[23³²]|[mkc]?[lL]|gal|bbl|ohm|[muµ]?S(?:/c?m)?|dBA?|cP|cSt|mol|[kM]?J|kcal|rad"
    r"|[A-Za-zµ%Ω]{1,4}[23³²]?(?:\s?[/*·]\s?[A-Za-z]{1,4}\^?-?[23³²]?){1,2}"
)


def name_columns(written: Sequence[str]) -> tuple[list[str], list[Text]]:
    """Give every column a name of its own: blanks are numbered, doubles get ``_2``, ``_3``.

    >>> name_columns(["T", "", "T"])[0]
    ['T', 'column_2', 'T_2']
    """
    names: list[str] = []
    notes: list[Text] = []
    taken = {" ".join(name.split()) for name in written}
    for position, raw in enumerate(written, 1):
        name = " ".join(raw.split())
        if not name:
            name = _free(f"column_{position}", taken)
            notes.append(
                text('column {position} has no name; it is called "{name}"', position=position, name=name)
            )
        elif name in names:
            first, name = name, _next(name, taken)
            notes.append(
                text(
                    'two columns are called "{first}"; column {position} is called "{name}"',
                    first=first, position=position, name=name,
                )
            )  # fmt: skip
        taken.add(name)
        names.append(name)
    return names, notes


def header_units(names: Sequence[str]) -> Mapping[str, str]:
    """Find units in headers: anything in square brackets, and what looks like a unit in round ones.

    >>> header_units(["Air temperature [K]", "Pressure (bar)", "Flow (left)"])
    {'Air temperature [K]': 'K', 'Pressure (bar)': 'bar'}
    """
    units: dict[str, str] = {}
    for name in names:
        square, round_ = _BRACKETS.search(name), _PARENTHESES.search(name)
        if square:
            units[name] = square[1]
        elif round_ and is_unit(round_[1]):
            units[name] = round_[1]
    return units


def is_unit(written: str) -> bool:
    """Tell whether a short text looks like a unit."""
    return _UNIT.fullmatch(written.strip()) is not None


def _free(name: str, taken: set[str]) -> str:
    return name if name not in taken else _next(name, taken)


def _next(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
