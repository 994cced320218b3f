"""Read ``[window]``: how rows become windows, and ``horizon``: how far ahead is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from andamio.contracts.contract import Input, Kind, Missing, TagType
from andamio.contracts.reading.section import Section
from andamio.contracts.reading.spans import read_span
from andamio.contracts.window import Horizon, Window
from andamio.errors import text

LONGEST = 100_000
MOST_HELD = 10_000
_CENTURY = 3.2e9
_SPANS = ("every", "gap", "lateness")


def read_window(root: Section, inputs: Sequence[Input], time: str | None) -> Window | None:
    """Read ``[window]``; without it every row is answered by itself."""
    section = root.section("window")
    if section is None:
        return None
    spans = {key: read_span(section, key, zero=key == "lateness") for key in _SPANS}
    cycle, (tags, conditions) = section.string("cycle"), _tags(section, inputs)
    window = Window(
        length=_whole(section, "length", 2, LONGEST) or 2,
        least=_whole(section, "least", 1, LONGEST),
        every=_span(spans["every"]),
        step=_whole(section, "step", 1, LONGEST) or 1,
        gap=_span(spans["gap"]),
        lateness=_span(spans["lateness"]) or 0.0,
        cycle=cycle,
        tags=tags,
        conditions=conditions,
        clock="counts"
        if any(s is not None and s.unit is None and s.span for s in spans.values())
        else "time",
    )
    if not section.has("length"):
        section.lacks("length", text("a window is so many samples"))
    if time is None:
        section.wrong(
            "length",
            text("windows need a clock"),
            code="contract-lacking",
            why=text("the rows of a window are put in order by their time"),
            fix=text("write time = COLUMN in [model]; a column that counts will do"),
        )
    _check_cycle(section, window)
    _check_clock(section, spans)
    _check_size(section, window)
    _check_inputs(section, inputs)
    _check_least(section, window, inputs)
    _check_conditions(section, window, inputs)
    section.close()
    return window


def read_horizon(section: Section, kind: Kind) -> Horizon | None:
    """Read ``horizon`` of ``[model]``."""
    horizon = read_span(section, "horizon")
    if horizon is not None and kind is Kind.ANOMALY:
        section.wrong(
            "horizon",
            text("{key} says nothing about a {type}", key="horizon", type=kind),
            fix=text("remove it"),
        )
    if horizon is not None and not section.has("time"):
        section.wrong(
            "horizon",
            text("a horizon needs a clock"),
            code="contract-lacking",
            fix=text("write time = COLUMN in [model]; a column that counts will do"),
        )
    return horizon


def _span(found: Horizon | None) -> float | None:
    return None if found is None else found.span


def _whole(section: Section, key: str, least: int, most: int) -> int | None:
    value = section.raw(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        section.wrong(
            key, text("{key} must be a whole number from {least} to {most}", key=key, least=least, most=most)
        )
        return None
    return value


def _tags(section: Section, inputs: Sequence[Input]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read the tags with a window and, among them, those that tell the operating condition."""
    numbers = [declared.name for declared in inputs if declared.type is TagType.NUMBER]
    named = section.words("tags", numbers)
    if not section.has("tags"):
        named = tuple(numbers)
    told = section.words("conditions", numbers)
    conditions = tuple(name for name in numbers if name in told)
    chosen = tuple(name for name in numbers if name in named or name in conditions)
    if not chosen:
        section.wrong(
            "tags",
            text("no tag has a window"),
            why=text('windows are of inputs with type = "number"'),
        )
    elif chosen == conditions:
        section.wrong(
            "conditions",
            text("no tag with a window is left to be told by operating condition"),
            fix=text("name only the tags that say how the machine is run"),
        )
    return chosen, conditions


def _check_cycle(section: Section, window: Window) -> None:
    for key in ("every", "step", "least", "conditions"):
        if window.cycle is not None and section.has(key):
            section.wrong(
                key,
                text("{key} says nothing about cycles", key=key),
                why=text("each cycle is one window, resampled to length"),
                fix=text("remove it"),
            )


def _check_clock(section: Section, spans: Mapping[str, Horizon | None]) -> None:
    written = {key: span.unit is None for key, span in spans.items() if span is not None and span.span}
    if len(set(written.values())) == 2:
        section.wrong(
            next(key for key, counts in written.items() if counts),
            text("some spans of the window are times and some are counts"),
            fix=text("write all as times, or, where the time column counts, all as numbers"),
        )


def _check_least(section: Section, window: Window, inputs: Sequence[Input]) -> None:
    least = window.least
    if least is None:
        return
    if least > window.length:
        section.wrong("least", text("least = {least} is more than the length of a window", least=least))
    strict = [i.name for i in inputs if i.name in window.tags and i.missing is not Missing.IMPUTE]
    if strict and least < window.length:
        section.wrong(
            "least",
            text("the windows of {tags} may not have missing samples", tags=", ".join(strict)),
            why=text("a window shorter than its length lacks the samples before its beginning"),
            fix=text(
                'write missing = "impute" for them: the mean of the samples there are then stands for those'
            ),
        )


def _check_conditions(section: Section, window: Window, inputs: Sequence[Input]) -> None:
    missing = {i.name: i.missing for i in inputs}
    strict = [name for name in window.levelled if missing[name] is not Missing.IMPUTE]
    absent = [name for name in window.conditions if missing[name] is Missing.IMPUTE]
    if strict and absent:
        section.wrong(
            "conditions",
            text("where {tags} is missing, the operating condition is not known", tags=", ".join(absent)),
            why=text("then {tags} has no value either, and may not be missing", tags=", ".join(strict)),
            fix=text('write missing = "impute" for all of them, or for none'),
        )


def _check_size(section: Section, window: Window) -> None:
    every = window.every
    if every is not None and every < 1e-6:
        section.wrong("every", text("every is shorter than a millionth of a second"))
    elif every is not None and window.gap is not None and window.gap / every > MOST_HELD:
        section.wrong(
            "gap",
            text("a gap of {count} periods is not held", count=round(window.gap / every)),
            fix=text("declare a gap of at most {most} periods", most=MOST_HELD),
        )
    elif max((every or 0.0) * window.length, window.gap or 0.0, window.lateness) > _CENTURY:
        section.wrong("length", text("the window is longer than a century"))


def _check_inputs(section: Section, inputs: Sequence[Input]) -> None:
    for declared in inputs:
        if declared.type is TagType.WAVEFORM:
            section.wrong(
                "length",
                text("{tag} is a waveform, and the rows of a window have none", tag=declared.name),
                fix=text("remove the waveform, or [window]"),
            )
