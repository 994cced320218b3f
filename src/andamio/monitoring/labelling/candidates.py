"""Rows that may be labelled: those a version answered and whose truth is not known, from any long journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from andamio.journal import Archive, PredictionRecord, read_journal
from andamio.monitoring.performance.truths import gather_truths

KEPT = 20_000  # rows that are chosen among; of more, as many are drawn at random


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One row whose truth is unknown, detached from its record."""

    id: str
    asset: str | None
    event_time: str | None
    numbers: NDArray[np.float32]
    categories: tuple[str, ...]
    probabilities: NDArray[np.float32] | None
    decision: int | None
    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """The rows to choose among, and how many there were before some were drawn."""

    rows: tuple[Candidate, ...]
    of: int

    @property
    def chance(self) -> float:
        """The chance with which a row came here."""
        return len(self.rows) / self.of if self.of else 1.0


def gather_candidates(
    folder: Path,
    model: str,
    version: int,
    *,
    since: float,
    seed: int,
    zone: tzinfo = UTC,
    archive: Archive | None = None,
) -> Candidates:
    """Read the journal twice, its truths and then its predictions, and keep rows without a truth.

    Args:
        folder: The journal's.
        model: The model.
        version: The version whose rows are wanted.
        since: Rows answered before, in seconds since 1970, are left alone.
        seed: Of the draw where there are too many.
        zone: The time zone of times that do not name one.
        archive: The journal's past.
    """
    truths = gather_truths(folder, model, lambda _: 0.0, zone=zone, archive=archive)
    random = np.random.default_rng(seed)
    kept: list[tuple[float, Candidate]] = []
    bar, seen = 1.0, 0
    for record in read_journal(folder, archive=archive):
        if not isinstance(record, PredictionRecord) or (record.model, record.version) != (model, version):
            continue
        if record.time < since:
            continue
        unknown = np.setdiff1d(np.arange(len(record.ids)), truths.match(record).rows)
        seen += len(unknown)
        draws = random.random(len(unknown))
        chosen = dict(zip(unknown[draws < bar].tolist(), draws[draws < bar].tolist(), strict=True))
        kept += [(chosen[i], row) for i, row in enumerate(_rows(record)) if i in chosen] if chosen else []
        if len(kept) > 2 * KEPT:
            kept, bar = _lowest(kept)
    kept, _ = _lowest(kept)
    return Candidates(tuple(row for _, row in kept), seen)


def _lowest(kept: list[tuple[float, Candidate]]) -> tuple[list[tuple[float, Candidate]], float]:
    """Keep the rows of the lowest draws, in their order; a row above the highest of them has no chance."""
    if len(kept) <= KEPT:
        return kept, 1.0
    bar = sorted(draw for draw, _ in kept)[KEPT - 1]
    return [one for one in kept if one[0] <= bar][:KEPT], bar


def _rows(record: PredictionRecord) -> list[Candidate]:
    return [
        Candidate(
            id=row.id,
            asset=row.asset,
            event_time=row.event_time,
            numbers=row.numbers.copy(),
            categories=row.categories,
            probabilities=None if row.probabilities is None else row.probabilities.copy(),
            decision=row.decision,
            value=row.value,
            lower=row.lower,
            upper=row.upper,
        )
        for row in record.predictions()
    ]
