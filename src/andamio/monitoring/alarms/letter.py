"""What a notification says: what, where, since, consequence, action; many alarms in one letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from andamio.errors import text
from andamio.language import say
from andamio.language.speech import speak
from andamio.monitoring.alarms.consequences import CAUSES, cause_name, consequence
from andamio.monitoring.alarms.entry import Entry
from andamio.monitoring.alarms.states import State

_LISTED = 8


@dataclass(frozen=True, slots=True)
class Letter:
    """A title of one line, and a body."""

    title: str
    body: str


def write_letter(entries: Sequence[Entry], *, plant: str, zone: tzinfo, language: str) -> Letter:
    """Write one letter about one alarm or many.

    Args:
        entries: The alarms, at least one.
        plant: The plant's name.
        zone: The plant's time zone.
        language: "en" or "es".
    """
    with speak(language):
        ranked = sorted(entries, key=urgency)
        if len(ranked) == 1:
            return Letter(f"{plant}: {_headline(ranked[0])}", _full(ranked[0], zone))
        findings = sum(max(1, len(entry.active_members)) for entry in ranked)
        assets = len({entry.asset for entry in ranked})
        title = say(
            "{n} {n:alarm|alarms}: {findings} {findings:finding|findings}, {assets} {assets:asset|assets}",
            n=len(ranked),
            findings=findings,
            assets=assets,
        )
        return Letter(f"{plant}: {title}", _many(ranked, title, zone))


def urgency(entry: Entry) -> tuple[bool, bool, int, tuple[float, str, str, str], int]:
    """Order alarms by who should be looked at first."""
    return (
        entry.state is not State.UNACKNOWLEDGED,
        not entry.active,
        CAUSES.index(entry.cause) if entry.cause in CAUSES else len(CAUSES),
        entry.lead.rank,
        entry.id,
    )


def _many(ranked: Sequence[Entry], title: str, zone: tzinfo) -> str:
    lines = [title, "", say("First:"), _full(ranked[0], zone), "", say("Then:")]
    lines += [f"{entry.id}  {_headline(entry)}: {say(entry.lead.what)}" for entry in ranked[1 : 1 + _LISTED]]
    rest = len(ranked) - 1 - _LISTED
    if rest > 0:
        lines.append(say("… and {rest} more", rest=rest))
    return "\n".join([*lines, "", say("All of them: andamio alarms")])


def _headline(entry: Entry) -> str:
    return f"{_place(entry)} · {say(cause_name(entry.cause))}"


def _place(entry: Entry) -> str:
    return entry.asset or say("all assets of {model}", model=entry.model)


def _full(entry: Entry, zone: tzinfo) -> str:
    lead = entry.lead
    where = text("{asset}, tag {tag}", asset=_place(entry), tag=lead.tag) if lead.tag else _place(entry)
    since = lead.since or entry.raised_at
    lines = [
        say("What: {what}", what=lead.what),
        say("Where: {place} (model {model})", place=where, model=_model(entry)),
        say("Since: {time}", time=since.astimezone(zone) if since else "–"),
        say("Consequence: {consequence}", consequence=consequence(entry.cause)),
        say("Do: {fix}", fix=lead.fix),
    ]
    more = len(entry.active_members) - 1
    if more > 0:
        lines.append(say("Further findings there: {n}; andamio alarms show {id}", n=more, id=entry.id))
    if not entry.active:
        lines.append(say("It is over by itself already; acknowledge that you saw it."))
    lines.append(say("Seen it? andamio alarms ack {id}", id=entry.id))
    return "\n".join(lines)


def _model(entry: Entry) -> str:
    return f"{entry.model}@{entry.lead.version}" if entry.lead.version else entry.model
