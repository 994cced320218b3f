"""What a truth must look like for a model: one of its classes, or a finite number."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence

from andamio.bundles import GraphInfo
from andamio.errors import Fault, Text, text
from andamio.journal.truth import moment_of

Value = str | int | float | bool


class TruthCheck:
    """Checks truths against the target of one model version.

    A class may come as the plant writes it, as a number where its name is that number, and as true
    or false where there are two classes: true is the positive one.
    """

    def __init__(self, info: GraphInfo) -> None:
        self._classes = info.classes
        self._by_word = {name: name for name in info.classes}
        self._by_word |= {word: name for name in info.classes for word in _numeric_words(name)}
        if info.positive is not None and len(info.classes) == 2:
            truth, lie = info.classes[info.positive], info.classes[1 - info.positive]
            self._by_word = {"true": truth, "false": lie} | self._by_word

    def value(self, value: Value) -> str | float:
        """Return the truth as it is journalled.

        Raises:
            ValueError: It is not one; ``fault`` says why.
        """
        if self._classes:
            word = str(value).lower() if isinstance(value, bool) else str(value).strip()
            found = self._by_word.get(word)
            if found is None:
                raise ValueError
            return found
        number = math.nan if isinstance(value, bool) else float(value)
        if not math.isfinite(number):
            raise ValueError
        return number

    def fault(self, value: Value | None, where: Text) -> Fault:
        """Say what is wrong with a value that ``value`` refused."""
        if value is None or value == "":
            return _fault(text("the truth is missing"), where, text("give it as the field value"))
        if not self._classes:
            return _fault(
                text("{value} is not a number", value=str(value)), where, text("give the measured number")
            )
        near = difflib.get_close_matches(str(value), self._classes, n=1)
        known = text("the classes are: {classes}", classes=", ".join(self._classes[:20]))
        fix = text("did you mean {near}?", near=near[0]) if near else known
        return _fault(text("{value} is not a class of this model", value=str(value)[:200]), where, fix)


def naming_fault(prediction: str | None, asset: str | None, moment: str | None, where: Text) -> Fault | None:
    """Say what is wrong with the way a truth names its prediction: by id, or by asset and time."""
    both = text("name it by id, or by asset and time")
    if prediction:
        return _fault(text("it is named twice"), where, both) if asset or moment else None
    if not moment:
        what = (
            text("the time is missing")
            if asset
            else text("nothing says which prediction this is the truth of")
        )
        return _fault(what, where, both)
    if moment_of(moment) is None:
        what = text("{time} is not a time", time=moment[:100])
        return _fault(what, where, text("write it as the row did, ISO 8601: 2026-11-05T08:30:00-05:00"))
    return None


def _numeric_words(name: str) -> Sequence[str]:
    try:
        number = float(name)
    except ValueError:
        return ()
    return (str(number), str(int(number))) if number.is_integer() else (str(number),)


def _fault(what: Text, where: Text, fix: Text) -> Fault:
    return Fault("feedback-rejected", what, where=where, fix=fix)
