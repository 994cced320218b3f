"""One cycle of the book: findings come in, delays and plans take their course, what is new is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from andamio.kernel.digests import canonical_json, sha256
from andamio.kernel.settings import Settings
from andamio.monitoring.alarms.announcing import Announcer
from andamio.monitoring.alarms.entry import Entry
from andamio.monitoring.alarms.flood import gather
from andamio.monitoring.alarms.member import Told, counts, key_of
from andamio.monitoring.alarms.muting import ALL_ASSETS, START_UP, muted, note_cycle
from andamio.monitoring.alarms.schema import alarms
from andamio.monitoring.alarms.states import Event, State
from andamio.monitoring.alarms.store import Entries, append
from andamio.monitoring.alarms.windows import Window, open_window
from andamio.monitoring.findings import Finding, Level


@dataclass(frozen=True, slots=True)
class Cycle:
    """A look at the book inside one transaction.

    Attributes:
        connection: The writing that is under way.
        settings: The plant's settings.
        windows: Its planned maintenance.
        announcer: Tells what is new.
        at: What the clock says.
        steady: The steady time.
    """

    connection: sa.Connection
    settings: Settings
    windows: Sequence[Window]
    announcer: Announcer
    at: datetime
    steady: datetime

    def read(self, condition: sa.ColumnElement[bool]) -> Entries:
        """Read the alarms that meet a condition, and all that stand; ended shelves are over."""
        stands = alarms.c.state != State.NORMAL.value
        entries = Entries.read(self.connection, sa.or_(condition, stands))
        for entry in entries:
            if entry.shelved_until is not None and entry.shelved_until <= self.steady:
                entry.unshelve(at=self.at, actor="andamio", reason="")
        return entries

    def take_in(
        self, model: str, version: int, standing: Sequence[Finding], started: Mapping[str, datetime]
    ) -> None:
        """Take in the findings of a model that stand, and settle."""
        alarm_settings = self.settings.alarms
        note_cycle(self.connection, model, started, alarm_settings, at=self.at, steady=self.steady)
        entries = self.read(alarms.c.model == model)
        groups: dict[tuple[str, str], list[Finding]] = {}
        for finding in standing:
            groups.setdefault(key_of(finding), []).append(finding)
        known = {(entry.asset, entry.cause): entry for entry in entries if entry.model == model}
        for key, group in groups.items():
            reasons = [finding for finding in group if counts(finding, alarm_settings)]
            if key not in known and reasons:
                lead = min((Told.of(finding, version) for finding in reasons), key=lambda told: told.rank)
                known[key] = entries.add(model, *key, lead, at=self.at)
        for key, entry in known.items():
            entry.look(groups.get(key, []), version, alarm_settings, at=self.at, steady=self.steady)
        self.settle(entries)

    def settle(self, entries: Entries) -> None:
        """Let plans begin and end, show what is new, tell it, and write everything down."""
        silent = muted(self.connection, self.steady)
        for entry in entries:
            entry.suppress(self._plan_for(entry, silent), at=self.at)
        shown = [e for e in entries if e.state is State.UNACKNOWLEDGED and e.announced < e.activation]
        for entry in shown:
            entry.announced, entry.announced_at = entry.activation, self.steady
        everything = list(entries)
        threshold = self.settings.alarms.flood
        gather(self.connection, everything, shown, threshold, at=self.at, steady=self.steady)
        entries.save(at=self.at, steady=self.steady)
        self.announcer.note(self.connection, shown)
        self.announcer.tell(self.connection, everything, at=self.at, steady=self.steady)

    def note_late(self, model: str, version: int, standing: Sequence[Finding]) -> None:
        """Write into the journal, once, what findings about the past say."""
        query = sa.select(alarms.c.id, alarms.c.asset, alarms.c.cause).filter_by(model=model)
        numbers = {(row.asset, row.cause): row.id for row in self.connection.execute(query)}
        rows = []
        for finding in standing:
            if finding.level is not Level.ALARM:
                continue
            told = Told.of(finding, version)
            key = key_of(finding)
            since = told.since.isoformat() if told.since else None
            once = sha256(canonical_json([model, *key, list(told.identity), since]))
            data = {"model": model, "asset": key[0], "cause": key[1], "finding": told.written()}
            rows.append({"alarm": numbers.get(key), "event": Event.LATE, "data": data, "once": once})
        append(self.connection, rows, at=self.at, steady=self.steady)

    def _plan_for(self, entry: Entry, silent: set[tuple[str, str]]) -> str:
        if silent & {(entry.model, entry.asset), (entry.model, ALL_ASSETS)}:
            return START_UP
        window = open_window(self.windows, entry.model, entry.asset, self.at)
        return window.name if window is not None else ""
