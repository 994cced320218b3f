"""KServe's first protocol, and TensorFlow Serving's: ``/v1/models/{model}:predict``.

    {"instances": [{"bearing_temp": 80.0, …}, …]}  or  {"instances": [[80.0, …], …]}

The answer is ``{"predictions": […]}`` with one native prediction a row.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from andamio.contracts import Rows
from andamio.errors import text
from andamio.serving.carried import Carried
from andamio.serving.dialects.asking import JSON, Call, Reply, check_type, not_of_the_form
from andamio.serving.dialects.frame import members
from andamio.serving.dialects.mlflow import rows_or_columns
from andamio.serving.dialects.rows import RowReader
from andamio.serving.predicting import PredictDoor
from andamio.serving.scorer import Scorer

EXAMPLE = '{"instances": [{"TAG": value, …}, …]}'
_PASSED_OVER = ("parameters", "signature_name")

_encode = msgspec.json.Encoder().encode


class KserveSpeaker:
    """Answers ``:predict`` for one model version."""

    def __init__(self, scorer: Scorer, door: PredictDoor) -> None:
        self._reader = RowReader(scorer)
        self._door = door

    def check(self, headers: Mapping[bytes, bytes]) -> None:
        """Take JSON."""
        check_type(headers, (JSON,))

    async def reply(self, call: Call) -> Reply:
        """Answer one request."""
        return await self._door.carry(len(call.body), lambda: self._rows(call.body), _answer, door="kserve")

    def _rows(self, body: bytes) -> Rows:
        given = members(body, EXAMPLE)
        others = [name for name in given if name != "instances" and name not in _PASSED_OVER]
        if others or not given.get("instances", b"").startswith(b"["):
            why = (
                text('it has "{key}", which nobody reads', key=others[0][:60])
                if others
                else text("{name} is not a list", name="instances")
            )
            raise not_of_the_form(why, text("send {example}", example=EXAMPLE))
        return rows_or_columns(self._reader, "instances", given["instances"])


def _answer(carried: Carried) -> Reply:
    return Reply(_encode({"predictions": carried.native()}), extra=carried.headers())
