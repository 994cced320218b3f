"""One finding inside an alarm: who it is, and whether it counts yet or still."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from andamio.errors import Text
from andamio.kernel.alarm_settings import AlarmsSection
from andamio.kernel.digests import canonical_json
from andamio.monitoring.alarms.sentences import packed, unpacked
from andamio.monitoring.findings import Cause, Finding, Level


class Identity(NamedTuple):
    """What makes two findings of one alarm the same one, in whatever cycle and after whatever restart."""

    version: int
    kind: str
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a finding said when it was last seen."""

    version: int
    kind: str
    tag: str | None
    what: Text
    fix: Text
    since: datetime | None
    certainty: float | None

    @classmethod
    def of(cls, finding: Finding, version: int) -> Told:
        """Take what is kept of a finding."""
        return cls(
            version=version,
            kind=finding.kind,
            tag=finding.tag,
            what=finding.what,
            fix=finding.fix,
            since=finding.since,
            certainty=None if finding.certainty is None else float(finding.certainty),
        )

    @property
    def identity(self) -> Identity:
        """Who it is."""
        return Identity(self.version, self.kind, self.tag or "")

    @property
    def rank(self) -> tuple[float, str, str, str]:
        """Order by what leads: the surest first, then the oldest."""
        since = self.since.isoformat() if self.since else "9999"
        return (-(1.0 if self.certainty is None else self.certainty), since, self.kind, self.tag or "")

    def written(self) -> str:
        """Write it as JSON."""
        fields = {
            "version": self.version,
            "kind": self.kind,
            "tag": self.tag,
            "what": packed(self.what),
            "fix": packed(self.fix),
            "since": self.since.isoformat() if self.since else None,
            "certainty": self.certainty,
        }
        return canonical_json(fields).decode()

    @classmethod
    def read(cls, written: str) -> Told:
        """Read what ``written`` wrote."""
        fields = msgspec.json.decode(written)
        since = fields.pop("since")
        what, fix = unpacked(fields.pop("what")), unpacked(fields.pop("fix"))
        return cls(**fields, what=what, fix=fix, since=datetime.fromisoformat(since) if since else None)


@dataclass(slots=True)
class Member:
    """A finding's standing in its alarm; ``first`` and ``away`` are steady time."""

    told: Told
    first: datetime
    active: bool = False
    away: datetime | None = None

    def is_due(self, steady: datetime, settings: AlarmsSection) -> bool:
        """Tell whether it has stood long enough to count."""
        return not self.active and steady - self.first >= timedelta(minutes=settings.on_delay_minutes)

    def is_over(self, steady: datetime, settings: AlarmsSection) -> bool:
        """Tell whether it has been away long enough to be over; one that never counted is over at once."""
        if self.away is None:
            return False
        return not self.active or steady - self.away >= timedelta(minutes=settings.off_delay_minutes)


def counts(finding: Finding, settings: AlarmsSection) -> bool:
    """Tell whether a finding is a reason to raise an alarm."""
    return finding.level is Level.ALARM and _certainty(finding) >= settings.least_certainty


def keeps(finding: Finding, settings: AlarmsSection) -> bool:
    """Tell whether a finding that counted before counts still: the deadband.

    It does while it has sunk to a notice, and while its certainty has not sunk below what raises an alarm
    by more than the deadband.
    """
    return _certainty(finding) >= settings.least_certainty - settings.deadband


def key_of(finding: Finding) -> tuple[str, str]:
    """Return the asset and the cause by which findings are gathered into one alarm."""
    cause = finding.cause.value if isinstance(finding.cause, Cause) else ""
    return finding.asset or "", cause


def _certainty(finding: Finding) -> float:
    return 1.0 if finding.certainty is None else finding.certainty
