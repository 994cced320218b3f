"""The Open Inference Protocol, version 2, as Triton, MLServer and KServe speak it over HTTP.

    POST /v2/models/{model}/infer
    {"id": "42", "inputs": [{"name": "bearing_temp", "shape": [2], "datatype": "FP64", "data": [80.0, 91.0]}]}

One named tensor a tag, ``asset`` and ``time`` among them; the outputs are named as the native answer names
its fields. Tensors may follow the JSON as bytes, both ways (the binary extension, which Triton's client
uses unless told otherwise).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from andamio.contracts import Rows
from andamio.errors import BodyRefused, text
from andamio.serving.carried import Carried
from andamio.serving.dialects.answer_columns import AnswerColumn, answer_columns
from andamio.serving.dialects.asking import JSON, Call, Reply, check_type, more_than, no_row, not_of_the_form
from andamio.serving.dialects.rows import RowReader
from andamio.serving.dialects.tensors import InputTensor, read_tensors, write_tensor
from andamio.serving.limits import Limits
from andamio.serving.predicting import PredictDoor
from andamio.serving.scorer import Scorer

OCTETS = b"application/octet-stream"
LENGTH = b"inference-header-content-length"
EXAMPLE = '{"inputs": [{"name": "TAG", "shape": [1], "datatype": "FP64", "data": [value]}, …]}'


class _Wanted(msgspec.Struct):
    name: str
    parameters: dict[str, Any] | None = None


class _Request(msgspec.Struct):
    inputs: list[InputTensor]
    id: str | None = None
    outputs: list[_Wanted] | None = None
    parameters: dict[str, Any] | None = None


_LONGEST_NUMBER = 12

_decode = msgspec.json.Decoder(_Request).decode
_encode = msgspec.json.Encoder().encode


class InferSpeaker:
    """Answers ``infer`` for one model version."""

    def __init__(self, scorer: Scorer, door: PredictDoor, limits: Limits) -> None:
        self._reader = RowReader(scorer)
        self._door = door
        self._limits = limits

    def check(self, headers: Mapping[bytes, bytes]) -> None:
        """Take JSON and bytes behind JSON.

        Triton's client names no type. A browser that posts for another page cannot send the length header
        unasked, and always sends Origin, so a request with the one or without the other is no page's.
        """
        unnamed = b"content-type" not in headers
        if not unnamed or (LENGTH not in headers and b"origin" in headers):
            check_type(headers, (JSON, OCTETS))

    async def reply(self, call: Call) -> Reply:
        """Answer one request."""
        request = _Request([])

        def read() -> Rows:
            nonlocal request
            head, tail = _split(call)
            request = _read(head)
            if not request.inputs:
                raise no_row()
            if request.inputs[0].shape and request.inputs[0].shape[0] > self._limits.rows:
                raise more_than(self._limits.rows)
            return self._reader.columns(read_tensors(request.inputs, tail))

        return await self._door.carry(
            len(call.body), read, lambda carried: _answer(request, carried), door="open-inference"
        )


def _split(call: Call) -> tuple[bytes, bytes]:
    length = call.headers.get(LENGTH)
    if length is None:
        return call.body, b""
    if not length.isdigit() or len(length) > _LONGEST_NUMBER or int(length) > len(call.body):
        raise not_of_the_form(
            text("Inference-Header-Content-Length is not the length of the JSON at the beginning"),
            text("send the number of bytes of the JSON, or no such header"),
        )
    return call.body[: int(length)], call.body[int(length) :]


def _read(head: bytes) -> _Request:
    try:
        return _decode(head)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BodyRefused(
            text("the body has not the form of a request"),
            why=text("{reason}", reason=error),
            fix=text("send {example}", example=EXAMPLE),
        ) from error


def _answer(request: _Request, carried: Carried) -> Reply:
    outputs, tails = [], []
    for column, binary in _wanted(request, answer_columns(carried.predictions)):
        described, tail = write_tensor(column, binary=binary)
        outputs.append(described)
        tails.append(tail)
    named: dict[str, object] = {
        "model_name": carried.record.model,
        "model_version": ",".join(map(str, carried.answered_by())),
    }
    if parameters := _parameters(carried):
        named["parameters"] = parameters
    head = _encode(named | ({} if request.id is None else {"id": request.id}) | {"outputs": outputs})
    content = b"".join([head, *tails])
    if len(content) == len(head):
        return Reply(content, extra=carried.headers())
    length = (b"inference-header-content-length", b"%d" % len(head))
    return Reply(content, OCTETS, [length, *carried.headers()])


def _parameters(carried: Carried) -> dict[str, object]:
    """Say what the protocol has no place for: an answer without a record, and who answered each row."""
    said: dict[str, object] = {} if carried.recorded else {"recorded": False}
    if carried.versions:
        said["versions"] = ",".join(map(str, carried.versions))
    if any(carried.fallback):
        said["quality"] = ",".join("fallback" if stood_in else "" for stood_in in carried.fallback)
    return said


def _wanted(request: _Request, columns: Sequence[AnswerColumn]) -> list[tuple[AnswerColumn, bool]]:
    there = {column.name: column for column in columns if column.values[0] is not None}
    all_binary = (request.parameters or {}).get("binary_data_output") is True
    if not request.outputs:
        return [(column, all_binary) for column in there.values()]
    unknown = [wanted.name for wanted in request.outputs if wanted.name not in there]
    if unknown:
        raise not_of_the_form(
            text("there is no output {name}", name=unknown[0][:60]),
            text("ask for some of: {names}", names=", ".join(there)),
        )
    return [
        (there[wanted.name], (wanted.parameters or {}).get("binary_data", all_binary) is True)
        for wanted in request.outputs
    ]
