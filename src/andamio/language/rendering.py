"""The one renderer of errors: text for a person, a dictionary for a program."""

from __future__ import annotations

from collections.abc import Mapping

from andamio.errors import AndamioError, Fault, Text
from andamio.language.speech import say

_SHOWN = 20


def render_error(error: AndamioError) -> str:
    """Write an error as what, where, why, try, more; its faults follow, the first twenty in full.

    When the error has faults, each is written in the same form under the headline.
    """
    blocks = [_block(error.code, error.what, error.where, error.why, error.fix)]
    blocks += [_block(f.code, f.what, f.where, f.why, f.fix) for f in error.faults[:_SHOWN]]
    rest = len(error.faults) - _SHOWN
    if rest > 0:
        blocks.append(say("… and {rest} more; --json lists them all", rest=rest))
    more = error.faults[0].code if error.faults else error.code
    blocks.append("  " + _label("more") + f"andamio error {more}")
    return "\n".join(blocks)


def error_json(error: AndamioError) -> dict[str, object]:
    """Render an error for a program: the same fields, sentences in the current language."""
    body = _fields(error.code, error.what, error.where, error.why, error.fix, error.data)
    if error.faults:
        body["faults"] = [fault_json(fault) for fault in error.faults]
    return {"error": body}


def fault_json(fault: Fault) -> dict[str, object]:
    """Render one fault for a program."""
    return _fields(fault.code, fault.what, fault.where, fault.why, fault.fix, fault.data)


def _fields(
    code: str, what: Text, where: Text | None, why: Text | None, fix: Text | None, data: Mapping[str, object]
) -> dict[str, object]:
    body: dict[str, object] = {"code": code, "what": say(what)}
    for name, part in (("where", where), ("why", why), ("try", fix)):
        if part is not None:
            body[name] = say(part)
    if data:
        body["data"] = dict(data)
    return body


def _block(code: str, what: Text, where: Text | None, why: Text | None, fix: Text | None) -> str:
    lines = [f"{say('error')}[{code}]: {say(what)}"]
    lines += [
        "  " + _label(name) + say(part)
        for name, part in (("where", where), ("why", why), ("try", fix))
        if part is not None
    ]
    return "\n".join(lines)


def _label(name: str) -> str:
    labels = {"where": say("where"), "why": say("why"), "try": say("try"), "more": say("more")}
    return f"{labels[name]:<8}"
