"""A value as it stands in a sentence, and the word that goes with its number."""

from __future__ import annotations


class Written(str):
    """A value as a language writes it, which also chooses between a word for one and a word for several.

    >>> "{n} {n:row|rows}".format(n=Written("1", 1))
    '1 row'
    >>> "{n} {n:row|rows}".format(n=Written("1,500", 1500))
    '1,500 rows'
    """

    _one: bool

    def __new__(cls, written: str, value: object) -> Written:
        """Keep how ``value`` is written, and whether it is one."""
        made = super().__new__(cls, written)
        made._one = isinstance(value, int | float) and value == 1
        return made

    def __format__(self, words: str) -> str:
        """Return itself, or of two words ``one|several`` the one that fits."""
        if "|" not in words:
            return super().__format__(words)
        one, _, several = words.partition("|")
        return one if self._one else several
