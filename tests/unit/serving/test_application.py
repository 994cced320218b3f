"""What the scoring process answers over HTTP, whatever stands behind a door."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from andamio.errors import AndamioError, DiskFull, text
from andamio.serving.application import Application
from andamio.serving.doors import Page
from andamio.serving.limits import Limits
from andamio.serving.metrics import Latency, Metrics
from andamio.serving.pages import Health
from andamio.serving.routes import Place, Routes

HOST = (b"host", b"127.0.0.1:8081")
JSON = (b"content-type", b"application/json")
Call = Callable[..., Any]
PREDICT = "/v1/models/pump-health/predict"


class Echo:
    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.seen: list[bytes] = []
        self.hold: asyncio.Event | None = None

    async def answer(self, body: bytes) -> bytes:
        self.seen.append(body)
        if self.hold is not None:
            await self.hold.wait()
        if self.fault is not None:
            raise self.fault
        return b'{"echo":true}'


class Greeting:
    def page(self) -> Page:
        return Page(b"hello", b"text/plain")


def application(door: Echo | None = None, **limits: float) -> Application:
    places = {
        PREDICT: Place("predict", "pump-health", post=door or Echo(), latency=Latency()),
        "/v1/models/pump-health": Place("model", "pump-health", get=Greeting()),
        "/livez": Place("livez", get=Health()),
    }
    return Application(Routes(places, ("pump-health",)), Metrics(), Limits(**limits))  # type: ignore[arg-type]


def test_a_post_reaches_its_door_and_its_answer_comes_back(call: Call) -> None:
    door = Echo()
    reply = call(application(door), "POST", PREDICT, [b"{}"])
    assert (reply.status, reply.content, door.seen) == (200, b'{"echo":true}', [b"{}"])
    assert reply.headers[b"content-length"] == b"13"


def test_a_body_in_chunks_arrives_whole(call: Call) -> None:
    door = Echo()
    call(application(door), "POST", PREDICT, [b'{"row"', b": {", b"}}"])
    assert door.seen == [b'{"row": {}}']


def test_an_announced_body_above_the_cap_is_refused_unread(call: Call) -> None:
    door = Echo()
    headers = [HOST, JSON, (b"content-length", b"101")]
    reply = call(application(door, body_bytes=100), "POST", PREDICT, [b"x"], headers)
    assert (reply.status, reply.json["error"]["code"], door.seen) == (413, "body-too-large", [])
    assert reply.headers[b"connection"] == b"close"


@pytest.mark.parametrize("chunks", [[b"x" * 101], [b"x" * 60, b"x" * 60]], ids=["at once", "in chunks"])
def test_a_body_that_grows_above_the_cap_is_refused(call: Call, chunks: list[bytes]) -> None:
    door = Echo()
    reply = call(application(door, body_bytes=100), "POST", PREDICT, chunks)
    assert (reply.status, door.seen) == (413, [])


def test_a_body_that_never_ends_is_refused_in_time(call: Call) -> None:
    reply = call(application(body_timeout_s=0.01), "POST", PREDICT, [b"{"], unfinished=True)
    assert (reply.status, reply.json["error"]["code"]) == (408, "body-late")


def test_a_client_that_hangs_up_is_not_answered(call: Call) -> None:
    door = Echo()
    assert call(application(door), "POST", PREDICT, [b"{"], hang_up=True) is None
    assert door.seen == []


@pytest.mark.parametrize(
    "kind", [b"text/plain", b"application/x-www-form-urlencoded", b"", b"application/jsonx"]
)
def test_a_body_that_does_not_say_it_is_json_is_refused(call: Call, kind: bytes) -> None:
    reply = call(application(), "POST", PREDICT, [b"{}"], [HOST, (b"content-type", kind)])
    assert (reply.status, reply.json["error"]["code"]) == (415, "body-type")
    assert "Content-Type: application/json" in reply.json["error"]["try"]


def test_a_body_without_a_content_type_is_refused(call: Call) -> None:
    assert call(application(), "POST", PREDICT, [b"{}"], [HOST]).status == 415


def test_a_json_body_may_name_its_character_set(call: Call) -> None:
    headers = [HOST, (b"content-type", b"Application/JSON; charset=utf-8")]
    assert call(application(), "POST", PREDICT, [b"{}"], headers).status == 200


@pytest.mark.parametrize(("method", "path"), [("POST", PREDICT), ("GET", "/livez"), ("GET", "/nowhere")])
@pytest.mark.parametrize("host", [b"evil.example", b"localhost.evil.example:8081", b"127.0.0.1.nip.io", b""])
def test_a_request_under_a_foreign_name_is_refused(call: Call, method: str, path: str, host: bytes) -> None:
    door = Echo()
    reply = call(application(door), method, path, [b"{}"], [(b"host", host), JSON])
    assert (reply.status, reply.json["error"]["code"], door.seen) == (421, "host-refused", [])


def test_a_second_host_header_does_not_slip_past_the_first(call: Call) -> None:
    headers = [HOST, (b"host", b"evil.example"), JSON]
    assert call(application(), "POST", PREDICT, [b"{}"], headers).status == 421


def test_a_request_without_a_host_is_refused(call: Call) -> None:
    assert call(application(), "POST", PREDICT, [b"{}"], [JSON]).status == 421
    assert call(application(), "GET", "/livez", headers=[]).status == 421


@pytest.mark.parametrize("host", [b"localhost", b"LOCALHOST:9000", b"127.0.0.1:8081", b"[::1]:8081"])
def test_every_name_of_this_box_is_answered_for(call: Call, host: bytes) -> None:
    assert call(application(), "POST", PREDICT, [b"{}"], [(b"host", host), JSON]).status == 200


def test_a_wrong_method_is_told_the_right_one(call: Call) -> None:
    reply = call(application(), "GET", PREDICT)
    assert (reply.status, reply.headers[b"allow"]) == (405, b"POST")
    reply = call(application(), "DELETE", "/livez")
    assert (reply.status, reply.headers[b"allow"]) == (405, b"GET, HEAD")
    assert reply.json["error"]["code"] == "method-refused"


def test_an_unknown_model_is_told_the_nearest_one(call: Call) -> None:
    reply = call(application(), "POST", "/v1/models/pump-helth/predict", [b"{}"])
    assert (reply.status, reply.json["error"]["code"]) == (404, "model-not-served")
    assert reply.json["error"]["try"] == "did you mean pump-health?"


def test_an_unknown_action_of_a_model_is_told_the_known_ones(call: Call) -> None:
    reply = call(application(), "POST", "/v1/models/pump-health/predicts", [b"{}"])
    assert (reply.status, reply.json["error"]["code"]) == (404, "no-such-address")
    assert "/v1/models/pump-health/feedback" in reply.json["error"]["try"]


def test_an_unknown_address_is_told_the_nearest_one(call: Call) -> None:
    reply = call(application(), "GET", "/live")
    assert (reply.status, reply.json["error"]["try"]) == (404, "did you mean /livez?")


def test_before_the_first_deployment_every_model_is_unavailable_not_unknown(call: Call) -> None:
    bare = Application(Routes({}, ()), Metrics(), Limits())
    reply = call(bare, "POST", PREDICT, [b"{}"])
    assert (reply.status, reply.json["error"]["code"]) == (503, "nothing-deployed")
    assert reply.headers[b"retry-after"] == b"1"


def test_errors_speak_the_language_that_was_asked_for(call: Call) -> None:
    spanish = call(application(), "GET", "/live", headers=[HOST, (b"accept-language", b"es-CO,en;q=0.8")])
    assert spanish.headers[b"content-language"] == b"es"
    assert spanish.json["error"]["what"] == "no hay nada en /live"
    english = call(application(), "GET", "/live", headers=[HOST, (b"accept-language", b"en;q=0.9,es;q=0.1")])
    assert english.json["error"]["what"] == "there is nothing at /live"


def test_above_the_cap_of_requests_at_once_the_next_one_is_told_to_wait(acall: Call) -> None:
    door = Echo()

    async def story() -> tuple[Any, Any]:
        door.hold = asyncio.Event()
        house = application(door, in_flight=1)
        first = asyncio.create_task(acall(house, "POST", PREDICT, [b"{}"]))
        await asyncio.sleep(0)
        second = await acall(house, "POST", PREDICT, [b"{}"])
        door.hold.set()
        return await first, second

    first, second = asyncio.run(story())
    assert first.status == 200
    assert (second.status, second.json["error"]["code"]) == (429, "overloaded")
    assert second.headers[b"retry-after"] == b"1"


def test_a_full_disk_is_said_and_may_be_tried_again(call: Call) -> None:
    reply = call(application(Echo(DiskFull(text("the disk is full")))), "POST", PREDICT, [b"{}"])
    assert (reply.status, reply.json["error"]["code"], reply.headers[b"retry-after"]) == (
        503,
        "disk-full",
        b"1",
    )


def test_a_bug_answers_500_in_the_house_form_and_keeps_its_text_inside(
    call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    reply = call(application(Echo(RuntimeError("secret path"))), "POST", PREDICT, [b"{}"])
    assert (reply.status, reply.json["error"]["code"]) == (500, "internal")
    assert b"secret" not in reply.content
    assert "secret path" in caplog.text


def test_an_error_of_a_later_release_still_gets_a_status(call: Call) -> None:
    class Unheard(AndamioError):
        code = "unheard-of"

    assert call(application(Echo(Unheard(text("x")))), "POST", PREDICT, [b"{}"]).status == 500


def test_every_request_is_counted_by_model_action_and_status(call: Call) -> None:
    metrics = Metrics()
    door = Echo()
    latency = Latency()
    house = Application(
        Routes({PREDICT: Place("predict", "pump-health", post=door, latency=latency)}, ("pump-health",)),
        metrics,
        Limits(),
    )
    call(house, "POST", PREDICT, [b"{}"])
    call(house, "POST", PREDICT, [b"{}"], [HOST])
    call(house, "POST", "/nowhere", [b"{}"])
    assert metrics.requests == {
        ("pump-health", "predict", 200): 1,
        ("pump-health", "predict", 415): 1,
        ("", "", 404): 1,
    }
    assert (sum(latency.counts), metrics.in_flight) == (1, 0)
