"""A flood: more alarms within ten minutes than a person can take in, shown and told as one.

Source: ANSI/ISA-18.2-2016: a flood begins at ten alarms in ten minutes for one operator, and ends below five.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from andamio.kernel import clock
from andamio.monitoring.alarms.entry import Entry
from andamio.monitoring.alarms.schema import floods
from andamio.monitoring.alarms.states import WAITING, Event
from andamio.monitoring.alarms.store import append

_WITHIN = timedelta(minutes=10)


def gather(
    connection: sa.Connection,
    entries: Sequence[Entry],
    shown: Sequence[Entry],
    threshold: int,
    *,
    at: datetime,
    steady: datetime,
) -> None:
    """Begin, continue or end a flood.

    Args:
        connection: The writing that is under way.
        entries: Every alarm that stands.
        shown: Those that were shown to people just now for the first time.
        threshold: How many within ten minutes are a flood.
        at: What the clock says.
        steady: The steady time.
    """
    lately = [e for e in entries if e.announced_at is not None and e.announced_at > steady - _WITHIN]
    running = connection.scalar(sa.select(floods.c.id).where(floods.c.ended.is_(None)))
    if running is None:
        if len(lately) >= threshold:
            began = [e for e in lately if e.state in WAITING]
            _begin(connection, began, at=at, steady=steady)
        return
    for entry in shown:
        entry.flood = running
    if len(lately) < threshold / 2:
        connection.execute(floods.update().filter_by(id=running).values(ended=clock.iso(steady)))
        _note(connection, Event.FLOOD_ENDED, {"flood": running}, at=at, steady=steady)


def _begin(connection: sa.Connection, entries: Sequence[Entry], *, at: datetime, steady: datetime) -> None:
    number = (connection.scalar(sa.select(sa.func.max(floods.c.id))) or 0) + 1
    connection.execute(floods.insert().values(id=number, began=clock.iso(at)))
    for entry in entries:
        entry.flood = number
    _note(
        connection,
        Event.FLOOD_BEGAN,
        {"flood": number, "alarms": [e.id for e in entries]},
        at=at,
        steady=steady,
    )


def _note(
    connection: sa.Connection, event: Event, data: dict[str, object], *, at: datetime, steady: datetime
) -> None:
    append(connection, [{"event": event, "data": data}], at=at, steady=steady)
