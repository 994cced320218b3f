"""What the last round of looks found, for those who ask meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from andamio.errors import AndamioError
from andamio.monitoring.findings import Finding
from andamio.monitoring.plain import assets_data
from andamio.monitoring.rounds import Looked, Round
from andamio.monitoring.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionStanding:
    """What stood for one version after its last look.

    Attributes:
        model: The model.
        version: Its version.
        reference: What it is compared with.
        findings: The most urgent first.
        assets: How far each asset has come.
        rows: Rows that went to the detectors, since the watch began.
        waiting: Rows that wait for older ones.
        late: Rows that came too late.
        until_s: The youngest event time that the detectors saw, in seconds since 1970; None before the first.
    """

    model: str
    version: int
    reference: str
    findings: Sequence[Finding]
    assets: Sequence[Mapping[str, Any]]
    rows: int
    waiting: int
    late: int
    until_s: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything after one round; replaced whole, never changed."""

    at_s: float = 0.0
    rounds: int = 0
    versions: tuple[VersionStanding, ...] = ()
    failures: Mapping[str, AndamioError] = field(default_factory=dict)

    def after(self, found: Round, now: Callable[[], float] = time.time) -> Standing:
        """Return what stands after one more round."""
        versions = tuple(_version(one) for one in found.looked)
        return Standing(now(), self.rounds + 1, versions, dict(found.failures))

    def of(self, model: str) -> list[VersionStanding]:
        """Return the versions of a model."""
        return [one for one in self.versions if one.model == model]

    def models(self) -> list[str]:
        """Name the models that were looked at, or could not be."""
        return sorted({one.model for one in self.versions} | set(self.failures))


def _version(one: Looked) -> VersionStanding:
    watch: Watch = one.watched.watch
    lines = [asset.line for asset in watch.assets.values()]
    released = [line.released for line in lines if line.counts.fed]
    return VersionStanding(
        model=one.watched.model,
        version=one.watched.served.version,
        reference="bundle" if one.watched.rebase is None else one.watched.rebase.id,
        findings=tuple(one.findings),
        assets=assets_data(watch),
        rows=sum(line.counts.fed for line in lines),
        waiting=watch.waiting(),
        late=sum(line.counts.late for line in lines),
        until_s=max(released, default=None),
    )
