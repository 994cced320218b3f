"""How alarms are written in a terminal of 80 columns, for a person who was woken by one."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from andamio.cli.output import Output
from andamio.errors import Text, text
from andamio.language import current_language, date_time, say
from andamio.monitoring.alarms import (
    START_UP,
    STATE_NAMES,
    WAITING,
    Alarm,
    AlarmEvent,
    Event,
    Flood,
    Standing,
    State,
    cause_name,
    plan_name,
)
from andamio.monitoring.alarms.member import Told
from andamio.notification import Queue

_INDENT = 7
_LISTED = 10

EVENT_NAMES: dict[Event, Text] = {
    Event.RAISED: text("raised"),
    Event.RAISED_AGAIN: text("raised again by a new finding"),
    Event.RETURNED: text("over"),
    Event.ACKNOWLEDGED: text("acknowledged"),
    Event.SHELVED: text("shelved"),
    Event.UNSHELVED: text("back from the shelf"),
    Event.SUPPRESSED: text("suppressed by plan"),
    Event.UNSUPPRESSED: text("no longer suppressed"),
    Event.OUT_OF_SERVICE: text("taken out of service"),
    Event.IN_SERVICE: text("put back into service"),
    Event.COMMENTED: text("remark"),
    Event.FINDING_JOINED: text("finding:"),
    Event.FINDING_LEFT: text("finding over:"),
    Event.LATE: text("late data, no alarm:"),
    Event.FLOOD_BEGAN: text("a flood began"),
    Event.FLOOD_ENDED: text("the flood ended"),
    Event.NOTIFIED: text("notification queued for"),
}


@dataclass(frozen=True)
class AlarmPrinter:
    """Prints alarms.

    Attributes:
        out: The command's voice.
        zone: The plant's time zone.
        now: The present moment.
    """

    out: Output
    zone: tzinfo
    now: datetime

    def standing(self, standing: Standing, queues: Sequence[Queue]) -> None:
        """Print what stands: first what waits for somebody."""
        self._headline(standing)
        entries: list[tuple[bool, Alarm | Flood]] = [
            *((flood.waiting > 0, flood) for flood in standing.floods),
            *((alarm.state in WAITING, alarm) for alarm in standing.alarms),
        ]
        for _, entry in sorted(entries, key=lambda pair: not pair[0]):
            self.out.blank()
            if isinstance(entry, Flood):
                self._flood(entry)
            else:
                self.alarm(entry)
        waiting = next((entry for waits, entry in entries if waits), None)
        if waiting is not None:
            name = waiting.name if isinstance(waiting, Flood) else str(waiting.id)
            self.out.blank()
            self.out.say("Have you seen it? Say so: andamio alarms ack {id}", id=name)
        self._queues(queues)

    def alarm(self, alarm: Alarm, *, whole: bool = False) -> None:
        """Print one alarm in a few lines; ``whole`` when its other findings follow."""
        waits = alarm.state in WAITING
        parts = [alarm.asset or say("all assets of {model}", model=alarm.model)]
        parts.append(say(cause_name(alarm.cause or "")))
        if alarm.state is not State.UNACKNOWLEDGED:
            parts.append(say(STATE_NAMES[alarm.state]))
        self._title(f"{alarm.id}", " · ".join(parts), waits=waits)
        self._line(say(alarm.lead.what))
        self._since(alarm)
        self._line(say("means: {consequence}", consequence=alarm.consequence))
        self._line(say("do:    {fix}", fix=alarm.lead.fix))
        self._held(alarm)
        more = len(alarm.findings) - 1
        if more > 0 and not whole:
            self._line(say("further findings: {n}; andamio alarms show {id}", n=more, id=str(alarm.id)))

    def details(self, alarm: Alarm, events: Sequence[AlarmEvent]) -> None:
        """Print everything about one alarm."""
        self.alarm(alarm, whole=True)
        self._line(say("model: {model}", model=alarm.model))
        for finding in alarm.findings[1:]:
            self._line("– " + say(finding.what))
        self.out.blank()
        self.history(events)

    def history(self, events: Sequence[AlarmEvent]) -> None:
        """Print rows of the journal, one a line."""
        for event in events:
            number = "–" if event.alarm is None else str(event.alarm)
            words = " ".join(filter(None, (say(EVENT_NAMES[event.event]), self._about(event))))
            who = "" if event.actor == "andamio" else f" · {event.actor}"
            why = f": {self._reason(event)}" if event.reason else ""
            self._wrapped(f"{self.moment(event.time)}  {number:>4}  {words}{who}{why}", after=" " * 24)

    def moment(self, at: datetime) -> str:
        """Write a moment on the plant's clocks."""
        return date_time(at.astimezone(self.zone), language=current_language())

    def _headline(self, standing: Standing) -> None:
        if standing.waiting:
            self.out.say("Alarms that wait for you: {n}", n=standing.waiting, style="bold red")
        elif standing.alarms or standing.floods:
            self.out.say("No alarm waits for you; what stands has been seen.", style="green")
        else:
            self.out.say("No alarm stands.", style="green")
        if standing.aside:
            self.out.say("Put aside: {n} (andamio alarms --all shows them)", n=standing.aside)

    def _flood(self, flood: Flood) -> None:
        what = say(
            "flood: {n} {n:alarm|alarms}, {findings} {findings:finding|findings}, {assets} "
            "{assets:asset|assets}",
            n=len(flood.alarms),
            findings=flood.findings,
            assets=flood.assets,
        )
        self._title(flood.name, what, waits=flood.waiting > 0)
        first = flood.alarms[0]
        place = first.asset or first.model
        self._line(say("first: {place}: {what}", place=place, what=first.lead.what))
        self._line(
            say("since {time} ({age})", time=self.moment(flood.began_at), age=self._age(flood.began_at))
        )
        self._line(say("means: {consequence}", consequence=first.consequence))
        self._line(say("do:    {fix}", fix=first.lead.fix))
        self._line(say("so many at once often have one reason: power, network, a shared line"))
        self._line(say("all of them: andamio alarms show {id}", id=flood.name))

    def _since(self, alarm: Alarm) -> None:
        since = alarm.lead.since or alarm.raised_at
        if since is None:
            return
        if not alarm.active:
            self._line(say("since {time}; over now", time=self.moment(since)))
            return
        self._line(say("since {time} ({age})", time=self.moment(since), age=self._age(since)))

    def _held(self, alarm: Alarm) -> None:
        if alarm.state is State.ACKNOWLEDGED and alarm.acknowledged_by:
            self._line(say("seen by {who}", who=alarm.acknowledged_by))
        if alarm.state is State.SHELVED and alarm.until is not None:
            until = self.moment(alarm.until)
            self._line(say("back at {time}; {who}: {why}", time=until, who=alarm.held_by, why=alarm.held_why))
        if alarm.state is State.OUT_OF_SERVICE:
            self._line(say("until put back; {who}: {why}", who=alarm.held_by, why=alarm.held_why))
        if alarm.state is State.SUPPRESSED:
            self._line(say("plan: {plan}", plan=plan_name(alarm.plan, START_UP)))

    def _queues(self, queues: Sequence[Queue]) -> None:
        for queue in queues:
            if queue.waiting and queue.since is not None:
                self.out.blank()
                words = say(
                    "Not delivered yet to {target}: {n}, since {time}. {reason}",
                    target=queue.target,
                    n=queue.waiting,
                    time=self.moment(queue.since),
                    reason=queue.reason,
                )
                self._wrapped(words, after="", style="yellow")
            if queue.given_up:
                self.out.blank()
                words = say(
                    "Given up for {target}: {n}. andamio alarms test-notification {target} tries the way.",
                    target=queue.target,
                    n=queue.given_up,
                )
                self._wrapped(words, after="", style="yellow")

    def _about(self, event: AlarmEvent) -> str:
        told = event.data.get("finding")
        if isinstance(told, Told):
            return say(told.what)
        if event.event is Event.NOTIFIED:
            alarms = event.data.get("alarms")
            numbers = ", ".join(map(str, alarms[:_LISTED])) if isinstance(alarms, list) else ""
            return f"{event.data.get('target')} ({numbers})"
        return f"F{event.data['flood']}" if "flood" in event.data else ""

    def _reason(self, event: AlarmEvent) -> str:
        planned = event.event in {Event.SUPPRESSED, Event.UNSUPPRESSED}
        return plan_name(event.reason, START_UP) if planned else event.reason

    def _age(self, since: datetime) -> str:
        age = max(self.now - since, timedelta())
        minutes = int(age.total_seconds() // 60)
        if minutes < 120:
            return say("{n} min", n=minutes)
        if minutes < 48 * 60:
            return say("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
        return say("{n} {n:day|days}", n=age.days)

    def _title(self, name: str, words: str, *, waits: bool) -> None:
        mark, style = ("!", "bold red") if waits else ("·", "yellow")
        self._wrapped(f"{mark} {name:<5}{words}", after=" " * _INDENT, style=style)

    def _line(self, words: str) -> None:
        self._wrapped(" " * _INDENT + words, after=" " * (_INDENT + 2))

    def _wrapped(self, line: str, *, after: str, style: str | None = None) -> None:
        columns = min(max(shutil.get_terminal_size((80, 24)).columns, 40), 110)
        for piece in textwrap.wrap(line, columns, subsequent_indent=after, break_long_words=False):
            self.out.say("{line}", line=piece, style=style)
