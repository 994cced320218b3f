"""What the book shows of an alarm: plain data for a page, a terminal, an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from andamio.errors import Text
from andamio.monitoring.alarms.states import Event, State


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFinding:
    """One finding of an alarm."""

    version: int
    kind: str
    tag: str | None
    what: Text
    fix: Text
    since: datetime | None
    certainty: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm.

    Attributes:
        id: Its number.
        model: The model whose monitor states it.
        asset: The asset; None for all.
        cause: "sensor", "season", "process", "concept", "pipeline", or None where it is not known.
        state: Where it stands.
        active: Whether it is the case now, whatever the state.
        lead: Its worst finding.
        findings: All findings that are the case now, the worst first.
        consequence: What it means while nobody acts.
        raised_at: When it was raised.
        changed_at: When its state last changed.
        acknowledged_by: Who acknowledged it last.
        until: When it comes back from the shelf.
        held_by: Who put it aside.
        held_why: Why, in that person's words.
        plan: The plan that suppresses it.
        flood: The number of the flood that it came in.
        activation: How often it was raised.
    """

    id: int
    model: str
    asset: str | None
    cause: str | None
    state: State
    active: bool
    lead: AlarmFinding
    findings: tuple[AlarmFinding, ...]
    consequence: Text
    raised_at: datetime | None
    changed_at: datetime
    acknowledged_by: str
    until: datetime | None
    held_by: str
    held_why: str
    plan: str
    flood: int | None
    activation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """Alarms that came within minutes of each other and are shown as one.

    Attributes:
        id: Its number; a person writes ``F3``.
        began_at: When its first alarm was raised.
        alarms: Those of its alarms that stand, the worst first.
    """

    id: int
    began_at: datetime
    alarms: tuple[Alarm, ...]

    @property
    def name(self) -> str:
        """How a person writes it."""
        return f"F{self.id}"

    @property
    def findings(self) -> int:
        """Count the findings in it."""
        return sum(max(1, len(alarm.findings)) for alarm in self.alarms)

    @property
    def assets(self) -> int:
        """Count the assets in it."""
        return len({alarm.asset for alarm in self.alarms})

    @property
    def waiting(self) -> int:
        """Count its alarms that wait for a person."""
        return sum(alarm.state in {State.UNACKNOWLEDGED, State.RETURNED} for alarm in self.alarms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands now: single alarms, and floods as one entry each.

    Attributes:
        alarms: The alarms that are in no flood, the most urgent first.
        floods: The floods.
        aside: How many are shelved, suppressed or out of service.
        waiting: How many alarms wait for a person.
    """

    alarms: tuple[Alarm, ...]
    floods: tuple[Flood, ...]
    aside: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmEvent:
    """One row of the alarms' journal."""

    seq: int
    alarm: int | None
    time: datetime
    event: Event
    before: State | None
    after: State | None
    actor: str
    reason: str
    data: Mapping[str, object] = field(default_factory=dict)
