"""The door of a model that has more than a champion.

The answer has the shape of every other, and each prediction says which version gave it:

    {"model": "pump-health", "version": 2, "predictions": [{"id": "68f0…-1", …, "version": 2}]}

``version`` at the top is null where the rows of one request were answered by several versions. A prediction
that somebody stood in for also says ``"quality": "fallback"``.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor

import msgspec

from andamio.contracts import Rows
from andamio.errors import RowsRejected
from andamio.journal import Record
from andamio.serving.carried import Carried
from andamio.serving.limits import Limits
from andamio.serving.metrics import Metrics
from andamio.serving.predicting import Answer, PredictDoor, too_many
from andamio.serving.recording import unrecorded
from andamio.serving.routing.router import Routed, Router
from andamio.serving.routing.shadows import Shadows

Commit = Callable[[Sequence[Record]], Awaitable[None]]

_encode = msgspec.json.Encoder().encode


class RoutedDoor(PredictDoor):
    """Answers the predict requests of one model by several versions.

    Args:
        router: Who answers which row.
        shadows: Where a shadow hears what was answered.
        commit: Returns when all records are in the journal to stay, or none is.
        pool: Where bodies too long for the event loop are scored.
        metrics: Where rows and refusals are counted.
        limits: The caps.
    """

    def __init__(
        self,
        router: Router,
        shadows: Shadows,
        commit: Commit,
        pool: Executor,
        metrics: Metrics,
        limits: Limits,
    ) -> None:
        super().__init__(router.team.champion, commit, pool, metrics, limits)
        self.gatherer = None  # the rows of one turn may be answered by several versions
        self._router = router
        self._shadows = shadows
        self._model = router.team.champion.model
        self._named = _encode({"model": self._model})[:-1]

    async def answer(self, body: bytes) -> bytes:
        """Answer one request; its records are committed when this returns.

        Raises:
            RowsRejected: The champion's contract refuses a row; every fault is in it, and journalled.
            BodyTooLarge: There are more rows than the cap.
            JournalFull: Nothing can be recorded, and the contract says stop.
        """
        try:
            if len(body) <= self._limits.inline_bytes:
                content, rows, routed = self._work(body)
            else:
                loop = asyncio.get_running_loop()
                content, rows, routed = await loop.run_in_executor(self._pool, self._work, body)
        except RowsRejected as error:
            await self._refused(error)
            raise
        recorded = await self._recording.commit(routed.records)
        self._answered(rows, routed)
        return content if recorded else unrecorded(content)

    async def carry(
        self, size: int, read: Callable[[], Rows], write: Callable[[Carried], Answer], *, door: str
    ) -> Answer:
        """Answer rows of another dialect, as ``answer`` does."""

        def work() -> tuple[Answer, Carried, Rows, Routed]:
            rows = read()
            if len(rows) > self._limits.rows:
                raise too_many(len(rows), self._limits)
            routed = self._router.score(rows, door=door)
            champion = self._router.team.champion.version
            told = next((r for r in routed.records if r.version == champion), routed.records[0])
            carried = Carried(routed.predictions, told, routed.versions, routed.fallback)
            return write(carried), carried, rows, routed

        try:
            if size <= self._limits.inline_bytes:
                content, carried, rows, routed = work()
            else:
                loop = asyncio.get_running_loop()
                content, carried, rows, routed = await loop.run_in_executor(self._pool, work)
        except RowsRejected as error:
            await self._refused(error)
            raise
        recorded = await self._recording.commit(routed.records)
        self._answered(rows, routed)
        return content if recorded else write(carried.without_record())

    def _work(self, body: bytes) -> tuple[bytes, Rows, Routed]:
        rows = self._router.team.champion.decode(body)
        if len(rows) > self._limits.rows:
            raise too_many(len(rows), self._limits)
        routed = self._router.score(rows)
        return self._written(routed), rows, routed

    def _written(self, routed: Routed) -> bytes:
        told = set(routed.versions)
        version = b"%d" % told.pop() if len(told) == 1 else b"null"
        predictions = b",".join(
            _encode(prediction)[:-1] + b',"version":%d' % number + (_FALLBACK if stood_in else b"}")
            for prediction, number, stood_in in zip(
                routed.predictions, routed.versions, routed.fallback, strict=True
            )
        )
        return self._named + b',"version":' + version + b',"predictions":[' + predictions + b"]}"

    def _answered(self, rows: Rows, routed: Routed) -> None:
        shadow = self._router.team.shadow
        if shadow is not None:
            self._shadows.hear(shadow, rows, routed.ids)
        for version, count in Counter(routed.versions).items():
            self._metrics.predictions[self._model, version] += count
        stood_in = sum(routed.fallback)
        if stood_in:
            self._metrics.fallbacks[self._model] += stood_in


_FALLBACK = b',"quality":"fallback"}'
