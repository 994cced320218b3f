"""From an alarm that is shown for the first time to a message in the outbox, within each target's budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from andamio.kernel.alarm_settings import TargetSection
from andamio.kernel.digests import canonical_json, sha256
from andamio.kernel.settings import Settings
from andamio.monitoring.alarms import budget
from andamio.monitoring.alarms.entry import Entry
from andamio.monitoring.alarms.letter import write_letter
from andamio.monitoring.alarms.schema import notices
from andamio.monitoring.alarms.states import WAITING, Event, State
from andamio.monitoring.alarms.store import append
from andamio.notification import Message, Outbox

_KEY_DIGITS = 24


@dataclass(frozen=True, slots=True)
class Announcer:
    """Notes whom an alarm is to be told, and tells it as soon as the budget allows.

    Until then notices gather, and one letter tells them all; what a person has dealt with meanwhile is
    told no more.
    """

    outbox: Outbox
    settings: Settings

    def note(self, connection: sa.Connection, shown: Sequence[Entry]) -> None:
        """Note that these are to be told to every target that wants them."""
        for entry in shown:
            for target in self.settings.notification.target:
                if not _wants(target, entry):
                    continue
                key = {"target": target.name, "alarm": entry.id}
                connection.execute(notices.delete().filter_by(**key))
                connection.execute(notices.insert().values(**key, activation=entry.activation))

    def tell(
        self, connection: sa.Connection, entries: Sequence[Entry], *, at: datetime, steady: datetime
    ) -> None:
        """Put what waits into the outbox, one letter a target, where its budget allows.

        Args:
            connection: The writing that is under way.
            entries: Every alarm that stands; a notice of any other is dropped.
            at: What the clock says.
            steady: The steady time.
        """
        if connection.scalar(sa.select(notices.c.alarm).limit(1)) is None:
            return
        by_id = {entry.id: entry for entry in entries}
        targets = {target.name: target for target in self.settings.notification.target}
        waiting: dict[str, list[Entry]] = {}
        for target, alarm in list(connection.execute(sa.select(notices.c.target, notices.c.alarm))):
            entry = by_id.get(alarm)
            if target in targets and entry is not None and entry.state in WAITING:
                waiting.setdefault(target, []).append(entry)
            elif target not in targets or entry is None or entry.state is not State.SUPPRESSED:
                connection.execute(notices.delete().filter_by(target=target, alarm=alarm))
        for name, told in sorted(waiting.items()):
            if budget.take(connection, name, self.settings.alarms, steady=steady):
                self._send(connection, targets[name], told, at=at, steady=steady)

    def _send(
        self,
        connection: sa.Connection,
        target: TargetSection,
        told: Sequence[Entry],
        *,
        at: datetime,
        steady: datetime,
    ) -> None:
        calls = sorted((entry.id, entry.activation) for entry in told)
        key = sha256(canonical_json([target.name, calls]))[:_KEY_DIGITS]
        plant = self.settings.plant
        language = target.language or plant.language
        letter = write_letter(told, plant=plant.name, zone=self.settings.time_zone, language=language)
        message = Message(
            target=target.name, key=key, title=letter.title, body=letter.body, language=language
        )
        self.outbox.enqueue(message, at=at, within=connection)
        connection.execute(
            notices.delete().where(
                notices.c.target == target.name, notices.c.alarm.in_([n for n, _ in calls])
            )
        )
        data = {"target": target.name, "key": key, "alarms": [number for number, _ in calls]}
        append(connection, [{"event": Event.NOTIFIED, "data": data}], at=at, steady=steady)


def _wants(target: TargetSection, entry: Entry) -> bool:
    return (
        (not target.models or entry.model in target.models)
        and (not target.assets or entry.asset in target.assets)
        and (not target.causes or entry.cause in target.causes)
    )
