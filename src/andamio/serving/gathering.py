"""Answer single rows together that came in the same turn of the event loop.

A machine that sends a row every second, times a hundred machines, is a hundred requests of one row. Those
that are there at the same time share one run of the graph, one record and one commit, which costs a fraction
of a run each. Nobody waits for company: the first row lets the event loop hand out what has arrived already,
and then all of them are answered. Each gets what it would get alone, to the bit.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

import msgspec

from andamio.serving.metrics import Metrics
from andamio.serving.recording import Recording, unrecorded
from andamio.serving.scorer import Block, Scorer

_MOST = 64
_encode = msgspec.json.Encoder().encode


class Waiter(Protocol):
    """Whoever sent a row. Its record is committed when the answer comes, or the answer says it is not."""

    def answered(self, content: bytes) -> None:
        """Take the answer."""

    def failed(self, error: BaseException) -> None:
        """Hear that there is none."""


class _Group:
    """Rows that are answered together, and who sent them."""

    __slots__ = ("rows", "waiters")

    def __init__(self) -> None:
        self.rows: list[msgspec.Struct] = []
        self.waiters: list[Waiter] = []


class Gatherer:
    """Answers good rows that came alone, for one version.

    Args:
        scorer: The version.
        recording: Where the answers are recorded before they are given.
        metrics: Where they are counted.
    """

    def __init__(self, scorer: Scorer, recording: Recording, metrics: Metrics) -> None:
        self._scorer = scorer
        self._recording = recording
        self._predictions = metrics.predictions
        self._counted = (scorer.model, scorer.version)
        named = _encode({"model": scorer.model, "version": scorer.version})
        self._opening = named[:-1] + b',"predictions":['
        self._open: _Group | None = None
        self._at_work: set[asyncio.Task[None]] = set()

    def read(self, body: bytes) -> msgspec.Struct | None:
        """Read the row of a body of one row; None for any other body, and for a row that is not good."""
        if not body.startswith(b'{"row":'):
            return None
        decoder = self._scorer.decoder
        return decoder.single(decoder.open(body))

    def join(self, row: msgspec.Struct, waiter: Waiter) -> None:
        """Answer one row soon; call it from the event loop's thread."""
        group = self._open
        if group is None or len(group.rows) == _MOST:
            group = self._open = _Group()
            work = asyncio.get_running_loop().create_task(self._settle(group))
            self._at_work.add(work)
            work.add_done_callback(self._at_work.discard)
        group.rows.append(row)
        group.waiters.append(waiter)

    async def answer(self, row: msgspec.Struct) -> bytes:
        """Answer one row.

        Raises:
            JournalFull: Nothing can be recorded, and the contract says stop.
        """
        waiter = _Future()
        self.join(row, waiter)
        return await waiter.content

    async def _settle(self, group: _Group) -> None:
        if self._open is group:
            self._open = None
        try:
            block = self._scorer.score_each(self._scorer.decoder.together(group.rows))
        except Exception as error:  # noqa: BLE001  whatever a graph raises, it is one row's fault
            await self._settle_alone(group, error)
            return
        try:
            contents = await self._recorded(block)
        except BaseException as error:
            for waiter in group.waiters:
                waiter.failed(error)
            if not isinstance(error, Exception):
                raise
            return
        for waiter, content in zip(group.waiters, contents, strict=True):
            waiter.answered(content)

    async def _settle_alone(self, group: _Group, error: Exception) -> None:
        """Answer the rows one by one where one of them cannot be answered: it alone shall hear of it."""
        if len(group.rows) == 1:
            group.waiters[0].failed(error)
            return
        for row, waiter in zip(group.rows, group.waiters, strict=True):
            alone = _Group()
            alone.rows.append(row)
            alone.waiters.append(waiter)
            await self._settle(alone)

    async def _recorded(self, block: Block) -> list[bytes]:
        opening = self._opening
        predictions = self._scorer.predictions(block)
        contents = [opening + _encode(prediction) + b"]}" for prediction in predictions]
        recorded = await self._recording.commit((self._scorer.record(block),))
        self._predictions[self._counted] += len(contents)
        return contents if recorded else [unrecorded(content) for content in contents]


class _Future:
    """Waits as a coroutine does."""

    def __init__(self) -> None:
        self.content: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def answered(self, content: bytes) -> None:
        if not self.content.done():
            self.content.set_result(content)

    def failed(self, error: BaseException) -> None:
        if self.content.done():
            return
        if isinstance(error, Exception):
            self.content.set_exception(error)
        else:
            self.content.cancel()
