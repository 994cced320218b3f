"""Say an explanation: "+14 % because bearing_temp is 91 °C, usually 60–70 °C"."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from andamio.contracts import TagType
from andamio.explanations.explainer import Contribution, Explanation
from andamio.explanations.figures import decimals_for, fixed, plain, share, unit_sign
from andamio.explanations.inside import Inside
from andamio.explanations.usual import Usual
from andamio.language import say


@dataclass(frozen=True, slots=True)
class Worded:
    """An explanation in the language of the moment.

    Attributes:
        value: The prediction, with its unit.
        base: The mean prediction of the background, with its unit.
        changes: What each tag changed, with sign and unit, as "+14 %".
        reasons: Why, as "bearing_temp is 91 °C, usually 60–70 °C".
        told: How many of the first changes do not round to zero.
    """

    value: str
    base: str
    changes: Sequence[str]
    reasons: Sequence[str]
    told: int
    scale: Scale

    def together(self, amount: float, *, signed: bool = True) -> str:
        """Write any other amount as these are written."""
        return self.scale.amount(amount, signed=signed)

    def error(self, amount: float) -> str:
        """Write how far these may be off."""
        return self.scale.error(amount)

    def sentences(self) -> list[str]:
        """Return a whole sentence for every tag."""
        return [
            say("{change} because {reason}", change=change, reason=reason)
            for change, reason in zip(self.changes, self.reasons, strict=True)
        ]


class Scale:
    """How amounts of one explanation are written: all with the same decimals, a chance in percent."""

    def __init__(self, explanation: Explanation) -> None:
        self._times = 1.0 if explanation.label is None else 100.0
        self._unit = unit_sign(explanation.unit) if explanation.label is None else " %"
        largest = max((abs(one.amount) for one in explanation.contributions), default=0.0)
        self._decimals = decimals_for((largest or abs(explanation.value)) * self._times)

    def amount(self, value: float, *, signed: bool = False) -> str:
        """Write an amount with its unit."""
        return fixed(value * self._times, self._decimals, signed=signed) + self._unit

    def error(self, value: float) -> str:
        """Write how far an amount may be off, rounded up to one figure."""
        size = abs(value * self._times)
        decimals = decimals_for(size, 1)
        return fixed(math.ceil(size * 10**decimals) / 10**decimals, decimals) + self._unit

    def shows(self, value: float) -> bool:
        """Tell whether an amount does not round to zero."""
        return abs(value * self._times) >= 0.5 * 10.0**-self._decimals


def worded(explanation: Explanation) -> Worded:
    """Put an explanation into words."""
    scale = Scale(explanation)
    found = explanation.contributions
    return Worded(
        scale.amount(explanation.value),
        scale.amount(explanation.base),
        [scale.amount(one.amount, signed=True) for one in found],
        [_reason(one) for one in found],
        sum(scale.shows(one.amount) for one in found),
        scale,
    )


def inside_words(one: Inside, scale: Scale) -> str | None:
    """Say which part of a signal made most of the difference; None where no part did."""
    part = one.largest
    whole = sum(other.amount for other in one.parts)
    if not scale.shows(part.amount) or abs(part.amount) < abs(whole) / 2:
        return None
    unit, times = ("Hz", 1.0) if one.axis == "hertz" else _clock(one.parts[-1].high)
    decimals = decimals_for((part.high - part.low) / times)
    span = f"{fixed(part.low / times, decimals)}–{fixed(part.high / times, decimals)} {unit}"
    amount = scale.amount(part.amount, signed=True)
    if one.axis == "hertz":
        return say("in {tag}, most of it ({amount}) lies at {span}", tag=one.tag, amount=amount, span=span)
    if one.axis == "seconds":
        return say(
            "in {tag}, most of it ({amount}) lies {span} after its beginning",
            tag=one.tag,
            amount=amount,
            span=span,
        )
    return say(
        "in the window of {tag}, most of it ({amount}) lies at samples {span}",
        tag=one.tag, amount=amount, span=f"{int(part.low) + 1}–{int(part.high)}",
    )  # fmt: skip


def _clock(whole_s: float) -> tuple[str, float]:
    """Choose the unit in which a stretch of time is told."""
    if whole_s > 36_000:
        return "h", 3600.0
    return ("min", 60.0) if whole_s > 600 else ("s", 1.0)


def _reason(one: Contribution) -> str:
    name, usual = one.tag.name, one.usual
    if one.value is None:
        return _missing(one)
    if one.tag.type is TagType.WAVEFORM and not isinstance(one.value, str):
        return say(
            "{tag} is a waveform of {value} rms",
            tag=name,
            value=plain(one.value) + unit_sign(one.tag.unit),
        )
    if isinstance(one.value, str):
        return _word(name, one.value, usual, declared=one.value in {*one.tag.values, "true", "false"})
    if usual.low is None or usual.high is None:
        return say("{tag} is {value}", tag=name, value=plain(one.value) + unit_sign(one.tag.unit))
    decimals = 0 if one.tag.type is TagType.INTEGER else decimals_for(usual.high - usual.low or usual.high)
    value = fixed(one.value, decimals) + unit_sign(one.tag.unit)
    return say("{tag} is {value}, usually {usual}", tag=name, value=value, usual=_range(one, decimals))


def _range(one: Contribution, decimals: int) -> str:
    low, high = fixed(one.usual.low or 0.0, decimals), fixed(one.usual.high or 0.0, decimals)
    unit = unit_sign(one.tag.unit)
    if low == high:
        return low + unit
    if (one.usual.low or 0.0) < 0:
        return say("{low} to {high}", low=low, high=high + unit)
    return f"{low}–{high}{unit}"


def _missing(one: Contribution) -> str:
    name, usual = one.tag.name, one.usual
    if usual.missing is None:
        return say("{tag} is missing", tag=name)
    often = _often(usual.missing)
    if usual.low is None or usual.high is None:
        return say("{tag} is missing, {often}", tag=name, often=often)
    decimals = decimals_for(usual.high - usual.low or usual.high)
    return say(
        "{tag} is missing, {often}; usually {usual}", tag=name, often=often, usual=_range(one, decimals)
    )


def _word(name: str, value: str, usual: Usual, *, declared: bool) -> str:
    if not declared:
        return say("{tag} is «{value}», which the contract does not name", tag=name, value=value)
    words = {"true": say("true"), "false": say("false")}
    shown = words.get(value, f"«{value}»")
    part = usual.share(value)
    if part is None:
        return say("{tag} is {value}", tag=name, value=shown)
    return say("{tag} is {value}, {often}", tag=name, value=shown, often=_often(part))


def _often(part: float) -> str:
    """Say in how much of the training it was so."""
    if part == 0:
        return say("as never in its training")
    return say("as in {share} of its training", share=share(part))
