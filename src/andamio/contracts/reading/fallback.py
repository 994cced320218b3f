"""Read ``[fallback]``: who answers when the model cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from andamio.contracts.contract import Fallback, Input, Kind, TagType, ThresholdRule
from andamio.contracts.reading.section import Section
from andamio.errors import text

_NUMBERS = (TagType.NUMBER, TagType.INTEGER)


def read_fallback(root: Section, kind: Kind, inputs: Sequence[Input]) -> Fallback | None:
    """Read ``[fallback]``; without it a row that the model cannot answer is an error."""
    section = root.section("fallback")
    if section is None:
        return None
    version = section.raw("version")
    if version is not None and not isinstance(version, bool):
        section.wrong("version", text("{key} must be true or false", key="version"))
    rule = _rule(section, kind, inputs)
    if version is False and not section.has("tag"):
        section.lacks("tag", text("without the last good version, a fixed rule must answer"))
    section.close()
    return Fallback(version=version is not False, rule=rule)


def _rule(section: Section, kind: Kind, inputs: Sequence[Input]) -> ThresholdRule | None:
    tag = section.word("tag", [declared.name for declared in inputs if declared.type in _NUMBERS])
    bounds = {side: section.number(side) for side in ("above", "below")}
    if not any(section.has(key) for key in ("tag", "above", "below")):
        return None
    if kind is not Kind.CLASSIFICATION:
        section.wrong(
            "tag", text("a fixed rule says nothing about a {type}", type=kind), fix=text("remove it")
        )
        return None
    if not section.has("tag"):
        section.lacks("tag", text("it is the input that the fixed rule looks at"))
    if section.has("above") == section.has("below"):
        section.wrong(
            "tag",
            text("a fixed rule has one bound"),
            fix=text("write above = NUMBER, or below = NUMBER"),
        )
        return None
    side: Literal["above", "below"] = "above" if section.has("above") else "below"
    bound = bounds[side]
    return None if tag is None or bound is None else ThresholdRule(tag=tag, side=side, bound=bound)
