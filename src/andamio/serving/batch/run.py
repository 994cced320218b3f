"""Score a whole file: read, score, write, journal, publish, in that order."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from andamio.errors import RowsRejected, text
from andamio.journal import BatchRecord, Record, RejectedRow, RejectRecord
from andamio.kernel.digests import sha256_of_file
from andamio.serving.batch.pieces import Courses, Piece, Source, Target, read_ahead
from andamio.serving.batch.refused import RefusedFile
from andamio.serving.batch.settling import Intent, Memory
from andamio.serving.scorer import Scorer

KEPT_ROWS = 100_000
"""The longest file whose rows are journalled one by one."""
_SWITCH_S = 0.0005
_DOOR = "batch"


class Files(NamedTuple):
    """The names of the input and the output."""

    input: Path
    output: Path


@dataclass(slots=True)
class BatchResult:
    """What came of a file.

    Of its refused rows ``worded`` have their faults in sentences; of its accepted ones ``unanswered`` end no
    window, and ``late`` came too late for theirs.
    """

    scored: int = 0
    refused: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    rejected: Path | None = None
    worded: int = 0
    unanswered: int = 0
    late: int = 0

    @property
    def rows_kept(self) -> bool:
        """Whether the rows are in the journal one by one."""
        return self.scored + self.refused <= KEPT_ROWS


def score_file(
    scorer: Scorer,
    source: Source,
    target: Target,
    files: Files,
    commit: Callable[[Sequence[Record]], None],
    courses: Courses | None = None,
    memory: Memory | None = None,
) -> BatchResult:
    """Score a file; the output appears when it is whole and its record is in the journal.

    The record names both files by their digests. The rows of a file of up to ``KEPT_ROWS`` are journalled one
    by one as well, so that they are watched and can be told the truth by their ids; more would only swell
    the journal with what the files hold.

    Args:
        scorer: The version.
        source: The input.
        target: The output, unseen so far.
        files: Their names; the refused rows go beside the output.
        commit: Puts records into the journal to stay.
        courses: Smooths remaining lives.
        memory: Goes on from file to file, in one step with the answers.

    Raises:
        RowsRejected: The contract refuses every row; that is journalled, and nothing is written.
        DiskFull: There is no room; nothing is written.
    """
    result = BatchResult()
    rows: list[Record] = []
    refused, intended = RefusedFile(files.output), False
    switched_s = sys.getswitchinterval()
    # The graph runs outside the interpreter; back from it, this thread waits so long for the others.
    sys.setswitchinterval(_SWITCH_S)
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="digest") as reader:
            input_digest = reader.submit(sha256_of_file, files.input)
            for piece in read_ahead(source.pieces()):
                result.scored += len(piece.lines)
                result.refused += piece.refused
                result.unanswered += piece.unanswered
                result.late += piece.late
                refused.add(piece.refusals, keep=not result.scored)
                scored = _score(scorer, piece, target, courses, recorded=result.rows_kept)
                rows = rows + scored if result.rows_kept else []
        result.reasons, result.worded = dict(refused.reasons), refused.worded
        if not result.scored and result.unanswered <= 0:
            commit(rows)
            raise _nothing_scored(refused, result.refused)
        outputs = [refused.unseen]
        if result.scored:  # else they wait for the windows that later files end
            output_digest = target.make_durable()
            rows.append(_record(scorer, files, input_digest.result(), output_digest, result))
            outputs.append(target.unseen)  # the last step: an output that is seen has its refusals beside it
        refused.make_durable()
        result.rejected = refused.path if refused.unseen.unseen else None
        if memory is not None:
            memory.intend(Intent(rows, outputs), result)
            intended = True
        commit(rows)
        refused.publish()
        if result.scored:
            target.publish()
        if memory is not None:
            memory.done()
    finally:
        sys.setswitchinterval(switched_s)
        if not intended:
            refused.abandon()
        if not intended or not result.scored:
            target.abandon()
    return result


def _score(
    scorer: Scorer, piece: Piece, target: Target, courses: Courses | None, *, recorded: bool
) -> list[Record]:
    records: list[Record] = []
    if piece.lines:
        block = scorer.score_block(piece.rows)
        if courses is not None and block.outputs.value is not None:
            block = block._replace(course=courses.told(piece.rows, block.outputs.value))
        target.add(piece.lines, scorer, block)
        if recorded:
            records.append(scorer.record(block, door=_DOOR))
    if piece.refused and recorded:
        found = [
            RejectedRow(row=refusal.line, code=refusal.code, tag=refusal.tag) for refusal in piece.refusals
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


def _record(
    scorer: Scorer, files: Files, input_digest: str, output_digest: str, result: BatchResult
) -> BatchRecord:
    return BatchRecord(
        time=time.time(),
        model=scorer.model,
        version=scorer.version,
        digest=scorer.digest,
        input=files.input.name,
        input_sha256=input_digest,
        output=files.output.name,
        output_sha256=output_digest,
        scored=result.scored,
        refused=result.refused,
        rows_kept=result.rows_kept,
    )


def _nothing_scored(file: RefusedFile, refused: int) -> RowsRejected:
    if not refused:
        return RowsRejected(text("the file has no rows"), fix=text("give a file with at least one row"))
    return RowsRejected(
        text("the contract refuses all {rows} rows; nothing was written", rows=refused),
        why=text("told are the first {rows} rows", rows=file.worded) if file.worded < refused else None,
        fix=text("correct the file, or the contract"),
        faults=file.faults,
        data={"rows": refused, "told": file.worded},
    )
