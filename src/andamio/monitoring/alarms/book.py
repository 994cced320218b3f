"""The alarm book: from the findings that stand to the alarms that a person deals with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa

from andamio.errors import UsageError, text
from andamio.kernel import clock
from andamio.kernel.settings import Settings
from andamio.monitoring.alarms.acts import allow, fits, not_found, number_of, require_reason
from andamio.monitoring.alarms.announcing import Announcer
from andamio.monitoring.alarms.cycle import Cycle
from andamio.monitoring.alarms.entry import Entry
from andamio.monitoring.alarms.letter import urgency
from andamio.monitoring.alarms.schema import alarms, floods
from andamio.monitoring.alarms.showing import alarm_of
from andamio.monitoring.alarms.states import STANDING, WAITING, Event, State
from andamio.monitoring.alarms.store import Entries, events
from andamio.monitoring.alarms.views import Alarm, AlarmEvent, Flood, Standing
from andamio.monitoring.alarms.windows import Window
from andamio.monitoring.findings import Finding
from andamio.notification import Outbox
from andamio.registry import AuditLog
from andamio.storage.database import Database
from andamio.storage.steady_time import SteadyTime


class AlarmBook:
    """All alarms of a plant, in its database.

    Several processes may use one book: every act and every cycle is one transaction. What was committed
    before a process was killed stands, and feeding the same cycle again changes nothing.

    Args:
        database: The plant's database.
        settings: The plant's settings: ``[alarms]``, ``[[maintenance]]``, ``[notification]``.
        audit: The audit log, which hears of every human act.
        steady: The steady time. Give one that knows how long the box has been up where the plant is at
            work; without it the moments that are handed in are the only clock.
        time: The clock for the acts of persons.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        *,
        audit: AuditLog | None = None,
        steady: SteadyTime | None = None,
        time: Callable[[], datetime] = clock.now,
    ) -> None:
        self._database = database
        self._settings = settings
        self._audit = audit or AuditLog(database, time=time)
        self._steady = steady or SteadyTime()
        self._time = time
        self.outbox = Outbox(database, steady=self._steady)
        self._announcer = Announcer(self.outbox, settings)
        self._windows = [Window(section, settings.time_zone) for section in settings.maintenance]

    def update(
        self,
        model: str,
        standing: Sequence[Finding],
        *,
        at: datetime,
        live: bool = True,
        version: int = 0,
        started: Mapping[str, datetime] | None = None,
    ) -> None:
        """Take in the findings of a model that stand now; what is not among them is away.

        Args:
            model: The model.
            standing: All its findings; those that need nobody are left to the monitor.
            at: What the clock says.
            live: False for what is late or backfilled: it is noted in the journal, once, and nothing else.
            version: The version that the findings are about. Another version's findings are others.
            started: Assets whose rows began again after a gap, and when: the start-up mute begins.
        """
        with self._cycle(at) as cycle:
            if live:
                cycle.take_in(model, version, standing, started or {})
            else:
                cycle.note_late(model, version, standing)

    def standing(self, *, model: str | None = None, all_states: bool = False) -> Standing:
        """Return what stands now.

        Args:
            model: Only this model's alarms.
            all_states: Also what is shelved, suppressed or out of service, and floods in their parts.
        """
        where = [alarms.c.state != State.NORMAL.value]
        if model is not None:
            where.append(alarms.c.model == model)
        with self._database.reading() as connection:
            found = sorted(Entries.read(connection, *where), key=urgency)
            shown = found if all_states else [entry for entry in found if entry.state in STANDING]
            views = {entry.id: self._view(connection, entry) for entry in shown}
            began = {row.id: row.began for row in connection.execute(sa.select(floods))}
        together: dict[int, list[Alarm]] = {}
        single = []
        for view in views.values():
            if view.flood is None or all_states:
                single.append(view)
            else:
                together.setdefault(view.flood, []).append(view)
        return Standing(
            alarms=tuple(single),
            floods=tuple(
                Flood(id=number, began_at=datetime.fromisoformat(began[number]), alarms=tuple(held))
                for number, held in sorted(together.items(), reverse=True)
            ),
            aside=sum(entry.state not in STANDING for entry in found),
            waiting=sum(entry.state in WAITING for entry in found),
        )

    def find(self, names: Iterable[str | int]) -> list[Alarm]:
        """Return alarms by number, whatever their state; ``F3`` stands for those of a flood.

        Raises:
            AlarmNotFound: There is no such alarm.
        """
        with self._database.reading() as connection:
            found = self._named(connection, names)
            return [self._view(connection, entry) for entry in sorted(found, key=urgency)]

    def history(
        self,
        names: Iterable[str | int] = (),
        *,
        since: datetime | None = None,
        newest: int | None = None,
    ) -> list[AlarmEvent]:
        """Return rows of the alarms' journal, oldest first.

        Args:
            names: Only of these alarms or floods.
            since: Only from this moment on.
            newest: Only the last so many.

        Raises:
            AlarmNotFound: There is no such alarm.
        """
        names = list(names)
        with self._database.reading() as connection:
            numbers = [entry.id for entry in self._named(connection, names)] if names else None
            return events(connection, alarms_of=numbers, since=since, newest=newest)

    def acknowledge(
        self, names: Iterable[str | int], *, actor: str, reason: str = "", at: datetime | None = None
    ) -> list[Alarm]:
        """Note that a person has seen alarms; one that was acknowledged before stays as it is.

        Raises:
            AlarmNotFound: There is no such alarm; none was acknowledged.
            AlarmRefused: One is put aside; none was acknowledged.
        """
        with self._acting(names, at, Event.ACKNOWLEDGED) as (cycle, entries):
            for entry in entries:
                if entry.state in {State.ACKNOWLEDGED, State.NORMAL}:
                    continue
                allow(entry, Event.ACKNOWLEDGED)
                self._tell_audit(cycle.connection, entry, "alarm-acknowledged", actor, reason)
                entry.acknowledge(at=cycle.at, actor=actor, reason=reason)
        return self.find(entry.id for entry in entries)

    def shelve(
        self,
        names: Iterable[str | int],
        *,
        hours: float,
        reason: str,
        actor: str,
        at: datetime | None = None,
    ) -> list[Alarm]:
        """Put alarms aside for some hours; they come back by themselves.

        Raises:
            AlarmNotFound: There is no such alarm; none was shelved.
            AlarmRefused: One is out of service; none was shelved.
            UsageError: There is no reason, or the time is not between zero and ``longest_shelf_hours``.
        """
        reason = require_reason(reason)
        longest = self._settings.alarms.longest_shelf_hours
        if not 0 < hours <= longest:
            raise UsageError(
                text("an alarm is shelved for more than 0 and at most {longest} hours", longest=longest),
                fix=text("name fewer hours, or take it out of service: andamio alarms out-of-service ID"),
            )
        with self._acting(names, at, Event.SHELVED) as (cycle, entries):
            for entry in entries:
                allow(entry, Event.SHELVED)
                self._tell_audit(cycle.connection, entry, "alarm-shelved", actor, reason, hours=hours)
                entry.shelve(cycle.steady + timedelta(hours=hours), at=cycle.at, actor=actor, reason=reason)
        return self.find(entry.id for entry in entries)

    def unshelve(
        self, names: Iterable[str | int], *, actor: str, reason: str = "", at: datetime | None = None
    ) -> list[Alarm]:
        """Take alarms from the shelf before their time; what is the case calls anew.

        Raises:
            AlarmNotFound: There is no such alarm; none was touched.
            AlarmRefused: One is not shelved; none was touched.
        """
        return self._act(Event.UNSHELVED, Entry.unshelve, names, at, actor=actor, reason=reason)

    def take_out_of_service(
        self, names: Iterable[str | int], *, reason: str, actor: str, at: datetime | None = None
    ) -> list[Alarm]:
        """Take alarms out of service until somebody puts them back.

        Raises:
            AlarmNotFound: There is no such alarm; none was touched.
            AlarmRefused: One is out of service already; none was touched.
            UsageError: There is no reason.
        """
        reason = require_reason(reason)
        return self._act(Event.OUT_OF_SERVICE, Entry.take_out, names, at, actor=actor, reason=reason)

    def put_in_service(
        self, names: Iterable[str | int], *, actor: str, reason: str = "", at: datetime | None = None
    ) -> list[Alarm]:
        """Put alarms back into service; what is the case calls anew.

        Raises:
            AlarmNotFound: There is no such alarm; none was touched.
            AlarmRefused: One is not out of service; none was touched.
        """
        return self._act(Event.IN_SERVICE, Entry.put_back, names, at, actor=actor, reason=reason)

    def comment(
        self, names: Iterable[str | int], *, actor: str, reason: str, at: datetime | None = None
    ) -> list[Alarm]:
        """Write a remark into the journal of alarms.

        Raises:
            AlarmNotFound: There is no such alarm.
            UsageError: There is no remark.
        """
        reason = require_reason(reason)
        with self._acting(names, at) as (cycle, entries):
            for entry in entries:
                self._tell_audit(cycle.connection, entry, "alarm-commented", actor, reason)
                entry.note(Event.COMMENTED, entry.state, at=cycle.at, actor=actor, reason=reason)
        return self.find(entry.id for entry in entries)

    def _act(
        self,
        event: Event,
        do: Callable[..., None],
        names: Iterable[str | int],
        at: datetime | None,
        *,
        actor: str,
        reason: str,
    ) -> list[Alarm]:
        with self._acting(names, at, event) as (cycle, entries):
            for entry in entries:
                allow(entry, event)
                self._tell_audit(cycle.connection, entry, f"alarm-{event.value}", actor, reason)
                do(entry, at=cycle.at, actor=actor, reason=reason)
        return self.find(entry.id for entry in entries)

    @contextmanager
    def _cycle(self, at: datetime) -> Iterator[Cycle]:
        with self._database.writing() as connection:
            steady = self._steady.advance(connection, at)
            yield Cycle(connection, self._settings, self._windows, self._announcer, at, steady)

    @contextmanager
    def _acting(
        self, names: Iterable[str | int], at: datetime | None, event: Event | None = None
    ) -> Iterator[tuple[Cycle, list[Entry]]]:
        """Give the named alarms to an act; all of it is written, or nothing.

        Of a flood, those are left out that the act does not fit: they were dealt with one by one.
        """
        names = list(names)
        single = {number for kind, number in map(number_of, names) if kind == "alarm"}
        with self._cycle(at or self._time()) as cycle:
            numbers = {entry.id for entry in self._named(cycle.connection, names)}
            entries = cycle.read(alarms.c.id.in_(numbers))
            named = [entry for entry in entries if entry.id in numbers]
            fitting = [e for e in named if event is None or e.id in single or fits(e, event)]
            yield cycle, fitting or named
            cycle.settle(entries)

    def _named(self, connection: sa.Connection, names: Iterable[str | int]) -> list[Entry]:
        asked = dict.fromkeys(number_of(name) for name in names)
        found: dict[int, Entry] = {}
        lacking = []
        for kind, number in asked:
            column = alarms.c.flood if kind == "flood" else alarms.c.id
            here = list(Entries.read(connection, column == number))
            found |= {entry.id: entry for entry in here}
            if not here:
                lacking.append(f"F{number}" if kind == "flood" else str(number))
        if lacking or not found:
            raise not_found(lacking or ["–"])
        return list(found.values())

    def _tell_audit(
        self,
        connection: sa.Connection,
        entry: Entry,
        action: str,
        actor: str,
        reason: str,
        **more: object,
    ) -> None:
        self._audit.append(
            action,
            f"{entry.model}@alarm-{entry.id}",
            actor=actor,
            reason=reason,
            old={"state": entry.state.value},
            new={"asset": entry.asset, "cause": entry.cause, "finding": str(entry.lead.what), **more},
            within=connection,
        )

    def _view(self, connection: sa.Connection, entry: Entry) -> Alarm:
        now = self._time()
        left = entry.shelved_until
        until = None if left is None else now + (left - self._steady.now(connection, now))
        return alarm_of(entry, until=until)
