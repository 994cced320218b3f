"""The desk of a plant that keeps its alarms in its database, and calls whom the settings name."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from andamio.app import Plant
from andamio.bundles.deployment import read_deployment
from andamio.errors import Busy
from andamio.monitoring.alarms.as_data import alarm_data
from andamio.monitoring.findings import Finding
from andamio.web.alarm_desk import Alarm

_log = logging.getLogger("andamio.web")


class BookDesk:
    """Keeps the alarm book and empties the outbox after every look.

    Args:
        plant: The plant, opened.
    """

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._told: dict[str, str] = {}

    def update(
        self,
        model: str,
        version: int,
        standing: Sequence[Finding],
        at: datetime,
        started: Mapping[str, datetime],
    ) -> None:
        """Take the findings of the champion; those of other versions are findings, and call nobody."""
        route = read_deployment(self._plant.folder.deployment).models.get(model)
        if route is None or route.champion.version != version:
            return
        book = self._plant.alarms
        late = [finding for finding in standing if finding.data.get("late")]
        live = [finding for finding in standing if not finding.data.get("late")]
        if late:
            book.update(model, late, at=at, live=False, version=version)
        mute = timedelta(minutes=self._plant.settings.alarms.start_up_mute_minutes)
        begun = {asset: since for asset, since in started.items() if at - since < mute}
        book.update(model, live, at=at, version=version, started=begun)
        self._send()

    def _send(self) -> None:
        """Send what is due; what a service does not take stays in the outbox, and is said once."""
        if not self._plant.settings.notification.target:
            return
        try:
            done = self._plant.sender.run_once()
        except Busy:
            return
        told = {failure.target: failure.reason for failure in done.failures}
        for target, reason in told.items():
            if self._told.get(target) != reason:
                _log.error("%s takes no notifications: %s", target, reason)
        self._told = told

    def alarms(self, *, model: str | None, everything: bool) -> Sequence[Alarm]:
        """List what stands, the alarms of floods among them."""
        standing = self._plant.alarms.standing(model=model, all_states=everything)
        within = [alarm for flood in standing.floods for alarm in flood.alarms]
        found = {alarm.id: alarm for alarm in [*standing.alarms, *within]}
        return [alarm_data(alarm) for alarm in found.values()]

    def acknowledge(self, name: str, *, actor: str, reason: str) -> Alarm:
        """Note that somebody has seen it."""
        return alarm_data(self._plant.alarms.acknowledge([name], actor=actor, reason=reason)[0])

    def shelve(self, name: str, *, actor: str, reason: str, hours: float) -> Alarm:
        """Put it aside for some hours."""
        return alarm_data(self._plant.alarms.shelve([name], hours=hours, reason=reason, actor=actor)[0])

    def unshelve(self, name: str, *, actor: str, reason: str) -> Alarm:
        """Take it back."""
        return alarm_data(self._plant.alarms.unshelve([name], actor=actor, reason=reason)[0])

    def counts(self) -> Mapping[str, int]:
        """Count the alarms by state."""
        counted: dict[str, int] = {}
        for alarm in self._plant.alarms.standing(all_states=True).alarms:
            counted[alarm.state.value] = counted.get(alarm.state.value, 0) + 1
        return counted

    def notifications(self) -> Mapping[str, int]:
        """Count what waits for a service, and what was given up."""
        queues = self._plant.alarms.outbox.queues()
        return {
            "waiting": sum(queue.waiting for queue in queues),
            "failed": sum(queue.given_up for queue in queues),
        }
