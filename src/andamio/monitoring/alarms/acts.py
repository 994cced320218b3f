"""What a person may do to an alarm, and when it is refused."""

from __future__ import annotations

from collections.abc import Sequence

from andamio.errors import AlarmNotFound, AlarmRefused, Text, UsageError, text
from andamio.language import say
from andamio.monitoring.alarms.entry import Entry
from andamio.monitoring.alarms.states import ALLOWED, Event, State

STATE_NAMES: dict[State, Text] = {
    State.NORMAL: text("normal"),
    State.UNACKNOWLEDGED: text("waits for you"),
    State.ACKNOWLEDGED: text("acknowledged"),
    State.RETURNED: text("over, and nobody saw it"),
    State.SHELVED: text("shelved"),
    State.SUPPRESSED: text("suppressed by plan"),
    State.OUT_OF_SERVICE: text("out of service"),
}

_ACTS: dict[Event, Text] = {
    Event.ACKNOWLEDGED: text("acknowledged"),
    Event.SHELVED: text("shelved"),
    Event.UNSHELVED: text("taken from the shelf"),
    Event.OUT_OF_SERVICE: text("taken out of service"),
    Event.IN_SERVICE: text("put back into service"),
}


def fits(entry: Entry, event: Event) -> bool:
    """Tell whether an act fits the state that an alarm is in."""
    return any(before is entry.state for before, _ in ALLOWED[event])


def allow(entry: Entry, event: Event) -> None:
    """Check that an act fits the state that an alarm is in.

    Raises:
        AlarmRefused: It does not.
    """
    if fits(entry, event):
        return
    raise AlarmRefused(
        text(
            "alarm {id} cannot be {act}: it is {state}",
            id=str(entry.id),
            act=_ACTS[event],
            state=STATE_NAMES[entry.state],
        ),
        fix=_way(entry),
        data={"alarm": entry.id, "state": entry.state.value},
    )


def require_reason(reason: str) -> str:
    """Return a reason without its blanks.

    Raises:
        UsageError: There is none.
    """
    if reason.strip():
        return reason.strip()
    raise UsageError(
        text("a reason is missing"),
        why=text("who comes next must know why this alarm is silent"),
        fix=text('say it: --reason "valve is being changed, order 4711"'),
    )


def number_of(name: str | int) -> tuple[str, int]:
    """Read ``12`` or ``F3``: whether it names an alarm or a flood, and its number.

    Raises:
        AlarmNotFound: It is neither.
    """
    written = str(name).strip()
    kind = "flood" if written[:1] in {"F", "f"} else "alarm"
    digits = written[1:] if kind == "flood" else written
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 9:
        raise not_found([written])
    return kind, int(digits)


def not_found(names: Sequence[str]) -> AlarmNotFound:
    """Say that there are no such alarms."""
    return AlarmNotFound(
        text("there is no alarm {names}", names=", ".join(names)),
        fix=text("andamio alarms --all lists the alarms and their numbers"),
    )


def _way(entry: Entry) -> Text:
    if entry.state is State.SHELVED:
        return text("take it from the shelf first: andamio alarms unshelve {id}", id=str(entry.id))
    if entry.state is State.OUT_OF_SERVICE:
        return text("put it back first: andamio alarms in-service {id}", id=str(entry.id))
    return text("see how it stands: andamio alarms show {id}", id=str(entry.id))


def plan_name(plan: str, start_up: str) -> str:
    """Name a plan as a person reads it."""
    return say("start-up mute") if plan == start_up else plan
