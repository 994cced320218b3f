"""What is shown of alarms, for a program: the same for the command line and for HTTP."""

from __future__ import annotations

from datetime import datetime

from andamio.kernel import clock
from andamio.language import say
from andamio.monitoring.alarms.member import Told
from andamio.monitoring.alarms.views import Alarm, AlarmEvent, AlarmFinding, Flood, Standing


def standing_data(standing: Standing) -> dict[str, object]:
    """Return what stands."""
    return {
        "alarms": [alarm_data(alarm) for alarm in standing.alarms],
        "floods": [flood_data(flood) for flood in standing.floods],
        "waiting": standing.waiting,
        "put_aside": standing.aside,
    }


def alarm_data(alarm: Alarm) -> dict[str, object]:
    """Return one alarm; its sentences are in the language of the moment."""
    return {
        "id": alarm.id,
        "model": alarm.model,
        "asset": alarm.asset,
        "cause": alarm.cause,
        "state": alarm.state.value,
        "active": alarm.active,
        **_finding_data(alarm.lead),
        "consequence": say(alarm.consequence),
        "raised_at": _iso(alarm.raised_at),
        "changed_at": _iso(alarm.changed_at),
        "acknowledged_by": alarm.acknowledged_by or None,
        "shelved_until": _iso(alarm.until),
        "held_by": alarm.held_by or None,
        "held_why": alarm.held_why or None,
        "suppressed_by": alarm.plan or None,
        "flood": None if alarm.flood is None else f"F{alarm.flood}",
        "activation": alarm.activation,
        "findings": [_finding_data(finding) for finding in alarm.findings],
    }


def flood_data(flood: Flood) -> dict[str, object]:
    """Return a flood with its alarms."""
    return {
        "id": flood.name,
        "began_at": _iso(flood.began_at),
        "findings": flood.findings,
        "assets": flood.assets,
        "waiting": flood.waiting,
        "alarms": [alarm_data(alarm) for alarm in flood.alarms],
    }


def event_data(event: AlarmEvent) -> dict[str, object]:
    """Return one row of the journal."""
    data = dict(event.data)
    told = data.pop("finding", None)
    return {
        "seq": event.seq,
        "time": _iso(event.time),
        "alarm": event.alarm,
        "event": event.event.value,
        "before": event.before.value if event.before else None,
        "after": event.after.value if event.after else None,
        "actor": event.actor,
        "reason": event.reason or None,
        **({"what": say(told.what), "kind": told.kind, "tag": told.tag} if isinstance(told, Told) else {}),
        "data": data,
    }


def _finding_data(finding: AlarmFinding) -> dict[str, object]:
    return {
        "version": finding.version or None,
        "kind": finding.kind,
        "tag": finding.tag,
        "what": say(finding.what),
        "try": say(finding.fix),
        "since": _iso(finding.since),
        "certainty": finding.certainty,
    }


def _iso(moment: datetime | None) -> str | None:
    return clock.iso(moment) if moment else None
