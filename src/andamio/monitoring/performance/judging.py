"""The truths that came, held against the answers they name: what the watch of a version bets on.

Truths are heard in the order of the journal and kept as 24 bytes each, until the answers that they name are
looked up: then the model's answers stream past them. So no answer is kept, however long the truth takes. A
truth that names no answer yet waits for one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import GraphInfo
from andamio.journal import TruthRecord
from andamio.journal.truth import moment_of
from andamio.monitoring.findings import Finding
from andamio.monitoring.performance.answers import Answers
from andamio.monitoring.performance.harm import LossDetector
from andamio.monitoring.performance.labels import Labels, joined, reader_of
from andamio.monitoring.performance.names import Names, names_of, names_of_moments

MOST_HEARD = 262_144  # truths; so many are looked up at once
MOST_WAITING = 65_536  # truths without an answer; the latest of them wait for one
_AT_ONCE = 4096

Told = Callable[[float, Sequence[Finding]], None]
Hear = Callable[[TruthRecord], None]


@dataclass(frozen=True, slots=True)
class Heard:
    """Truths in the order in which they were heard: what each names, what it says, when it came."""

    names: Names = field(default_factory=lambda: np.zeros(0, np.uint64))
    values: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    told: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    def __len__(self) -> int:
        return len(self.names)

    def take(self, places: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Heard:
        """Return some of them."""
        return Heard(self.names[places], self.values[places], self.told[places])

    def __add__(self, other: Heard) -> Heard:
        pairs = zip(
            (self.names, self.values, self.told), (other.names, other.values, other.told), strict=True
        )
        return Heard(*(np.concatenate(pair) for pair in pairs))


class Judging:
    """Holds truths against one version's answers and bets on them.

    Args:
        make: Makes what takes the labels.
        info: Classes of the version's graph.
        served: The number and the digest of the version.
        zone: The time zone of times that name none: the plant's.
        begins: Rows that happened before are not bet on, in seconds since 1970.
    """

    def __init__(
        self,
        make: Callable[[], LossDetector],
        info: GraphInfo,
        served: tuple[int, str],
        *,
        zone: tzinfo = UTC,
        begins: float = -math.inf,
    ) -> None:
        self.begins, self.ends = begins, math.inf
        self._make, self._served, self._zone = make, served, zone
        self._read = reader_of(info)
        self.forget()

    def forget(self) -> None:
        """Begin with nothing heard."""
        self.detector = self._make()
        self.judged = 0
        self._heard = Heard()
        self._records: list[TruthRecord] = []
        self._fresh = 0
        self._by_moment = False

    @property
    def has_news(self) -> bool:
        """Whether truths came whose answers were not looked up yet."""
        return self._fresh > 0

    @property
    def is_full(self) -> bool:
        """Whether so many came that their answers should be looked up now."""
        return self._fresh >= MOST_HEARD

    def hear(self, record: TruthRecord) -> None:
        """Take the next truth of the journal."""
        self._fresh += 1
        self._records.append(record)
        if len(self._records) >= _AT_ONCE:
            self._gather()

    def judge(
        self,
        answers: Callable[[Hear], Iterable[Answers]],
        *,
        drifted: bool = False,
        step: int = MOST_HEARD,
        told: Told | None = None,
    ) -> None:
        """Look up what the truths name, and bet on the answers of this version.

        Args:
            answers: Yields the model's answers up to where truths were heard, and tells of all truths there.
            drifted: Whether a finding of drift stands for the inputs.
            step: Labels between two questions to the bets.
            told: Told what stands whenever the bets were asked, with the time at which the truth came.
        """
        self._gather()
        search = _Search(self._heard, by_moment=self._by_moment)
        again: list[TruthRecord] = []
        for batch in answers(again.append):
            search.take(batch, self._served)
            if len(again) >= _AT_ONCE:
                search.meet(self._heard_of(again))
                again.clear()
        search.meet(self._heard_of(again))
        labels = search.labels()
        self.judged += len(labels)
        self._heard, self._fresh = search.waiting(), 0
        labels = labels.take((labels.happened > self.begins) & (labels.happened < self.ends))
        for start in range(0, len(labels), step):
            if not any(stream.stands for stream in self.detector.streams.values()):
                self.detector.inputs_drifted = drifted
            part = labels.take(np.arange(start, min(start + step, len(labels))))
            self.detector.feed_labels(part)
            if told is not None:
                told(float(part.told[-1]), self.standing())

    def standing(self) -> list[Finding]:
        """Return the harm that stands, of each kind the surest; or that nothing was promised."""
        if self.detector.abstains and not self.judged:
            return []
        found: dict[str, Finding] = {}
        for finding in self.detector.standing():
            found.setdefault(finding.kind, finding)
        return list(found.values())

    def pack(self) -> dict[str, NDArray[Any]]:
        """Return all that must survive a restart, as named arrays."""
        self._gather()
        heard = self._heard
        own = {
            "counts": np.array([self._fresh, self._by_moment, self.judged], np.int64),
            "names": heard.names,
            "values": heard.values,
            "told": heard.told,
        }
        bets = {f"bets.{name}": array for name, array in self.detector.state().items()}
        return {f"truths.{name}": array for name, array in (own | bets).items()}

    def unpack(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Continue from what ``pack`` returned."""
        fresh, by_moment, self.judged = arrays["truths.counts"].tolist()
        self._fresh, self._by_moment, self._records = fresh, bool(by_moment), []
        self._heard = Heard(*(arrays[f"truths.{name}"] for name in ("names", "values", "told")))
        prefix = "truths.bets."
        self.detector.restore({k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)})

    def _gather(self) -> None:
        self._by_moment = self._by_moment or any(record.prediction is None for record in self._records)
        self._heard += self._heard_of(self._records)
        self._records = []

    def _heard_of(self, records: Sequence[TruthRecord]) -> Heard:
        """Make names and numbers of truths; those that cannot be read or name nothing are left out."""
        named = [record for record in records if record.prediction is not None]
        timed = [record for record in records if record.prediction is None]
        moments = [moment_of(record.event_time or "", self._zone) for record in timed]
        machines = names_of([record.asset or "" for record in timed])
        names = np.concatenate(
            [
                names_of([record.prediction or "" for record in named]),
                names_of_moments(machines, np.array(moments, np.float64)),
            ]
        )
        values = np.array([self._read(record.value) for record in (*named, *timed)], np.float64)
        told = np.array([record.time for record in (*named, *timed)], np.float64)
        known = np.isfinite(values)
        known[len(named) :] &= np.array([moment is not None for moment in moments], np.bool_)
        kept = np.flatnonzero(known)
        return Heard(names, values, told).take(kept[np.argsort(told[kept], kind="stable")])


class _Search:
    """Looks for the answers that some truths name; of several truths for one name, the first counts."""

    def __init__(self, heard: Heard, *, by_moment: bool) -> None:
        self._heard = heard.take(np.argsort(heard.told, kind="stable"))
        self._names, self._first, self._counts = np.unique(
            self._heard.names, return_index=True, return_counts=True
        )
        self._by_moment = by_moment
        self._met = np.zeros(len(self._names), np.int64)
        self._found = np.zeros(len(self._names), np.bool_)
        self._labels: list[Labels] = []
        self._places: list[NDArray[np.int64]] = []

    def meet(self, truths: Heard) -> None:
        """Take truths of the journal, to know which names were told of before."""
        places = self._places_of(truths.names)
        np.add.at(self._met, places[places >= 0], 1)

    def take(self, batch: Answers, served: tuple[int, str]) -> None:
        """Take answers; those of other versions are found, and nobody's label here."""
        places = self._places_of(batch.names)[None, :]
        if self._by_moment:
            places = np.concatenate([places, self._places_of(batch.moments)[None, :]])
        self._found[places[places >= 0]] = True
        rows = np.flatnonzero((places >= 0).any(axis=0) & (batch.versions() == served[0]))
        if not len(rows):
            return
        places = places[:, rows]
        nowhere = len(self._heard)
        firsts = np.where(places >= 0, self._first[places], nowhere).min(axis=0)
        self._labels.append(batch.labels(rows, self._heard.values[firsts], self._heard.told[firsts], served))
        other = places if len(places) > 1 else np.repeat(places, 2, axis=0)
        self._places.append(np.concatenate([other, firsts[None, :]]))

    def labels(self) -> Labels:
        """Return what was found in the order in which the truths came, each answer's first truth alone."""
        if not self._labels:
            return joined([])
        places = np.concatenate(self._places, axis=1)
        before = np.append(self._met > self._counts, values=False)  # the last is that of no name
        new = ~before[places[0]] & ~before[places[1]]
        order = np.argsort(places[2], kind="stable")
        return joined(self._labels).take(order[new[order]])

    def waiting(self) -> Heard:
        """Return the truths that name no answer yet, the latest of them."""
        place = np.searchsorted(self._names, self._heard.names)
        return self._heard.take(np.flatnonzero(~self._found[place])[-MOST_WAITING:])

    def _places_of(self, names: Names) -> NDArray[np.int64]:
        if not len(self._names):
            return np.full(len(names), -1, np.int64)
        places = np.minimum(np.searchsorted(self._names, names), len(self._names) - 1)
        return np.where(self._names[places] == names, places, -1)
