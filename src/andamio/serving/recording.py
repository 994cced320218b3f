"""Record what one model answers, and do on a full disk what its contract says.

With ``on_full_disk = "stop"`` nothing is answered that is not recorded. With ``"score-unlogged"`` the answers
go on and say ``recorded: false``; the rows are counted, and when there is room again the first commit brings
an event with it that tells how many were answered unrecorded, and from when to when.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from andamio.contracts.contract import OnFullDisk
from andamio.errors import JournalFull, Unequipped
from andamio.journal import PredictionRecord, Record, RejectRecord, ServiceRecord
from andamio.serving.metrics import Metrics

Commit = Callable[[Sequence[Record]], Awaitable[None]]

_log = logging.getLogger("andamio.serving")
_RECORDED, _UNRECORDED = b'"recorded":true', b'"recorded":false'


class Recording:
    """Records the answers and the refusals of one model."""

    def __init__(self, model: str, commit: Commit, on_full_disk: OnFullDisk, metrics: Metrics) -> None:
        self._model = model
        self._commit = commit
        self._goes_on = on_full_disk == "score-unlogged"
        self._metrics = metrics
        self._gap: _Gap | None = None

    async def commit(self, records: Sequence[PredictionRecord | RejectRecord]) -> bool:
        """Record what was answered or refused, all of it or nothing.

        Returns:
            False when it goes out unrecorded, as the contract prefers.

        Raises:
            JournalFull: There is no room, and the contract says stop.
        """
        # Taken before the wait, so that of two requests on their way only one tells of the gap.
        gap, self._gap = self._gap, None
        try:
            await self._commit(records if gap is None else (*records, gap.event(self._model)))
        except Unequipped as error:
            if gap is not None:
                self._gap = gap.joined(self._gap)
            if not (self._goes_on and isinstance(error, JournalFull)):
                raise
            for record in records:
                self._miss(record)
            return False
        if gap is not None:
            _log.warning("%s: the journal records again; %d rows were not recorded", self._model, gap.rows)
        return True

    def _miss(self, record: PredictionRecord | RejectRecord) -> None:
        rows = len(record) if isinstance(record, PredictionRecord) else record.rows
        missed = _Gap(rows, record.time, record.time)
        if self._gap is None:
            _log.error("%s: the disk is full; it answers, and nothing is recorded", self._model)
        self._gap = missed.joined(self._gap)
        self._metrics.unrecorded[self._model] += rows


def unrecorded(content: bytes) -> bytes:
    """Let an answer say of every prediction that it was not recorded.

    The bytes looked for cannot be part of a text in JSON, which would escape its quotation marks.
    """
    return content.replace(_RECORDED, _UNRECORDED)


@dataclass(frozen=True, slots=True)
class _Gap:
    """Rows that were not recorded, and between which moments."""

    rows: int
    since: float
    until: float

    def joined(self, other: _Gap | None) -> _Gap:
        if other is None:
            return self
        return _Gap(self.rows + other.rows, min(self.since, other.since), max(self.until, other.until))

    def event(self, model: str) -> ServiceRecord:
        detail: dict[str, str | int | float | None] = {
            "model": model,
            "rows": self.rows,
            "since": self.since,
            "until": self.until,
        }
        return ServiceRecord(time=time.time(), event="unrecorded", detail=detail)
