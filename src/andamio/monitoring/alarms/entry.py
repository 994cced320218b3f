"""One alarm: the findings of one model, asset and cause, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from andamio.kernel.alarm_settings import AlarmsSection
from andamio.monitoring.alarms.member import Identity, Member, Told, counts, keeps
from andamio.monitoring.alarms.states import Event, State
from andamio.monitoring.findings import Finding


@dataclass(slots=True)
class Change:
    """Something that happened to an alarm, for its journal."""

    event: Event
    before: State
    after: State
    told: Told | None = None
    actor: str = "andamio"
    reason: str = ""


@dataclass(slots=True, kw_only=True)
class Entry:
    """An alarm as it stands. Its state follows from what is the case and from what was done to it.

    Attributes:
        id: Its number, for a person to name it by.
        model: The model whose monitor states it.
        asset: The asset, "" for all.
        cause: The cause, "" where the monitor cannot tell.
        active: Whether it is the case now.
        acknowledged: Whether a person has seen what is to be seen.
        activation: How often it came to be the case; a new one is announced once.
        announced: The last activation that was shown to people.
        announced_at: When that was, steady time.
        raised_at: When it last came to be the case, by the clock.
        changed_at: When its state last changed, by the clock.
        shelved_until: When it comes back from the shelf, steady time.
        out_of_service: Whether a person took it out of service.
        suppressed: The plan that suppresses it now, "" for none.
        held_by: Who shelved it or took it out of service.
        held_why: Why.
        acknowledged_by: Who acknowledged it last.
        flood: The flood it came in, until it is over.
        lead: What its worst finding says, or said last.
        members: Its findings.
        changes: What happened since it was read, for the journal.
    """

    id: int
    model: str
    asset: str
    cause: str
    lead: Told
    changed_at: datetime
    active: bool = False
    acknowledged: bool = True
    activation: int = 0
    announced: int = 0
    announced_at: datetime | None = None
    raised_at: datetime | None = None
    shelved_until: datetime | None = None
    out_of_service: bool = False
    suppressed: str = ""
    held_by: str = ""
    held_why: str = ""
    acknowledged_by: str = ""
    flood: int | None = None
    members: dict[Identity, Member] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    @property
    def state(self) -> State:
        """Where it stands."""
        if self.out_of_service:
            return State.OUT_OF_SERVICE
        if self.shelved_until is not None:
            return State.SHELVED
        if self.suppressed:
            return State.SUPPRESSED
        if self.active:
            return State.ACKNOWLEDGED if self.acknowledged else State.UNACKNOWLEDGED
        return State.NORMAL if self.acknowledged else State.RETURNED

    @property
    def active_members(self) -> list[Told]:
        """What its findings say that count now, the leading one first."""
        return sorted((m.told for m in self.members.values() if m.active), key=lambda told: told.rank)

    def note(
        self, event: Event, before: State, *, at: datetime, actor: str = "andamio", reason: str = ""
    ) -> None:
        """Write down that something happened; before is the state that it was in."""
        if self.state is not before:
            self.changed_at = at
        if self.state is State.NORMAL:
            self.flood = None
        self.changes.append(Change(event, before, self.state, actor=actor, reason=reason))

    def look(
        self,
        standing: Sequence[Finding],
        version: int,
        settings: AlarmsSection,
        *,
        at: datetime,
        steady: datetime,
    ) -> None:
        """Take in which of its findings stand now.

        Args:
            standing: Its findings.
            version: The version of the model that they are about.
            settings: The delays and the deadband.
            at: What the clock says.
            steady: The steady time.
        """
        seen = self._meet(standing, version, settings, steady)
        for identity, member in self.members.items():
            if identity not in seen and member.away is None:
                member.away = steady
        joined = self._join(settings, steady)
        self._leave(settings, steady)
        self._follow(joined, at=at)

    def _meet(
        self, standing: Sequence[Finding], version: int, settings: AlarmsSection, steady: datetime
    ) -> set[Identity]:
        seen = set()
        for finding in standing:
            told = Told.of(finding, version)
            member = self.members.get(told.identity)
            strong = counts(finding, settings)
            if member is None and strong:
                self.members[told.identity] = Member(told, steady)
            elif member is not None and (strong or (member.active and keeps(finding, settings))):
                member.told, member.away = told, None
            else:
                continue
            seen.add(told.identity)
        return seen

    def _join(self, settings: AlarmsSection, steady: datetime) -> bool:
        joined = False
        for member in self.members.values():
            if member.away is None and member.is_due(steady, settings):
                member.active = joined = True
                self.changes.append(Change(Event.FINDING_JOINED, self.state, self.state, member.told))
        return joined

    def _leave(self, settings: AlarmsSection, steady: datetime) -> None:
        for identity, member in list(self.members.items()):
            if member.is_over(steady, settings):
                del self.members[identity]
                if member.active:
                    self.changes.append(Change(Event.FINDING_LEFT, self.state, self.state, member.told))

    def _follow(self, joined: bool, *, at: datetime) -> None:
        """Let the alarm follow its findings."""
        active = self.active_members
        if active:
            self.lead = active[0]
        before, was = self.state, self.active
        self.active = bool(active)
        if self.active and not was:
            # One that nobody had acknowledged yet, and that is the case again, is still the same call.
            self.activation += self.acknowledged
            self.acknowledged = False
            self.raised_at = at
            self.note(Event.RAISED, before, at=at)
        elif self.active and joined and self.acknowledged:
            self.activation += 1
            self.acknowledged = False
            self.note(Event.RAISED_AGAIN, before, at=at)
        elif was and not self.active:
            # What came and went while it was put aside was never shown, so nobody need acknowledge it.
            self.acknowledged |= self.announced < self.activation
            self.note(Event.RETURNED, before, at=at)

    def suppress(self, plan: str, *, at: datetime) -> None:
        """Let a plan suppress it, or no longer ("")."""
        if plan == self.suppressed:
            return
        before, was = self.state, self.suppressed
        self.suppressed = plan
        if bool(plan) != bool(was):
            self.note(Event.SUPPRESSED if plan else Event.UNSUPPRESSED, before, at=at, reason=plan or was)

    def acknowledge(self, *, at: datetime, actor: str, reason: str) -> None:
        """Note that a person has seen it."""
        before = self.state
        self.acknowledged, self.acknowledged_by = True, actor
        self.note(Event.ACKNOWLEDGED, before, at=at, actor=actor, reason=reason)

    def shelve(self, until: datetime, *, at: datetime, actor: str, reason: str) -> None:
        """Put it aside until a moment of the steady time."""
        before = self.state
        self.shelved_until = until
        self._hold(actor, reason)
        self.note(Event.SHELVED, before, at=at, actor=actor, reason=reason)

    def unshelve(self, *, at: datetime, actor: str, reason: str) -> None:
        """Take it from the shelf; if it is the case, it calls anew."""
        before = self.state
        self.shelved_until = None
        self._release()
        self.note(Event.UNSHELVED, before, at=at, actor=actor, reason=reason)

    def take_out(self, *, at: datetime, actor: str, reason: str) -> None:
        """Take it out of service until further notice."""
        before = self.state
        self.shelved_until, self.out_of_service = None, True
        self._hold(actor, reason)
        self.note(Event.OUT_OF_SERVICE, before, at=at, actor=actor, reason=reason)

    def put_back(self, *, at: datetime, actor: str, reason: str) -> None:
        """Put it back into service; if it is the case, it calls anew."""
        before = self.state
        self.out_of_service = False
        self._release()
        self.note(Event.IN_SERVICE, before, at=at, actor=actor, reason=reason)

    def _hold(self, actor: str, reason: str) -> None:
        self.held_by, self.held_why = actor, reason
        if not self.active:
            self.acknowledged = True  # who puts it aside has seen it

    def _release(self) -> None:
        self.held_by = self.held_why = ""
        self.acknowledged = not self.active
        self.activation += self.active
