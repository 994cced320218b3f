"""Words that mean "no value" among numbers or dates: blanks, spreadsheet errors, historians' states."""

from __future__ import annotations

from collections.abc import Iterable

_WORDS = """
- | -- | --- | ? | . | na | n/a | n.a. | #n/a | nan | null | none | nil | (null) | <na> | inf | -inf
#div/0! | #value! | #ref! | #num! | #name? | #null! | #¡div/0! | #¡valor! | #¡ref! | #¡num! | #¿nombre?
#¡nulo! | #n/d
bad | bad input | no data | nodata | no good | error | i/o timeout | comm fail | not connect | scan off
pt created | shutdown | configure | intf shut | under range | over range | calc failed | #########
s/d | n/d | sin dato | sin datos | sin señal | falla
"""


def _forms(words: Iterable[str]) -> frozenset[str]:
    """Write each word as people do: n/a, N/A, N/a, Bad Input."""
    spellings = (str, str.lower, str.upper, str.capitalize, str.title)
    return frozenset(spell(word) for word in words for spell in spellings)


MISSING_WORDS = _forms([word.strip() for line in _WORDS.splitlines() for word in line.split("|")]) | {"NaN"}


def missing_among(cells: Iterable[str], more: Iterable[str] = ()) -> frozenset[str]:
    """Return the cells, as written, that mean "no value"; ``more`` are words that the person named.

    >>> sorted(missing_among(["1.5", "N/A", "", "stop"], ["Stop"]))
    ['', 'N/A', 'stop']
    """
    different = set(cells)
    return frozenset(different & MISSING_WORDS | different & _forms(more))
