"""The log's lines, and the ids by which a request is found in it."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from andamio.serving.logs import EcsLines, SentenceLines, of_request
from andamio.serving.request_ids import request_id


def scope(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"method": "POST", "path": "/v1/models/pump/predict", "headers": list(headers)}


def record(**extra: Any) -> logging.LogRecord:
    try:
        raise ValueError("a fault\nin two lines")
    except ValueError as error:
        caught = (type(error), error, error.__traceback__)
    made = logging.LogRecord("andamio.serving", logging.ERROR, "f.py", 1, "it %s", ("broke",), caught)
    made.__dict__.update(extra)
    return made


def test_an_ecs_line_is_one_json_object_with_the_requests_fields_and_the_error() -> None:
    line = EcsLines().format(record(**of_request(scope((b"x-request-id", b"abc-1")), 500, 0.001)))
    assert "\n" not in line
    read = json.loads(line)
    assert (read["message"], read["log.level"], read["http.request.id"]) == ("it broke", "error", "abc-1")
    assert (read["http.response.status_code"], read["event.duration"]) == (500, 1_000_000)
    assert (read["error.type"], read["error.message"]) == ("ValueError", "a fault\nin two lines")
    assert "Traceback" in read["error.stack_trace"]
    assert {"@timestamp", "ecs.version", "service.name", "process.pid"} <= read.keys()


def test_a_sentence_ends_with_what_belongs_to_the_request() -> None:
    line = SentenceLines().format(record(**of_request(scope((b"x-request-id", b"abc-1")), 500)))
    assert "it broke [POST /v1/models/pump/predict 500 abc-1]" in line
    assert SentenceLines().format(record()).startswith("2")


def test_a_sound_id_is_taken_and_stays() -> None:
    sent = scope((b"host", b"x"), (b"x-request-id", b"01k-a_b.c:d/e+f=@"))
    assert request_id(sent) == b"01k-a_b.c:d/e+f=@"
    assert request_id(sent) == b"01k-a_b.c:d/e+f=@"


@pytest.mark.parametrize("sent", [b"", b"a b", b"a\tb", b'a"b', b"x" * 129, "ñ".encode()])
def test_an_unsound_id_is_replaced_by_one_made_here(sent: bytes) -> None:
    asked = scope((b"x-request-id", sent))
    made = request_id(asked)
    assert made != sent
    assert request_id(asked) == made
    assert request_id(scope()) != made
