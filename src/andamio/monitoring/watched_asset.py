"""One asset under watch: its rows in order, its detectors, and which of their findings are alarms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from andamio.bundles.arrays import read_arrays, write_arrays
from andamio.monitoring.asset_line import AssetLine, Counts, Patience
from andamio.monitoring.detector import Detector
from andamio.monitoring.detectors import Factory, show
from andamio.monitoring.findings import Finding, Level
from andamio.monitoring.rows import Rows
from andamio.monitoring.stream import Arrivals

Key = tuple[str, str]
Checked = Callable[[str | None, float, Sequence[Finding]], None]
_LINE = ("newest", "released", "arrival", "delay", "usual_delay", "started")


class StateUnknown(Exception):
    """A kept state is of other detectors than these."""


@dataclass(slots=True)
class WatchedAsset:
    """An asset's line of rows and the detectors at its end.

    Attributes:
        line: Its rows on their way.
        detectors: In the order in which they are fed.
        alarmed: Findings that were alarms while the asset spoke of the present.
        unchecked: Rows fed since the detectors were last asked.
        before_leap: Its whole state before its clock leapt ahead; None while the clock is right.
    """

    line: AssetLine
    detectors: Sequence[Detector]
    alarmed: set[Key]
    unchecked: int = 0
    before_leap: bytes | None = None

    @classmethod
    def new(cls, name: str, factory: Factory) -> WatchedAsset:
        """Begin to watch an asset."""
        return cls(AssetLine(name), factory(), set())

    def take(
        self, rows: Arrivals, patience: Patience, factory: Factory, step: int, checked: Checked | None
    ) -> None:
        """Take the next rows of this asset, in the order in which they were answered."""
        while len(rows):
            leap = self.line.leap_at(rows, patience)
            if leap is None:
                end = len(rows)
            elif leap[1]:
                end = leap[0]
            else:
                end = leap[0] or int(np.count_nonzero(rows.records == rows.records[0]))
            if leap is not None and leap[0] == 0:
                if leap[1]:
                    self._come_back(factory)
                    continue
                self._leap()
            self._pass_on(rows.take(np.arange(end)), patience, step, checked)
            rows = rows.take(np.arange(end, len(rows)))

    def settle(self, patience: Patience, until: float, step: int, checked: Checked | None) -> int:
        """Let rows go that have waited long enough by the clock; return how many."""
        ready = self.line.release(patience, until)
        if ready is None:
            return 0
        self._feed(ready, patience, step, checked)
        return len(ready)

    def standing(self, patience: Patience) -> list[Finding]:
        """Return what stands; what rests on rows from the past alone is noticed and not alarmed."""
        found = [_placed(finding, self.line.name) for one in self.detectors for finding in one.standing()]
        if not self.line.lags(patience):
            return found
        return [self._calmed(finding) for finding in found]

    def _calmed(self, finding: Finding) -> Finding:
        if finding.level is not Level.ALARM or _key(finding) in self.alarmed:
            return finding
        return replace(finding, level=Level.NOTICE, data={**finding.data, "late": True})

    def _pass_on(self, rows: Arrivals, patience: Patience, step: int, checked: Checked | None) -> None:
        self.line.take(rows, patience)
        ready = self.line.release(patience)
        if ready is not None:
            self._feed(ready, patience, step, checked)
        if self.line.newest <= self.line.arrival + patience.ahead_s:
            self.before_leap = None
        else:
            self.line.counts.ahead += len(rows)

    def _feed(self, rows: Arrivals, patience: Patience, step: int, checked: Checked | None) -> None:
        start = 0
        while start < len(rows):
            end = min(len(rows), start + step - self.unchecked)
            self._show(rows.take(np.arange(start, end)))
            self.unchecked += end - start
            if self.unchecked >= step:
                self.check(patience, float(rows.times[end - 1]), checked)
            start = end

    def check(self, patience: Patience, at: float, checked: Checked | None) -> None:
        """Ask the detectors what stands, and remember what is an alarm."""
        self.unchecked = 0
        found = self.standing(patience)
        self.alarmed = {_key(finding) for finding in found if finding.level is Level.ALARM}
        if checked is not None:
            checked(self.line.name, at, found)

    def _show(self, rows: Arrivals) -> None:
        shown = Rows(
            asset=self.line.name,
            times=rows.times,
            arrived=rows.arrived,
            numbers=rows.numbers,
            categories=rows.categories,
            scores=rows.scores,
            suspect=np.zeros(rows.numbers.shape, dtype=np.bool_),
        )
        show(self.detectors, shown)

    def _leap(self) -> None:
        """Remember where everything stood, for when the clock comes back."""
        if self.before_leap is None and np.isfinite(self.line.newest):
            self.line.counts.leaps += 1
            self.before_leap = self.pack()

    def _come_back(self, factory: Factory) -> None:
        """Go on from before the leap; what the leap brought is counted and forgotten."""
        counts, kept = self.line.counts, self.before_leap
        name = self.line.name
        fresh = WatchedAsset.new(name, factory)
        if kept is not None:
            fresh = WatchedAsset.unpack(kept, factory)
        fresh.line.counts = replace(counts, fed=fresh.line.counts.fed)
        self.line, self.detectors, self.alarmed = fresh.line, fresh.detectors, fresh.alarmed
        self.unchecked, self.before_leap = fresh.unchecked, None

    def pack(self) -> bytes:
        """Return all that must survive a restart."""
        waiting = self.line.waiting
        head = {
            "name": self.line.name,
            "line": [getattr(self.line, name) for name in _LINE],
            "counts": asdict(self.line.counts),
            "alarmed": sorted(self.alarmed),
            "unchecked": self.unchecked,
            "detectors": [type(one).__name__ for one in self.detectors],
            "categories": [] if waiting is None else waiting.categories.tolist(),
        }
        arrays: dict[str, NDArray[Any]] = {"head": packed(msgspec.msgpack.encode(head))}
        for place, detector in enumerate(self.detectors):
            arrays[f"detector.{place}"] = packed(write_arrays(detector.state()))
        if waiting is not None and len(waiting):
            for name in ("times", "arrived", "numbers", "scores"):
                arrays[f"waiting.{name}"] = getattr(waiting, name)
        if self.before_leap is not None:
            arrays["before_leap"] = packed(self.before_leap)
        return write_arrays(arrays)

    @classmethod
    def unpack(cls, content: bytes, factory: Factory) -> WatchedAsset:
        """Continue from what ``pack`` returned.

        Raises:
            StateUnknown: It is of other detectors.
        """
        arrays = read_arrays(content)
        head = msgspec.msgpack.decode(arrays["head"].tobytes())
        asset = cls.new(head["name"], factory)
        if head["detectors"] != [type(one).__name__ for one in asset.detectors]:
            raise StateUnknown
        for name, value in zip(_LINE, head["line"], strict=True):
            setattr(asset.line, name, value)
        asset.line.counts = Counts(**head["counts"])
        asset.line.waiting = _waiting(head, arrays)
        asset.alarmed = {(kind, tag) for kind, tag in head["alarmed"]}
        asset.unchecked = head["unchecked"]
        for place, detector in enumerate(asset.detectors):
            detector.restore(read_arrays(arrays[f"detector.{place}"].tobytes()))
        if "before_leap" in arrays:
            asset.before_leap = arrays["before_leap"].tobytes()
        return asset


def packed(content: bytes) -> NDArray[np.uint8]:
    """Return bytes as an array that an ``.npz`` file holds."""
    return np.frombuffer(content, np.uint8)


def _waiting(head: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Arrivals | None:
    if "waiting.times" not in arrays:
        return None
    rows = len(arrays["waiting.times"])
    words = [word for row in head["categories"] for word in row]
    return Arrivals(
        times=arrays["waiting.times"],
        arrived=arrays["waiting.arrived"],
        records=np.zeros(rows, np.int64),
        assets=np.zeros(rows, np.int64),
        names=(head["name"],),
        numbers=arrays["waiting.numbers"],
        categories=np.array(words, dtype=object).reshape(rows, -1),
        scores=arrays["waiting.scores"],
    )


def _key(finding: Finding) -> Key:
    return finding.kind, finding.tag or ""


def _placed(finding: Finding, asset: str) -> Finding:
    return replace(finding, asset=asset) if asset and finding.asset is None else finding
