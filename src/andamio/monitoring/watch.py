"""The watch of one version: every asset's rows in the order of their event times, through its detectors.

It is fed what a ``Stream`` reads and keeps all that it knows in one file, journal position included
(``watch_file``), so that a killed watch goes on with nothing lost and nothing counted twice. A replay of
the past is the same object without the file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from andamio.journal import Cursor
from andamio.monitoring.asset_line import Patience
from andamio.monitoring.detectors import Factory
from andamio.monitoring.findings import Cause, Finding, Level
from andamio.monitoring.flow import flow_findings, unwatched_finding
from andamio.monitoring.grouping import together
from andamio.monitoring.performance.judging import Judging
from andamio.monitoring.stream import Arrivals, Stream
from andamio.monitoring.watched_asset import Checked, WatchedAsset, packed

MOST_ASSETS = 1000
STEP = 256  # rows of an asset between two questions to its detectors

# Who should look first: what carries the data, then what measures, then the process and the model.
_CAUSES = (Cause.PIPELINE, Cause.SENSOR, Cause.PROCESS, Cause.CONCEPT, Cause.SEASON, None)


@dataclass(slots=True)
class Totals:
    """What a watch has seen so far.

    Attributes:
        rows: Rows of this version that it read.
        before: Rows that happened before what it compares with ends; it does not look at them.
        unwatched: Rows of assets beyond those that one watch can hold.
        damages: Stretches of the journal that could not be read.
    """

    rows: int = 0
    before: int = 0
    unwatched: int = 0
    damages: int = 0


@dataclass(slots=True)
class Watch:
    """Watches the assets that one version answers for.

    Attributes:
        factory: Makes the detectors of one asset.
        patience: How long late rows are waited for.
        step: Rows of an asset between two questions to its detectors.
        begins: Rows that happened before are not looked at, in seconds since 1970.
        checked: Told what stands whenever an asset's detectors were asked, with the event time; or, for the
            model as a whole (None), whenever the bets on its answers were, with the time of the truth.
        judging: Holds the truths against what the version answered; None where nobody does.
        assets: Those under watch, by name.
        totals: What it has seen so far.
    """

    factory: Factory
    patience: Patience = field(default_factory=Patience)
    step: int = STEP
    begins: float = -math.inf
    checked: Checked | None = None
    judging: Judging | None = None
    assets: dict[str, WatchedAsset] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)

    def take(self, rows: Arrivals) -> None:
        """Take the next rows of the stream."""
        self.totals.rows += len(rows)
        if self.begins > -math.inf:
            known = len(rows)
            rows = rows.take(rows.times > self.begins)
            self.totals.before += known - len(rows)
        if len(rows.names) == 1:
            self._take(rows.names[0], rows)
            return
        order = np.argsort(rows.assets, kind="stable")
        bounds = np.searchsorted(rows.assets[order], np.arange(len(rows.names) + 1))
        for place, name in enumerate(rows.names):
            self._take(name, rows.take(order[bounds[place] : bounds[place + 1]]))

    def settle(self, now: float) -> int:
        """Let rows go to the detectors that have waited long enough by the clock; return how many."""
        until = now - self.patience.late_s
        return sum(one.settle(self.patience, until, self.step, self.checked) for one in self.assets.values())

    def standing(self) -> list[Finding]:
        """Return what stands now, the most urgent first; what several assets show is one finding."""
        found = self._standing()
        if self.judging is not None:
            found += self.judging.standing()
        return ranked(found)

    def _standing(self) -> list[Finding]:
        found: list[Finding] = []
        for asset in self.assets.values():
            found += flow_findings(asset.line, self.patience) + asset.standing(self.patience)
        if self.totals.unwatched:
            found.append(unwatched_finding(self.totals.unwatched, MOST_ASSETS))
        return together(found)

    def judge(self, stream: Stream, until: Cursor) -> None:
        """Hold the truths that came against what was answered, as far as a stream was read."""
        if self.judging is None or not self.judging.has_news:
            return
        told = None if self.checked is None else partial(self.checked, None)
        causes = {finding.cause for finding in self._standing() if finding.level is Level.ALARM}
        self.judging.judge(
            partial(stream.answers, until), drifted=Cause.PROCESS in causes, step=self.step, told=told
        )

    def check(self) -> None:
        """Ask all detectors now, so that what is an alarm at this moment is remembered as one."""
        for asset in self.assets.values():
            asset.check(self.patience, asset.line.released, self.checked)

    def forget(self) -> None:
        """Begin with nothing seen."""
        self.assets, self.totals = {}, Totals()
        if self.judging is not None:
            self.judging.forget()

    def started(self) -> dict[str, float]:
        """Return when each asset's rows began again after a gap, in seconds since 1970, where they did."""
        lines = ((name, asset.line.started) for name, asset in self.assets.items())
        return {name: started for name, started in lines if math.isfinite(started)}

    def waiting(self) -> int:
        """Count the rows that wait for older ones."""
        return sum(len(one.line.waiting) for one in self.assets.values() if one.line.waiting is not None)

    def _take(self, name: str, rows: Arrivals) -> None:
        if not len(rows):
            return
        asset = self.assets.get(name)
        if asset is None:
            if len(self.assets) >= MOST_ASSETS:
                self.totals.unwatched += len(rows)
                return
            asset = self.assets[name] = WatchedAsset.new(name, self.factory)
        asset.take(rows, self.patience, self.factory, self.step, self.checked)

    def pack(self) -> dict[str, NDArray[Any]]:
        """Return all that must survive a restart, as named arrays."""
        totals = {name: getattr(self.totals, name) for name in Totals.__slots__}
        arrays: dict[str, NDArray[Any]] = {"totals": packed(msgspec.msgpack.encode(totals))}
        for place, asset in enumerate(self.assets.values()):
            arrays[f"asset.{place}"] = packed(asset.pack())
        return arrays if self.judging is None else arrays | self.judging.pack()

    def unpack(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Continue from what ``pack`` returned.

        Raises:
            StateUnknown: It is of other detectors.
        """
        assets = {}
        for place in range(sum(name.startswith("asset.") for name in arrays)):
            asset = WatchedAsset.unpack(arrays[f"asset.{place}"].tobytes(), self.factory)
            assets[asset.line.name] = asset
        if self.judging is not None:
            self.judging.unpack(arrays)
        self.assets = assets
        self.totals = Totals(**msgspec.msgpack.decode(arrays["totals"].tobytes()))


def ranked(findings: Sequence[Finding]) -> list[Finding]:
    """Put alarms before notices, and of those the ones that explain others first."""

    def rank(finding: Finding) -> tuple[bool, int, float, float, str]:
        since = -math.inf if finding.since is None else finding.since.timestamp()
        certainty = 1.0 if finding.certainty is None else finding.certainty
        cause = _CAUSES.index(finding.cause)
        return (finding.level is not Level.ALARM, cause, -certainty, since, finding.asset or "")

    return sorted(findings, key=rank)
