"""The door that predicts: bytes in, decode, score, journal, bytes out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from typing import TypeVar

import msgspec

from andamio.contracts import Rows
from andamio.contracts.decoder import Opened
from andamio.errors import BodyTooLarge, RowsRejected, text
from andamio.journal import PredictionRecord, Record, RejectedRow, RejectRecord
from andamio.serving.carried import Carried
from andamio.serving.gathering import Gatherer
from andamio.serving.limits import Limits
from andamio.serving.metrics import Metrics
from andamio.serving.recording import Recording, unrecorded
from andamio.serving.scorer import Scorer

Commit = Callable[[Sequence[Record]], Awaitable[None]]
Answer = TypeVar("Answer")

_encode = msgspec.json.Encoder().encode


class PredictDoor:
    """Answers the predict requests of one model version.

    Args:
        scorer: The version.
        commit: Returns when a record is in the journal to stay.
        pool: Where bodies too long for the event loop are scored.
        metrics: Where rows and refusals are counted.
        limits: The caps.
    """

    def __init__(
        self, scorer: Scorer, commit: Commit, pool: Executor, metrics: Metrics, limits: Limits
    ) -> None:
        self._scorer = scorer
        self._commit = commit
        self._recording = Recording(scorer.model, commit, scorer.contract.operation.on_full_disk, metrics)
        self.gatherer: Gatherer | None = Gatherer(scorer, self._recording, metrics)
        self._pool = pool
        self._metrics = metrics
        self._limits = limits
        self._counted = (scorer.model, scorer.version)
        named = _encode({"model": scorer.model, "version": scorer.version})
        self._opening = named[:-1] + b',"predictions":'

    async def answer(self, body: bytes) -> bytes:
        """Answer one request; its record is committed when this returns, or the answer says it is not.

        Raises:
            RowsRejected: The contract refuses a row; every fault of every row is in it, and journalled.
            BodyTooLarge: There are more rows than the cap.
            JournalFull: Nothing can be recorded, and the contract says stop.
        """
        try:
            if len(body) <= self._limits.inline_bytes:
                opened = self._scorer.decoder.open(body)
                single = self._scorer.decoder.single(opened)
                if single is not None and self.gatherer is not None:
                    return await self.gatherer.answer(single)
                content, record = self._score(body, opened)
            else:
                loop = asyncio.get_running_loop()
                content, record = await loop.run_in_executor(self._pool, self._read_and_score, body)
        except RowsRejected as error:
            await self._refused(error)
            raise
        recorded = await self._recording.commit((record,))
        self._metrics.predictions[self._counted] += len(record.ids)
        return content if recorded else unrecorded(content)

    async def carry(
        self, size: int, read: Callable[[], Rows], write: Callable[[Carried], Answer], *, door: str
    ) -> Answer:
        """Answer rows that came in another dialect, by the same way: judged, scored, journalled.

        Args:
            size: Bytes of the body; a large one is scored beside the event loop.
            read: Reads the body as rows; called once, perhaps on another thread.
            write: Writes the answer, on the same thread; again, if it turns out not to be recorded.
            door: What the journal calls the dialect.

        Raises:
            RowsRejected: As ``answer`` does.
            BodyTooLarge: There are more rows than the cap.
            JournalFull: Nothing can be recorded, and the contract says stop.
        """

        def work() -> tuple[Answer, Carried]:
            rows = read()
            if len(rows) > self._limits.rows:
                raise too_many(len(rows), self._limits)
            carried = Carried(*self._scorer.score(rows, door=door))
            return write(carried), carried

        try:
            if size <= self._limits.inline_bytes:
                content, carried = work()
            else:
                content, carried = await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except RowsRejected as error:
            await self._refused(error)
            raise
        recorded = await self._recording.commit((carried.record,))
        self._metrics.predictions[self._counted] += len(carried.record.ids)
        return content if recorded else write(carried.without_record())

    def _read_and_score(self, body: bytes) -> tuple[bytes, PredictionRecord]:
        return self._score(body, self._scorer.decoder.open(body))

    def _score(self, body: bytes, opened: Opened | None) -> tuple[bytes, PredictionRecord]:
        rows = self._scorer.decoder.rows(opened, body)
        if len(rows) > self._limits.rows:
            raise too_many(len(rows), self._limits)
        predictions, record = self._scorer.score(rows)
        return self._opening + _encode(predictions) + b"}", record

    async def _refused(self, error: RowsRejected) -> None:
        faults = [_rejected_row(fault.code, fault.data) for fault in error.faults]
        for fault in faults:
            self._metrics.rejected[self._scorer.model, fault.code] += 1
        rows = error.data.get("rows", 1 + max((fault.row for fault in faults), default=0))
        record = RejectRecord(
            time=time.time(),
            model=self._scorer.model,
            version=self._scorer.version,
            rows=rows if isinstance(rows, int) else 1,
            faults=faults,
        )
        await self._recording.commit((record,))


def _rejected_row(code: str, data: object) -> RejectedRow:
    found = data if isinstance(data, dict) else {}
    row, tag = found.get("row", 0), found.get("tag")
    return RejectedRow(
        row=row if isinstance(row, int) else 0, code=code, tag=None if tag is None else str(tag)
    )


def too_many(rows: int, limits: Limits) -> BodyTooLarge:
    """Build the refusal of more rows than the cap."""
    return BodyTooLarge(
        text("{rows} rows came at once and the cap is {cap}", rows=rows, cap=limits.rows),
        fix=text("send fewer rows at once, or score the file with: andamio score --in FILE --out FILE"),
    )
