"""Read ``[input.TAG]`` and ``[features]``: what the model is given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from andamio.contracts.contract import Feature, Input, Missing, OutOfRange, TagType, Unknown
from andamio.contracts.reading.findings import did_you_mean
from andamio.contracts.reading.section import Section, is_number
from andamio.contracts.spelling import spelled
from andamio.errors import Text, UnitUnknown, text
from andamio.kernel.units import parse_unit

TAG_NAME = re.compile(r"[a-z][a-z0-9_]*")
LONGEST = 65_536
RESERVED = ("asset", "time", "row", "rows", "units")
# Which settings make sense for which types; `type` and `column` for all.
_APPLIES: Mapping[str, tuple[TagType, ...]] = {
    "unit": (TagType.NUMBER, TagType.INTEGER, TagType.WAVEFORM),
    "range": (TagType.NUMBER, TagType.INTEGER),
    "out_of_range": (TagType.NUMBER, TagType.INTEGER),
    "missing": (TagType.NUMBER, TagType.INTEGER, TagType.BOOLEAN, TagType.CATEGORY, TagType.WAVEFORM),
    "values": (TagType.CATEGORY,),
    "unknown": (TagType.CATEGORY,),
    "rate_hz": (TagType.WAVEFORM,),
    "length": (TagType.WAVEFORM,),
    "accuracy": (TagType.NUMBER, TagType.INTEGER, TagType.WAVEFORM),
}


def read_inputs(root: Section, *, check_units: bool) -> tuple[Input, ...]:
    """Read every ``[input.TAG]`` and what must hold between them."""
    sections = root.section("input")
    if sections is None or not sections.table:
        if not root.has("input") or sections is not None:
            root.lacks("input", text("a model needs at least one input: [input.TAG]"))
        return ()
    inputs = []
    for name in sections.table:
        section = sections.section(name)
        if section is not None:
            _check_name(sections, name)
            inputs.append(_input(section, name, check_units=check_units))
    _check_columns(sections, inputs)
    return tuple(inputs)


def read_features(root: Section, inputs: Sequence[Input]) -> tuple[Feature, ...]:
    """Read the declared features; their expressions are checked by the room that knows the grammar."""
    section = root.section("features")
    if section is None:
        return ()
    tags = {i.name for i in inputs}
    features = []
    for name in section.table:
        expression = section.string(name)
        if not TAG_NAME.fullmatch(name):
            section.wrong(name, text("{name} cannot be the name of a feature", name=name), fix=_grammar(name))
        elif name in tags:
            section.wrong(
                name,
                text("{name} is the name of an input already", name=name),
                fix=text("give the feature another name"),
            )
        elif expression is not None:
            features.append(Feature(name, expression, section.findings.line(*section.path, name)))
    return tuple(features)


def _input(section: Section, name: str, *, check_units: bool) -> Input:
    kind = section.choice("type", TagType, TagType.NUMBER)
    if not section.has("type"):
        section.lacks("type", text("it is one of number, integer, boolean, category, waveform"))
    declared = Input(
        name=name,
        type=kind,
        column=section.string("column") or name,
        unit=_unit(section, check_units=check_units),
        range=_range(section),
        out_of_range=section.choice("out_of_range", OutOfRange, OutOfRange.REJECT),
        missing=_missing(section),
        values=_values(section, kind),
        unknown=section.choice("unknown", Unknown, Unknown.REJECT),
        rate_hz=section.number("rate_hz", low=0.0),
        length=_length(section),
        accuracy=section.number("accuracy"),
        line=section.findings.line(*section.path),
    )
    _check_fit(section, kind)
    _check_accuracy(section, declared)
    if section.has("out_of_range") and not section.has("range") and kind in _APPLIES["range"]:
        section.wrong("out_of_range", text("out_of_range needs a range"), fix=text("add range = [low, high]"))
    section.close()
    return declared


def _unit(section: Section, *, check_units: bool) -> str | None:
    unit = section.string("unit")
    if unit is not None and check_units:
        try:
            parse_unit(unit)
        except UnitUnknown as error:
            section.wrong("unit", error.what, code=error.code, fix=error.fix)
    return unit


def _range(section: Section) -> tuple[float, float] | None:
    value = section.raw("range")
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2 or not all(is_number(bound) for bound in value):
        section.wrong("range", text("range must be two numbers: [low, high]"))
        return None
    low, high = float(value[0]), float(value[1])
    if low >= high:
        section.wrong(
            "range",
            text("range = [{low}, {high}] holds no value", low=low, high=high),
            fix=text("write the lower number first"),
        )
        return None
    return low, high


def _missing(section: Section) -> Missing:
    value = section.table.get("missing")
    if isinstance(value, Mapping):
        section.raw("missing")
        if set(value) == {"hold"}:
            section.wrong(
                "missing",
                text("holding the last value is not possible yet"),
                code="contract-later",
                why=text("it needs the memory between rows that comes with windows, in a later version"),
                fix=text('write missing = "impute" or missing = "reject" for now'),
            )
        else:
            section.wrong(
                "missing", text("missing is not understood"), fix=did_you_mean("", [str(m) for m in Missing])
            )
        return Missing.REJECT
    return section.choice("missing", Missing, Missing.REJECT)


def _values(section: Section, kind: TagType) -> tuple[str, ...]:
    value = section.raw("values")
    if kind is not TagType.CATEGORY:
        return ()
    if value is None:
        section.lacks("values", text("a category is one of a list of texts"))
        return ()
    if not isinstance(value, list) or not value or not all(_is_plain(word) for word in value):
        section.wrong("values", text('{key} must be a list of texts, for example ["a", "b"]', key="values"))
        return ()
    values = tuple(spelled(word) for word in value)
    repeated = sorted({word for word in values if values.count(word) > 1})
    if repeated:
        section.wrong("values", text("values has {words} twice", words=", ".join(repeated)))
    return values


def _is_plain(word: object) -> bool:
    return (isinstance(word, str) and word == word.strip() != "") or isinstance(word, (bool, int))


def _length(section: Section) -> int | None:
    value = section.raw("length")
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 2 <= value <= LONGEST:
        section.wrong(
            "length", text("length must be a whole number of samples, from 2 to {most}", most=LONGEST)
        )
        return None
    return value


def _check_accuracy(section: Section, declared: Input) -> None:
    """Check that a sensor is right to within more than nothing and less than all that it can show."""
    accuracy = declared.accuracy
    if accuracy is None or declared.type not in _APPLIES["accuracy"]:
        return
    if accuracy <= 0:
        section.wrong(
            "accuracy",
            text("accuracy = {accuracy} is not above zero", accuracy=accuracy),
            fix=text(
                "write by how much a reading may be off, up or down, in the unit of the tag: the ± of its"
                " data sheet"
            ),
        )
    elif declared.range is not None and 2 * accuracy >= declared.range[1] - declared.range[0]:
        section.wrong(
            "accuracy",
            text(
                "accuracy = ±{accuracy} is as wide as the range {low} to {high}",
                accuracy=accuracy,
                low=declared.range[0],
                high=declared.range[1],
            ),
            why=text("such a reading would say nothing"),
            fix=text("write it in the unit of the tag, not in per cent"),
        )
    elif declared.type is TagType.INTEGER and accuracy < 1:
        section.wrong(
            "accuracy",
            text("accuracy = {accuracy} leaves a whole number as it is", accuracy=accuracy),
            fix=text("remove it, or write 1 or more"),
        )


def _check_fit(section: Section, kind: TagType) -> None:
    for key, types in _APPLIES.items():
        if section.has(key) and kind not in types:
            section.wrong(
                key, text("{key} says nothing about a {type}", key=key, type=kind), fix=text("remove it")
            )
    if kind is TagType.WAVEFORM:
        for key in ("rate_hz", "length"):
            if not section.has(key):
                section.lacks(key, text("a waveform is so many samples, taken at so many a second"))


def _check_name(sections: Section, name: str) -> None:
    if name in RESERVED:
        sections.wrong(
            name,
            text("an input cannot be called {name}", name=name),
            why=text("the word has its own meaning in a request"),
            fix=text('name it {name}_value and write column = "{name}"', name=name),
        )
    elif not TAG_NAME.fullmatch(name):
        sections.wrong(
            name, text("{name} cannot be the name of an input", name=name), fix=_grammar(name, column=True)
        )


def _grammar(name: str, *, column: bool = False) -> Text:
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    suggestion = plain if TAG_NAME.fullmatch(plain) else f"tag_{plain}".rstrip("_")
    if not column:
        return text("use small letters, digits and _, for example {suggestion}", suggestion=suggestion)
    return text(
        'use small letters, digits and _, for example {suggestion}, and write column = "{name}"',
        suggestion=suggestion,
        name=name,
    )


def _check_columns(sections: Section, inputs: Sequence[Input]) -> None:
    first: dict[str, str] = {}
    for declared in inputs:
        if declared.column in first:
            sections.findings.add(
                text(
                    'column "{column}" is read by {one} and by {other}',
                    column=declared.column,
                    one=first[declared.column],
                    other=declared.name,
                ),
                (*sections.path, declared.name, "column"),
                fix=text("give each input its own column"),
            )
        first.setdefault(declared.column, declared.name)
