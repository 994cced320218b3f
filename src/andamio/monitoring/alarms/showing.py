"""From an alarm in the book to what is shown of it."""

from __future__ import annotations

from datetime import datetime

from andamio.monitoring.alarms.consequences import consequence
from andamio.monitoring.alarms.entry import Entry
from andamio.monitoring.alarms.member import Told
from andamio.monitoring.alarms.views import Alarm, AlarmFinding


def alarm_of(entry: Entry, *, until: datetime | None) -> Alarm:
    """Return what is shown of an alarm.

    Args:
        entry: The alarm.
        until: When it comes back from the shelf, by the clock of now.
    """
    return Alarm(
        id=entry.id,
        model=entry.model,
        asset=entry.asset or None,
        cause=entry.cause or None,
        state=entry.state,
        active=entry.active,
        lead=_finding(entry.lead),
        findings=tuple(_finding(told) for told in entry.active_members),
        consequence=consequence(entry.cause),
        raised_at=entry.raised_at,
        changed_at=entry.changed_at,
        acknowledged_by=entry.acknowledged_by,
        until=until,
        held_by=entry.held_by,
        held_why=entry.held_why,
        plan=entry.suppressed,
        flood=entry.flood,
        activation=entry.activation,
    )


def _finding(told: Told) -> AlarmFinding:
    return AlarmFinding(
        version=told.version,
        kind=told.kind,
        tag=told.tag,
        what=told.what,
        fix=told.fix,
        since=told.since,
        certainty=told.certainty,
    )
