"""Say where a file stops being TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

from andamio.errors import ContractInvalid, Fault, Text, text

_PLACE = re.compile(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", re.DOTALL)
# The parser's own words, said as a plant would.
_REASONS: Mapping[str, Text] = {
    "Expected '=' after a key in a key/value pair": text(
        'a line is written NAME = value; the "=" is missing'
    ),
    "Invalid value": text('the value is not understood; a text needs quotes: "like this"'),
    "Cannot overwrite a value": text("this name is given twice in the same section"),
    "Unclosed array": text('a list is not closed with "]"'),
    "Unclosed inline table": text('a group is not closed with "}}"'),
    "Unterminated string": text("a text is not closed with a quote"),
    "Expected newline or end of document after a statement": text("there is something after the value"),
    "Invalid statement": text("this line is neither a section, a setting, nor a comment (#)"),
    "Expected ']' at the end of a table declaration": text('a section is not closed with "]"'),
}


def parse_toml(content: str, *, name: str, file: str) -> dict[str, object]:
    """Parse TOML.

    Raises:
        ContractInvalid: With the first fault of syntax, its line and its column.
    """
    try:
        return tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise ContractInvalid(
            text("the contract of {name} cannot be read", name=name),
            faults=[_fault(str(error), content, file)],
        ) from error


def _fault(message: str, content: str, file: str) -> Fault:
    found = _PLACE.match(message)
    reason, line_text, column_text = found.groups() if found else (message, None, None)
    lines = content.splitlines()
    line = int(line_text) if line_text else max(len(lines), 1)
    column = int(column_text) if column_text else 1
    written = lines[line - 1].strip() if line <= len(lines) else ""
    twice = reason.startswith("Cannot declare")
    why = (
        text("this section is there twice")
        if twice
        else _REASONS.get(reason, text("{reason}", reason=reason))
    )
    return Fault(
        "contract-syntax",
        text("this is not TOML: {written}", written=written) if written else text("the file ends too early"),
        text("{file}, line {line}, column {column}", file=file, line=line, column=column),
        why,
        text("correct this line; every other check waits for it"),
        {"line": line, "column": column},
    )
