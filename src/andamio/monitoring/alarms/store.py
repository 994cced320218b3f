"""Read alarms from the plant's database and write them back with their journal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from andamio.kernel import clock
from andamio.kernel.digests import canonical_json
from andamio.monitoring.alarms.entry import Entry
from andamio.monitoring.alarms.member import Identity, Member, Told
from andamio.monitoring.alarms.schema import alarms, journal, members
from andamio.monitoring.alarms.states import Event, State
from andamio.monitoring.alarms.views import AlarmEvent

_ONE_STATEMENT = 500  # rows; SQLite takes no more than 32766 values in one


class Entries:
    """Some alarms as they were read inside one transaction; ``save`` writes what changed."""

    def __init__(self, connection: sa.Connection, found: Sequence[Entry]) -> None:
        self._connection = connection
        self._found = {entry.id: entry for entry in found}
        self._rows = {entry.id: _row(entry) for entry in found}
        self._members = {entry.id: _member_rows(entry) for entry in found}
        self._next_id: int | None = None

    @classmethod
    def read(cls, connection: sa.Connection, *where: sa.ColumnElement[bool]) -> Entries:
        """Read the alarms that meet all conditions."""
        rows = connection.execute(sa.select(alarms).where(*where).order_by(alarms.c.id)).mappings().all()
        found = {row["id"]: _entry(row) for row in rows}
        query = sa.select(members).join(alarms, alarms.c.id == members.c.alarm).where(*where)
        for row in connection.execute(query).mappings():
            told = Told.read(row["told"])
            found[row["alarm"]].members[Identity(row["version"], row["kind"], row["tag"])] = Member(
                told, datetime.fromisoformat(row["first"]), row["active"], _moment(row["away"])
            )
        return cls(connection, list(found.values()))

    def __iter__(self) -> Any:
        """Walk over the alarms in the order of their numbers."""
        return iter(self._found.values())

    def add(self, model: str, asset: str, cause: str, lead: Told, *, at: datetime) -> Entry:
        """Add an alarm that was never there before."""
        if self._next_id is None:
            self._next_id = self._connection.scalar(sa.select(sa.func.max(alarms.c.id))) or 0
        self._next_id += 1
        entry = Entry(id=self._next_id, model=model, asset=asset, cause=cause, lead=lead, changed_at=at)
        self._found[entry.id] = entry
        return entry

    def save(self, *, at: datetime, steady: datetime) -> None:
        """Write what changed, and a row of the journal for each change."""
        rows = {entry.id: _row(entry) for entry in self}
        new = [row for number, row in rows.items() if number not in self._rows]
        _insert(self._connection, alarms, new)
        for number, row in rows.items():
            if number in self._rows and row != self._rows[number]:
                self._connection.execute(alarms.update().where(alarms.c.id == number).values(**row))
        self._save_members()
        append(
            self._connection,
            [
                {
                    "alarm": entry.id,
                    "event": change.event,
                    "before": change.before,
                    "after": change.after,
                    "actor": change.actor,
                    "reason": change.reason,
                    "data": {} if change.told is None else {"finding": change.told.written()},
                }
                for entry in self
                for change in entry.changes
            ],
            at=at,
            steady=steady,
        )
        for entry in self:
            entry.changes.clear()

    def _save_members(self) -> None:
        added = []
        for entry in self:
            was, now = self._members.get(entry.id, {}), _member_rows(entry)
            for key in was.keys() - now.keys():
                self._connection.execute(members.delete().where(*_is_member(entry.id, key)))
            for key, row in now.items():
                if key not in was:
                    added.append(row)
                elif row != was[key]:
                    self._connection.execute(members.update().where(*_is_member(entry.id, key)).values(**row))
        _insert(self._connection, members, added)


def append(
    connection: sa.Connection, events: Sequence[dict[str, Any]], *, at: datetime, steady: datetime
) -> None:
    """Append rows to the alarms' journal; a row whose ``once`` was written before is left out."""
    onces = [event["once"] for event in events if event.get("once")]
    known: set[str] = set()
    for start in range(0, len(onces), _ONE_STATEMENT):
        part = onces[start : start + _ONE_STATEMENT]
        known.update(connection.scalars(sa.select(journal.c.once).where(journal.c.once.in_(part))))
    last = connection.scalar(sa.select(sa.func.max(journal.c.seq))) or 0
    rows: list[dict[str, Any]] = []
    for event in events:
        once = event.get("once")
        if once in known:
            continue
        if once:
            known.add(once)
        rows.append(
            {
                "seq": last + len(rows) + 1,
                "alarm": event.get("alarm"),
                "time": clock.iso(at),
                "steady": clock.iso(steady),
                "event": event["event"],
                "before": event.get("before", ""),
                "after": event.get("after", ""),
                "actor": event.get("actor", "andamio"),
                "reason": event.get("reason", ""),
                "data": canonical_json(event.get("data", {})).decode(),
                "once": once,
            }
        )
    _insert(connection, journal, rows)


def events(
    connection: sa.Connection,
    *,
    alarms_of: Iterable[int] | None = None,
    since: datetime | None = None,
    newest: int | None = None,
) -> list[AlarmEvent]:
    """Read rows of the journal, oldest first."""
    query = sa.select(journal).order_by(journal.c.seq.desc())
    if alarms_of is not None:
        query = query.where(journal.c.alarm.in_(list(alarms_of)))
    if since is not None:
        query = query.where(journal.c.time >= clock.iso(since))
    if newest is not None:
        query = query.limit(newest)
    return [_event(row) for row in connection.execute(query).mappings()][::-1]


def _event(row: sa.RowMapping) -> AlarmEvent:
    data = msgspec.json.decode(row["data"])
    if isinstance(data.get("finding"), str):
        data["finding"] = Told.read(data["finding"])
    return AlarmEvent(
        seq=row["seq"],
        alarm=row["alarm"],
        time=datetime.fromisoformat(row["time"]),
        event=Event(row["event"]),
        before=State(row["before"]) if row["before"] else None,
        after=State(row["after"]) if row["after"] else None,
        actor=row["actor"],
        reason=row["reason"],
        data=data,
    )


def _insert(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), _ONE_STATEMENT):
        connection.execute(table.insert(), rows[start : start + _ONE_STATEMENT])


def _is_member(alarm: int, key: Identity) -> tuple[sa.ColumnElement[bool], ...]:
    held = members.c
    return held.alarm == alarm, held.version == key.version, held.kind == key.kind, held.tag == key.tag


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "model": entry.model,
        "asset": entry.asset,
        "cause": entry.cause,
        "state": entry.state.value,
        "active": entry.active,
        "acknowledged": entry.acknowledged,
        "activation": entry.activation,
        "announced": entry.announced,
        "announced_at": _written(entry.announced_at),
        "raised_at": _written(entry.raised_at),
        "changed_at": clock.iso(entry.changed_at),
        "shelved_until": _written(entry.shelved_until),
        "out_of_service": entry.out_of_service,
        "suppressed": entry.suppressed,
        "held_by": entry.held_by,
        "held_why": entry.held_why,
        "acknowledged_by": entry.acknowledged_by,
        "flood": entry.flood,
        "lead": entry.lead.written(),
    }


def _member_rows(entry: Entry) -> dict[Identity, dict[str, Any]]:
    return {
        identity: {
            "alarm": entry.id,
            "version": identity.version,
            "kind": identity.kind,
            "tag": identity.tag,
            "first": clock.iso(member.first),
            "active": member.active,
            "away": _written(member.away),
            "told": member.told.written(),
        }
        for identity, member in entry.members.items()
    }


def _entry(row: sa.RowMapping) -> Entry:
    moments = ("announced_at", "raised_at", "changed_at", "shelved_until")
    fields: dict[str, Any] = {name: row[name] for name in row if name not in {"state", "lead", *moments}}
    fields |= {name: _moment(row[name]) for name in moments}
    return Entry(**fields, lead=Told.read(row["lead"]))


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _written(moment: datetime | None) -> str | None:
    return clock.iso(moment) if moment else None
