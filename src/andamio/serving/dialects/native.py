"""Many rows in few bytes at the native address: CSV or an Arrow stream in, either of them or JSON out.

The type of the body says what comes, ``Accept`` what is answered; without it the answer is JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from andamio.contracts import Rows
from andamio.serving.carried import Carried
from andamio.serving.dialects.answer_columns import carried_columns
from andamio.serving.dialects.arrow import ARROW, read_arrow, write_arrow
from andamio.serving.dialects.asking import JSON, Call, Reply, check_type, media_type
from andamio.serving.dialects.csv_body import CSV, csv_columns, write_csv
from andamio.serving.dialects.rows import RowReader
from andamio.serving.limits import Limits
from andamio.serving.predicting import PredictDoor
from andamio.serving.scorer import Scorer

_encode = msgspec.json.Encoder().encode


class NativeSpeaker:
    """Answers the bodies of ``/v1/models/{model}/predict`` that are not plain JSON."""

    def __init__(self, scorer: Scorer, door: PredictDoor, limits: Limits) -> None:
        self._scorer = scorer
        self._reader = RowReader(scorer)
        self._door = door
        self._limits = limits

    def check(self, headers: Mapping[bytes, bytes]) -> None:
        """Take JSON, CSV and Arrow."""
        check_type(headers, (JSON, CSV, ARROW))

    async def reply(self, call: Call) -> Reply:
        """Answer one request."""
        name, read = self._way_in(call)
        write = _ways_out.get(_accepted(call), _json)
        return await self._door.carry(len(call.body), read, write, door=name)

    def _way_in(self, call: Call) -> tuple[str, Callable[[], Rows]]:
        body, cap = call.body, self._limits.rows
        if call.kind == CSV:
            return "csv", lambda: self._reader.columns(csv_columns(body, cap), typed=False)
        if call.kind == ARROW:
            return "arrow", lambda: self._reader.columns(read_arrow(body, cap))
        return "http", lambda: self._scorer.decode(body)


def _accepted(call: Call) -> bytes:
    asked = [media_type(part) for part in call.headers.get(b"accept", b"").split(b",")]
    return next((kind for kind in asked if kind in (JSON, CSV, ARROW)), JSON)


def _json(carried: Carried) -> Reply:
    answer = {"model": carried.record.model, "version": carried.version(), "predictions": carried.native()}
    return Reply(_encode(answer), extra=carried.headers())


def _csv(carried: Carried) -> Reply:
    return Reply(write_csv(carried_columns(carried)), CSV, carried.headers())


def _arrow(carried: Carried) -> Reply:
    return Reply(write_arrow(carried_columns(carried)), ARROW, carried.headers())


_ways_out = {CSV: _csv, ARROW: _arrow}
