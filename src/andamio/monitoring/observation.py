"""Gather what the journal holds of one model: its latest predictions as arrays, refusals, and truths."""

from __future__ import annotations

import shutil
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Contract
from andamio.journal import (
    Archive,
    BatchRecord,
    Damage,
    Judged,
    Prediction,
    PredictionRecord,
    Record,
    RejectRecord,
    ServiceRecord,
    ShadowRecord,
    TruthRecord,
    join_truth,
    read_journal,
)
from andamio.journal.truth import moment_of
from andamio.monitoring.rows import Rows
from andamio.statistics.profile import watched_score
from andamio.statistics.runs import by_group

KEPT = 5000  # the latest predictions that monitors look at


@dataclass(frozen=True, slots=True)
class Gap:
    """Rows that were answered and not recorded, and between which moments, in seconds since 1970."""

    rows: int
    since: float
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What is known of one model's work.

    Attributes:
        predictions: The latest rows, in the order of their event times.
        times: Seconds since 1970 of each row: event time where one came, else the time of the answer.
        numbers: Shape ``(rows, numbers)``, NaN for missing.
        categories: Shape ``(rows, categories)``, "" for missing.
        assets: Asset of each row, "" for none.
        versions: Version that answered each row.
        answered: Rows answered since the journal began.
        refused: Rows refused since the journal began.
        reasons: Faults by code and tag.
        judged: The latest rows whose truth is known.
        unmatched: Truths that no kept prediction answers to.
        last: When the latest answer left; None before the first.
        damages: Stretches of the journal that could not be read.
        gap: What was answered on a full disk without a record; None when nothing was.
        free_bytes: Room on the journal's disk at this moment; None when there is no journal yet.
    """

    predictions: tuple[Prediction, ...]
    times: NDArray[np.float64]
    numbers: NDArray[np.float32]
    categories: NDArray[np.object_]
    assets: NDArray[np.object_]
    versions: NDArray[np.int64]
    answered: int
    refused: int
    reasons: dict[tuple[str, str | None], int]
    judged: tuple[Judged, ...]
    unmatched: int
    last: datetime | None
    damages: tuple[Damage, ...] = ()
    gap: Gap | None = None
    free_bytes: int | None = None

    def __len__(self) -> int:
        """Count the rows that monitors look at."""
        return len(self.predictions)

    def of_version(self, version: int) -> NDArray[np.int64]:
        """Return the places of the rows that one version answered, in time order."""
        return np.flatnonzero(self.versions == version)


def scores_of(seen: Observation, places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the one number a prediction that is watched, as the reference's was computed.

    Returns:
        Shape ``(places,)``; NaN where a prediction has none.
    """
    scores = np.full(len(places), np.nan)
    for i, place in enumerate(places):
        prediction = seen.predictions[place]
        if prediction.value is not None:
            scores[i] = prediction.value
        elif prediction.probabilities is not None:
            scores[i] = watched_score(prediction.probabilities[None], None)[0]
    return scores


def streams(seen: Observation, places: NDArray[np.int64]) -> list[Rows]:
    """Return some of the rows, given by their places in the order of time, as one stream an asset."""
    scores = scores_of(seen, places)
    return [
        Rows(
            asset=asset,
            times=seen.times[places[members]],
            arrived=np.array([seen.predictions[i].time for i in places[members]], np.float64),
            numbers=seen.numbers[places[members]],
            categories=seen.categories[places[members]],
            scores=scores[members],
            suspect=np.zeros((members.size, seen.numbers.shape[1]), np.bool_),
        )
        for asset, members in by_group(seen.assets[places].tolist()).items()
    ]


@dataclass(slots=True)
class _Gathered:
    latest: deque[PredictionRecord] = field(default_factory=deque)
    kept: int = 0
    truths: list[TruthRecord] = field(default_factory=list)
    reasons: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    damages: list[Damage] = field(default_factory=list)
    answered: int = 0
    refused: int = 0
    last: float | None = None
    gap: Gap | None = None


def observe(
    folder: Path, contract: Contract, *, zone: tzinfo = UTC, archive: Archive | None = None
) -> Observation:
    """Read the journal once, and the archive that is its past, and gather what it holds of one model."""
    gathered = _Gathered()
    for record in read_journal(folder, archive=archive):
        if isinstance(record, Damage):
            gathered.damages.append(record)
        elif _of(record, contract.name):
            _gather(gathered, record)
    return _arranged(gathered, contract, zone, _free_bytes(folder))


def _of(record: Record, model: str) -> bool:
    if isinstance(record, ShadowRecord):
        return False
    if isinstance(record, ServiceRecord):
        return record.event == "unrecorded" and record.detail.get("model") == model
    return record.model == model


def _free_bytes(folder: Path) -> int | None:
    return shutil.disk_usage(folder).free if folder.is_dir() else None


def _gather(gathered: _Gathered, record: Record) -> None:
    if isinstance(record, ServiceRecord):
        gathered.gap = _widened(gathered.gap, record)
    elif isinstance(record, PredictionRecord):
        _keep(gathered, record)
        gathered.answered += len(record.ids)
        gathered.last = max(record.time, gathered.last or record.time)
    elif isinstance(record, BatchRecord):
        if not record.rows_kept:
            gathered.answered += record.scored
            gathered.refused += record.refused
            gathered.last = max(record.time, gathered.last or record.time)
    elif isinstance(record, RejectRecord):
        gathered.refused += len({fault.row for fault in record.faults})
        gathered.reasons.update((fault.code, fault.tag) for fault in record.faults)
    elif isinstance(record, TruthRecord):
        gathered.truths.append(record)


def _widened(gap: Gap | None, event: ServiceRecord) -> Gap:
    rows, since, until = (float(event.detail.get(name) or 0) for name in ("rows", "since", "until"))
    if gap is None:
        return Gap(int(rows), since, until)
    return Gap(gap.rows + int(rows), min(gap.since, since), max(gap.until, until))


def _keep(gathered: _Gathered, record: PredictionRecord) -> None:
    """Keep whole records while their rows may be among the latest; only those are ever made into rows."""
    latest, kept = gathered.latest, gathered.kept + len(record.ids)
    latest.append(record)
    while (rest := kept - len(latest[0].ids)) >= KEPT:
        kept = rest
        latest.popleft()
    gathered.kept = kept


def _arranged(gathered: _Gathered, contract: Contract, zone: tzinfo, free_bytes: int | None) -> Observation:
    found = deque((row for record in gathered.latest for row in record.predictions()), maxlen=KEPT)
    times = {id(p): _event_time(p, zone) for p in found}
    rows = sorted(found, key=lambda p: times[id(p)])
    joined = join_truth(rows, gathered.truths, zone=zone)
    return Observation(
        predictions=tuple(rows),
        times=np.array([times[id(p)] for p in rows], dtype=np.float64),
        numbers=_numbers(rows, len(contract.numbers)),
        categories=_categories(rows, len(contract.categories)),
        assets=np.array([p.asset or "" for p in rows], dtype=object),
        versions=np.array([p.version for p in rows], dtype=np.int64),
        answered=gathered.answered,
        refused=gathered.refused,
        reasons=dict(gathered.reasons.most_common()),
        judged=joined.judged,
        unmatched=len(joined.unmatched),
        last=None if gathered.last is None else datetime.fromtimestamp(gathered.last, UTC),
        damages=tuple(gathered.damages),
        gap=gathered.gap,
        free_bytes=free_bytes,
    )


def _event_time(prediction: Prediction, zone: tzinfo) -> float:
    told = moment_of(prediction.event_time, zone) if prediction.event_time else None
    return prediction.time if told is None else told


def _numbers(rows: list[Prediction], width: int) -> NDArray[np.float32]:
    """Stack the number tags; a version with other inputs than the contract's leaves its row missing."""
    table = np.full((len(rows), width), np.nan, dtype=np.float32)
    for i, row in enumerate(rows):
        if len(row.numbers) == width:
            table[i] = row.numbers
    return table


def _categories(rows: list[Prediction], width: int) -> NDArray[np.object_]:
    table = np.full((len(rows), width), "", dtype=object)
    for i, row in enumerate(rows):
        if len(row.categories) == width:
            table[i] = row.categories
    return table
