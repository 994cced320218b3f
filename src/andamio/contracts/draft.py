"""Draft a contract from what a history file shows, for a person to correct.

A draft says what was guessed and why: units from headers, ranges from observed values widened, columns
left out with the reason. It is text, with comments, in the language of the moment.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from andamio.contracts.contract import Kind, TagType
from andamio.errors import Text
from andamio.language import say

_WIDENED = 0.25  # a range is widened by this share of what was observed, on each side


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSketch:
    """What is known of one column: header, type, unit, observed limits or categories, holes, samples."""

    header: str
    type: TagType
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()
    missing: int = 0
    length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a drafted contract says.

    ``left_out`` pairs a header with the reason; ``window`` is how many rows a decision sees, None for one.
    """

    kind: Kind
    data: str
    target: str | None
    columns: tuple[ColumnSketch, ...]
    positive: str | None = None
    time: str | None = None
    asset: str | None = None
    classes: int = 2
    left_out: tuple[tuple[str, Text], ...] = ()
    window: int | None = None


def draft_contract(draft: Draft) -> str:
    """Write a draft as the text of ``models/NAME.toml``."""
    blocks = [_model(draft), _operation()]
    if draft.window is not None:
        blocks.append(_window(draft.window))
    names = tag_names([column.header for column in draft.columns])
    blocks += [_input(name, column) for name, column in zip(names, draft.columns, strict=True)]
    if draft.left_out:
        lines = [say("Columns left out, and why:")]
        lines += [f"  {header}: {say(reason)}" for header, reason in draft.left_out]
        blocks.append("\n".join(_comment(line) for line in lines))
    others = (TagType.CATEGORY, TagType.WAVEFORM)
    numeric = [n for n, c in zip(names, draft.columns, strict=True) if c.type not in others]
    waves = [n for n, c in zip(names, draft.columns, strict=True) if c.type is TagType.WAVEFORM]
    output = [] if draft.target is None or draft.kind is Kind.ANOMALY else [_output(draft.target, draft)]
    blocks += [_features(numeric, waves), *output, _accept(draft)]
    return "\n\n".join(blocks) + "\n"


def tag_names(headers: Sequence[str]) -> list[str]:
    """Turn headers into tag names: plain lower-case words, without the unit, each one once."""
    names: list[str] = []
    for header in headers:
        name = tag_name(header)
        names.append(name if name not in names else f"{name}_{sum(n.startswith(name) for n in names) + 1}")
    return names


def tag_name(header: str) -> str:
    """Turn one header into a tag name.

    >>> tag_name("Presión de línea [bar]")
    'presion_de_linea'
    """
    bare = re.sub(r"\s*[\[(][^\])]*[\])]\s*$", "", header) or header
    plain = (
        unicodedata.normalize("NFKD", bare.replace("%", " pct ")).encode("ascii", "ignore").decode().lower()
    )
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or "tag"
    name = name if name[0].isalpha() else f"tag_{name}"
    return f"{name}_tag" if name in {"asset", "time", "row", "rows", "units"} else name


def _model(draft: Draft) -> str:
    lines = ["[model]", f"kind = {_quoted(draft.kind)}", f"data = {_quoted(draft.data)}"]
    for key, value in (
        ("target", draft.target),
        ("positive", draft.positive),
        ("time", draft.time),
        ("asset", draft.asset),
    ):
        if value is not None:
            lines.append(f"{key} = {_quoted(value)}")
    return "\n".join(lines)


def _operation() -> str:
    questions = {
        "owner": say("who acts on it?"),
        "runs_at": say("where does it answer?"),
        "inputs_from": say("how do the inputs reach it?"),
        "truth_from": say("how does the truth come back, and after how long?"),
    }
    lines = [_comment(say("Is there a way to production? Answer before the first deployment."))]
    lines.append("[operation]")
    lines += [f'# {key} = ""'.ljust(24) + f"# {question}" for key, question in questions.items()]
    return "\n".join(lines)


def _window(length: int) -> str:
    lines = [
        say(
            "A decision sees the last {n} rows of a machine: faults that stay are told from noise.", n=length
        ),
        say("Over HTTP a row then carries so many samples of each tag. Without this section each row"),
        say("stands alone."),
    ]
    return "\n".join([*(_comment(line) for line in lines), "[window]", f"length = {length}"])


def _input(name: str, column: ColumnSketch) -> str:
    lines = [f"[input.{name}]"]
    if column.header != name:
        lines.append(f"column = {_quoted(column.header)}")
    lines.append(f"type = {_quoted(column.type)}")
    if column.unit:
        lines.append(f"unit = {_quoted(column.unit)}")
    if column.length is not None:
        rate = say("samples a second: the file does not tell; frequencies are wrong until this is right")
        lines += ["rate_hz = 1".ljust(34) + f"# {rate}", f"length = {column.length}"]
    if column.type is TagType.CATEGORY:
        lines.append(f"values = [{', '.join(_quoted(value) for value in column.values)}]")
    elif column.low is not None and column.high is not None and column.type is not TagType.BOOLEAN:
        low, high = widened(column.low, column.high)
        observed = say("observed: {low} to {high}", low=column.low, high=column.high)
        lines.append(f"range = [{_number(low)}, {_number(high)}]".ljust(34) + f"# {observed}")
        lines.append('out_of_range = "flag"'.ljust(34) + "# " + say("reject, clip or flag"))
    if column.missing:
        holes = say("{n} rows without it in the history", n=column.missing)
        lines.append('missing = "impute"'.ljust(34) + f"# {holes}")
    return "\n".join(lines)


def _features(names: Sequence[str], waves: Sequence[str]) -> str:
    first, second = [*names, "a", "b"][:2]
    example = f'# level = "rms({waves[0]})"' if waves else f'# difference = "{first} - {second}"'
    return "\n".join(
        [
            _comment(say("What you know of the process, one line each; training looks for more by itself.")),
            "[features]",
            example,
        ]
    )


def _output(target: str, draft: Draft) -> str:
    lines = [f"[output.{tag_name(target)}]"]
    if draft.kind is Kind.CLASSIFICATION and draft.classes == 2:
        choice = say('a number, "f1", or "cost" with a [costs] section')
        lines.append('threshold = "f1"'.ljust(34) + f"# {choice}")
    return "\n".join(lines)


def _accept(draft: Draft) -> str:
    lines = [
        _comment(
            say("A version that fails one of these is not deployable. Set them to what the plant needs.")
        )
    ]
    lines.append("[accept]")
    if draft.kind is Kind.ANOMALY:
        lines += ['false_alarm_rate = "<= 0.01"', 'detection = ">= 0.5"']
    elif draft.kind is Kind.REGRESSION:
        lines.append('r2 = ">= 0.50"')
    elif draft.classes == 2:
        lines += ['f1 = ">= 0.50"', 'false_alarm_rate = "<= 0.05"']
    else:
        lines.append('f1 = ">= 0.50"')
    return "\n".join(lines)


def widened(low: float, high: float) -> tuple[float, float]:
    """Widen observed limits to round numbers; what was never negative stays at or above zero."""
    span = (high - low) or abs(high) or 1.0
    step = 10.0 ** math.floor(math.log10(span / 2))
    bottom = math.floor((low - _WIDENED * span) / step) * step
    top = math.ceil((high + _WIDENED * span) / step) * step
    return (max(bottom, 0.0) if low >= 0 else bottom), top


def _number(value: float) -> str:
    return f"{value:.10g}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    escaped = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped)
    return f'"{escaped}"'


def _comment(sentence: str) -> str:
    return f"# {sentence}"
