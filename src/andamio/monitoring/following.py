"""Bring a watch up to what the journal holds, and keep it; or show a fresh one a stretch of the past."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic

import numpy as np

from andamio.errors import Text
from andamio.journal import Cursor
from andamio.monitoring.findings import Cause, Finding, Level
from andamio.monitoring.stream import Arrivals, Passed, Stream
from andamio.monitoring.watch import Watch
from andamio.monitoring.watch_file import WatchFile

_REST = 20  # times as long as judging took: looking up what truths name costs at most a twentieth
SAVED_EVERY = 500_000  # rows; what a kill during a long catching up costs


@dataclass(slots=True)
class Follower:
    """Follows the journal with a watch.

    Attributes:
        stream: What is read.
        watch: What it is shown to.
        file: Where it is kept; None keeps nothing.
        cursor: How far it has come.
        rests_until: When truths are judged again, by the monotonic clock.
    """

    stream: Stream
    watch: Watch
    file: WatchFile | None
    cursor: Cursor = field(default_factory=Cursor)
    rests_until: float = -math.inf

    def begin(self) -> bool:
        """Go on from where the file says; tell whether there was one."""
        kept = None if self.file is None else self.file.load(self.watch)
        self.cursor = Cursor() if kept is None else kept
        return kept is not None

    def catch_up(self, now: float) -> int:
        """Read what was answered since, look at what stands, keep it all; return how many rows came.

        Args:
            now: Seconds since 1970: rows that have waited long enough by now wait no longer.
        """
        before, passed, rows, unsaved = dict(self.cursor.places), _hearing(self.watch), 0, 0
        for arrivals in self.stream.read(self.cursor, passed):
            self.watch.take(arrivals)
            rows += len(arrivals)
            unsaved += len(arrivals)
            if self.watch.judging is not None and self.watch.judging.is_full:
                self.watch.judge(self.stream, self.cursor)
            if unsaved >= SAVED_EVERY:
                self._save()
                unsaved = 0
        self.watch.totals.damages += len(passed.damages)
        settled = self.watch.settle(now)
        self.watch.check()
        judged = self._judge()
        if settled or judged or self.cursor.places != before:
            self._save()
        return rows

    def _judge(self) -> bool:
        """Judge the truths that came; in a long journal, where that takes a while, not every time."""
        if self.watch.judging is None or not self.watch.judging.has_news or monotonic() < self.rests_until:
            return False
        began = monotonic()
        self.watch.judge(self.stream, self.cursor)
        self.rests_until = monotonic() + _REST * (monotonic() - began)
        return True

    def _save(self) -> None:
        if self.file is not None:
            self.file.save(self.watch, self.cursor)


@dataclass(slots=True, kw_only=True)
class Episode:
    """One finding of a replay, from when to when it would have stood.

    Attributes:
        kind: Of the finding.
        asset: "" for none.
        tag: None for the whole asset.
        level: The highest that it reached.
        cause: Where it came from, as last stated.
        what: In words, as last stated.
        fix: What to do.
        since: Since when it was the case, in seconds since 1970; None where the detector tells nothing.
        raised: When it would have been stated.
        cleared: When it no longer was; None while it stood at the end.
    """

    kind: str
    asset: str
    tag: str | None
    level: Level
    cause: Cause | None
    what: Text
    fix: Text
    since: float | None
    raised: float
    cleared: float | None = None


_Key = tuple[str | None, str, str | None]


@dataclass(slots=True)
class Replay:
    """What would have stood from when to when: a fresh watch over a stretch of the past.

    Args:
        watch: A new one; its ``step`` says how often it is asked.
        start: The first event time to look at, in seconds since 1970.
        end: The event time at which to stop.
    """

    watch: Watch
    start: float = -math.inf
    end: float = math.inf
    episodes: list[Episode] = field(default_factory=list)
    rows: int = 0
    _open: dict[_Key, Episode] = field(default_factory=dict)

    def run(self, stream: Stream) -> Sequence[Episode]:
        """Read the journal once and return the episodes in the order in which they were raised."""
        self.watch.checked = self._checked
        judging, cursor = self.watch.judging, Cursor()
        if judging is not None:
            judging.begins, judging.ends = float(np.nextafter(self.start, -math.inf)), self.end
        for arrivals in stream.read(cursor, _hearing(self.watch)):
            if judging is not None and judging.is_full:
                self.watch.judge(stream, cursor)
            within = (arrivals.times >= self.start) & (arrivals.times < self.end)
            shown: Arrivals = arrivals if within.all() else arrivals.take(np.flatnonzero(within))
            if len(shown):
                self.watch.take(shown)
                self.rows += len(shown)
        self.watch.settle(math.inf)
        self.watch.check()
        self.watch.judge(stream, cursor)
        return sorted(self.episodes, key=lambda one: one.raised)

    def _checked(self, asset: str | None, at: float, findings: Sequence[Finding]) -> None:
        standing = {(asset, finding.kind, finding.tag): finding for finding in findings}
        for key in [key for key in self._open if key[0] == asset and key not in standing]:
            self._open.pop(key).cleared = at
        for key, finding in standing.items():
            known = self._open.get(key)
            if known is None:
                known = self._open[key] = _episode(asset, at, finding)
                self.episodes.append(known)
            known.what, known.fix, known.cause = finding.what, finding.fix, finding.cause
            known.level = Level.ALARM if Level.ALARM in (known.level, finding.level) else finding.level


def _hearing(watch: Watch) -> Passed:
    return Passed(hear=None if watch.judging is None else watch.judging.hear)


def _episode(asset: str | None, at: float, finding: Finding) -> Episode:
    return Episode(
        kind=finding.kind,
        asset=asset or "",
        tag=finding.tag,
        level=finding.level,
        cause=finding.cause,
        what=finding.what,
        fix=finding.fix,
        since=None if finding.since is None else finding.since.timestamp(),
        raised=at,
    )
