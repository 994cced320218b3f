"""Score a whole file: read, score, write, journal, publish, in that order."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from andamio.errors import RowsRejected, text
from andamio.journal import Record, RejectedRow, RejectRecord
from andamio.serving.batch.pieces import Piece, RowFault, Source, Target
from andamio.serving.batch.refused import write_refused
from andamio.serving.scorer import Scorer

_DOOR = "batch"


@dataclass(slots=True)
class BatchResult:
    """What came of a file."""

    scored: int = 0
    refused: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    rejected: Path | None = None


def score_file(
    scorer: Scorer, source: Source, target: Target, output: Path, commit: Callable[[Sequence[Record]], None]
) -> BatchResult:
    """Score a file; the output appears when it is whole and its predictions are in the journal.

    Args:
        scorer: The version.
        source: The input.
        target: The output, unseen so far.
        output: Its name; the refused rows go beside it.
        commit: Puts records into the journal to stay.

    Raises:
        RowsRejected: The contract refuses every row; that is journalled, and nothing is written.
        DiskFull: There is no room; nothing is written.
    """
    result = BatchResult()
    records: list[Record] = []
    faults: list[RowFault] = []
    try:
        for piece in source.pieces():
            records += _score(scorer, piece, target)
            faults += piece.faults
            result.scored += len(piece.lines)
            result.refused += piece.refused
        if not result.scored:
            commit(records)
            raise _nothing_scored(faults, result.refused)
        target.make_durable()
        commit(records)
        target.publish()
    finally:
        target.abandon()
    for found in faults:
        result.reasons[found.fault.code] = result.reasons.get(found.fault.code, 0) + 1
    result.rejected = write_refused(output, faults)
    return result


def _score(scorer: Scorer, piece: Piece, target: Target) -> list[Record]:
    records: list[Record] = []
    if piece.lines:
        scored = scorer.score(piece.rows, door=_DOOR)
        target.add(piece.lines, piece.rows, scored.predictions)
        records.append(scored.record)
    if piece.refused:
        found = [
            RejectedRow(
                row=f.line, code=f.fault.code, tag=str(f.fault.data["tag"]) if "tag" in f.fault.data else None
            )
            for f in piece.faults
        ]
        records.append(
            RejectRecord(
                time=time.time(),
                model=scorer.model,
                version=scorer.version,
                rows=piece.refused,
                faults=found,
                door=_DOOR,
            )
        )
    return records


def _nothing_scored(faults: Sequence[RowFault], refused: int) -> RowsRejected:
    if not refused:
        return RowsRejected(text("the file has no rows"), fix=text("give a file with at least one row"))
    return RowsRejected(
        text("the contract refuses all {rows} rows; nothing was written", rows=refused),
        fix=text("correct the file, or the contract"),
        faults=[found.fault for found in faults],
    )
