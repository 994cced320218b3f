"""How the predictions are spread: a histogram and the counts of the labels, for every version.

Seeing a record costs one list entry; the arithmetic is done for hundreds of records at once, when they are
many or when ``/metrics`` is read. Every door commits its records through here, so none is forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import Bundle, GraphInfo
from andamio.journal import PredictionRecord, Record

Commit = Callable[[Sequence[Record]], Awaitable[None]]
Which = tuple[str, int]
_SHARES = tuple(i / 10 for i in range(1, 11))
_QUANTILES = "profile.score_quantiles"
_ROWS_KEPT = 4096
_RECORDS_KEPT = 512


class VersionFacts:
    """What the metrics say of a version beside its numbers: its age, and the edges of its histogram.

    Attributes:
        info: What the graph's outputs mean.
        created_s: When the bundle was made, seconds since 1970; None when its record does not say.
        edges: Upper edges of the histogram: tenths for a probability, deciles of training for a number.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.info: GraphInfo = bundle.info
        self.created_s = _seconds(bundle.record.get("created_at"))
        self.edges = _edges(bundle)


class Histogram:
    """Counts of one version's predictions."""

    def __init__(self, edges: Sequence[float]) -> None:
        self.edges = np.asarray(edges, np.float64)
        self.counts: NDArray[np.int64] = np.zeros(len(edges) + 1, np.int64)
        self.total = 0.0

    def add(self, values: NDArray[np.floating]) -> None:
        """Count values; what is not a number is left out."""
        sound = values[np.isfinite(values)].astype(np.float64)
        where = np.searchsorted(self.edges, sound)
        self.counts += np.bincount(where, minlength=self.counts.size)
        self.total += float(sound.sum())

    def buckets(self) -> list[tuple[str, float]]:
        """Return the cumulative counts as Prometheus writes them."""
        bounds = [*(str(float(f"{edge:.6g}")) for edge in self.edges.tolist()), "+Inf"]
        return list(zip(bounds, np.cumsum(self.counts).astype(float).tolist(), strict=True))


class Spread:
    """The predictions of every version since the process started."""

    def __init__(self) -> None:
        self.histograms: dict[Which, Histogram] = {}
        self.labels: Counter[tuple[str, int, str]] = Counter()
        self._facts: dict[Which, VersionFacts] = {}
        self._waiting: list[PredictionRecord] = []
        self._rows = 0

    def know(self, model: str, version: int, facts: VersionFacts) -> None:
        """Learn what a version's outputs mean, before its first record comes."""
        self._facts[model, version] = facts

    def watching(self, commit: Commit) -> Commit:
        """Return a commit that shows what it commits to this object."""

        def watched(records: Sequence[Record]) -> Awaitable[None]:
            for record in records:
                if type(record) is PredictionRecord:
                    self.see(record)
            return commit(records)

        return watched

    def see(self, record: PredictionRecord) -> None:
        """Count a record, now or later."""
        self._waiting.append(record)
        self._rows += len(record.ids)
        if self._rows >= _ROWS_KEPT or len(self._waiting) >= _RECORDS_KEPT:
            self.settle()

    def settle(self) -> None:
        """Count what waits."""
        waiting, self._waiting, self._rows = self._waiting, [], 0
        by_version: dict[Which, list[PredictionRecord]] = {}
        for record in waiting:
            by_version.setdefault((record.model, record.version), []).append(record)
        for which, records in by_version.items():
            facts = self._facts.get(which)
            if facts is not None:
                self._count(which, facts, records)

    def _count(self, which: Which, facts: VersionFacts, records: Sequence[PredictionRecord]) -> None:
        info = facts.info
        for index, count in _decisions(records):
            self.labels[(*which, info.classes[index])] += count
        values = _values(records, info)
        if values is not None and facts.edges:
            self.histograms.setdefault(which, Histogram(facts.edges)).add(values)


def _decisions(records: Sequence[PredictionRecord]) -> Iterator[tuple[int, int]]:
    joined = b"".join([record.decision for record in records if record.decision is not None])
    counts = np.bincount(np.frombuffer(joined, "<i8")) if joined else np.zeros(0, np.int64)
    return ((index, int(count)) for index, count in enumerate(counts) if count)


def _values(records: Sequence[PredictionRecord], info: GraphInfo) -> NDArray[np.floating] | None:
    if not info.classes or info.kind == "anomaly":
        return np.frombuffer(b"".join([record.value or b"" for record in records]), "<f4")
    if info.positive is None or len(info.classes) != 2:
        return None
    joined = b"".join([record.probabilities or b"" for record in records])
    positive: NDArray[np.floating] = np.frombuffer(joined, "<f4").reshape(-1, 2)[:, info.positive]
    return positive


def _edges(bundle: Bundle) -> tuple[float, ...]:
    if bundle.info.classes and bundle.info.kind != "anomaly":
        return _SHARES
    quantiles = bundle.reference().get(_QUANTILES)
    if quantiles is None or len(quantiles) < 10:
        return ()
    chosen = np.linspace(0, len(quantiles) - 1, 11).round().astype(int)
    sound = np.asarray(quantiles, np.float64)[chosen]
    return tuple(sorted({float(f"{edge:.4g}") for edge in sound[np.isfinite(sound)].tolist()}))


def _seconds(written: object) -> float | None:
    try:
        return datetime.fromisoformat(str(written)).timestamp()
    except ValueError:
        return None
