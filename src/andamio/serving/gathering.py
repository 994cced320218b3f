"""Answer single rows together that came in the same turn of the event loop.

A machine that sends a row every second, times a hundred machines, is a hundred requests of one row. Those
that are there at the same time share one run of the graph, one record and one commit, which costs a fraction
of a run each. Nobody waits for company: the first of them lets the event loop hand out what has arrived
already, and answers them all. Each gets what it would get alone, to the bit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from andamio.serving.metrics import Metrics
from andamio.serving.recording import Recording, unrecorded
from andamio.serving.scorer import Scorer

_MOST = 64
_encode = msgspec.json.Encoder().encode


class _Group:
    """Rows that are answered together: the leader's, and those of who waits for it."""

    __slots__ = ("followers", "rows")

    def __init__(self, row: msgspec.Struct) -> None:
        self.rows = [row]
        self.followers: list[asyncio.Future[bytes]] = []


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

    async def answer(self, row: msgspec.Struct) -> bytes:
        """Answer one row; its record is committed when this returns, or the answer says it is not.

        Raises:
            JournalFull: Nothing can be recorded, and the contract says stop.
        """
        group = self._open
        if group is not None and len(group.rows) < _MOST:
            group.rows.append(row)
            content: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
            group.followers.append(content)
            return await content
        return await self._lead(row)

    async def _lead(self, row: msgspec.Struct) -> bytes:
        group = self._open = _Group(row)
        try:
            try:
                await asyncio.sleep(0)
            finally:
                if self._open is group:
                    self._open = None
            own, *others = await self._answers(group.rows)
        except BaseException as error:
            _fail(group, error)
            raise
        for follower, content in zip(group.followers, others, strict=True):
            if not follower.done():
                follower.set_result(content)
        return own

    async def _answers(self, rows: Sequence[msgspec.Struct]) -> list[bytes]:
        scorer = self._scorer
        block = scorer.score_each(scorer.decoder.together(rows))
        opening = self._opening
        contents = [opening + _encode(prediction) + b"]}" for prediction in scorer.predictions(block)]
        recorded = await self._recording.commit((scorer.record(block),))
        self._predictions[self._counted] += len(rows)
        return contents if recorded else [unrecorded(content) for content in contents]


def _fail(group: _Group, error: BaseException) -> None:
    """Tell who waits that there is no answer; a leader that was called off calls them off."""
    for follower in group.followers:
        if follower.done():
            continue
        if isinstance(error, Exception):
            follower.set_exception(error)
        else:
            follower.cancel()
