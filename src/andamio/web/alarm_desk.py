"""What the control process needs of whoever keeps the alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from andamio.errors import AndamioError, NotFound, text
from andamio.kernel import clock
from andamio.monitoring.findings import Finding
from andamio.monitoring.rounds import Round

Alarm = Mapping[str, Any]


class AlarmDesk(Protocol):
    """Takes findings, keeps alarms, and lets persons act on them. Called from threads, one at a time.

    An alarm is plain data: ``id``, ``model``, ``asset``, ``cause``, ``state``, ``what``, ``raised_at``, more.
    """

    def update(
        self,
        model: str,
        version: int,
        standing: Sequence[Finding],
        at: datetime,
        started: Mapping[str, datetime],
    ) -> None:
        """Take the findings of a version that stand now; what is not among them is away.

        Args:
            model: The model.
            version: Its version.
            standing: The findings.
            at: What the clock says.
            started: When the rows of assets began again after a gap, where they did.
        """

    def alarms(self, *, model: str | None, everything: bool) -> Sequence[Alarm]:
        """List what stands; ``everything`` adds what is shelved, suppressed or out of service."""

    def acknowledge(self, name: str, *, actor: str, reason: str) -> Alarm:
        """Note that somebody has seen it.

        Raises:
            AndamioError: There is no such alarm, or its state does not allow it.
        """

    def shelve(self, name: str, *, actor: str, reason: str, hours: float) -> Alarm:
        """Put it aside for some hours; raises as ``acknowledge`` does."""

    def unshelve(self, name: str, *, actor: str, reason: str) -> Alarm:
        """Take it back; raises as ``acknowledge`` does."""

    def counts(self) -> Mapping[str, int]:
        """Count the alarms by state."""

    def notifications(self) -> Mapping[str, int]:
        """Count the notifications that are ``waiting`` and those that have ``failed``."""


def hand_over(desk: AlarmDesk, found: Round) -> None:
    """Hand a round's findings to the desk; a look that was not kept is another process's to hand over.

    What fails for one version keeps no other from being handed over.

    Raises:
        AndamioError: The first of what failed.
    """
    at = clock.now()
    failed: list[AndamioError] = []
    for one in found.looked:
        if one.kept:
            try:
                watched = one.watched
                started = {
                    asset: datetime.fromtimestamp(began, UTC)
                    for asset, began in watched.watch.started().items()
                }
                desk.update(watched.model, watched.served.version, one.findings, at, started)
            except AndamioError as error:
                failed.append(error)
    if failed:
        raise failed[0]


class NoAlarms:
    """The desk of a plant that keeps no alarms: findings stand, and nobody is called."""

    def update(
        self,
        model: str,
        version: int,
        standing: Sequence[Finding],
        at: datetime,
        started: Mapping[str, datetime],
    ) -> None:
        """Let them go."""

    def alarms(self, *, model: str | None, everything: bool) -> Sequence[Alarm]:  # noqa: ARG002  as the protocol
        """There are none."""
        return ()

    def acknowledge(self, name: str, *, actor: str, reason: str) -> Alarm:  # noqa: ARG002  as the protocol
        """There is none."""
        raise _none(name)

    def shelve(self, name: str, *, actor: str, reason: str, hours: float) -> Alarm:  # noqa: ARG002
        """There is none."""
        raise _none(name)

    def unshelve(self, name: str, *, actor: str, reason: str) -> Alarm:  # noqa: ARG002  as the protocol
        """There is none."""
        raise _none(name)

    def counts(self) -> Mapping[str, int]:
        """There are none."""
        return {}

    def notifications(self) -> Mapping[str, int]:
        """There are none."""
        return {"waiting": 0, "failed": 0}


def _none(name: str) -> NotFound:
    return NotFound(
        text("there is no alarm {name}", name=name[:40]),
        fix=text("GET /api/v1/alarms lists those that stand"),
    )
