"""Who is let through the gate, and what the others are told."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from andamio.access import TokenStore, read_tokens
from andamio.serving.application import Application
from andamio.serving.doors import Page
from andamio.serving.gate import Gate, action_of
from andamio.serving.limits import Limits
from andamio.serving.metrics import Metrics
from andamio.serving.pages import Health
from andamio.serving.routes import Place, Routes

HOST = (b"host", b"127.0.0.1:8081")
JSON = (b"content-type", b"application/json")
PREDICT, OTHER, FEEDBACK = "/v1/models/pump/predict", "/v1/models/fan/predict", "/v1/models/pump/feedback"
Call = Callable[..., Any]


class Echo:
    async def answer(self, body: bytes) -> bytes:
        return b"{}"


class Words:
    def page(self) -> Page:
        return Page(b"words", b"text/plain")


class House:
    """An application behind a gate, with hands on its tokens and its clocks."""

    def __init__(self, folder: Path, call: Call) -> None:
        self.now = datetime.now(UTC)
        self.clock = 0.0
        self.file = folder / "tokens.json"
        self.store = TokenStore(self.file, time=lambda: self.now)
        self.call = call
        places = {
            PREDICT: Place("predict", "pump", post=Echo()),
            OTHER: Place("predict", "fan", post=Echo()),
            FEEDBACK: Place("feedback", "pump", post=Echo()),
            "/v1/models": Place("models", get=Words()),
            "/metrics": Place("metrics", get=Words()),
            "/livez": Place("livez", get=Health()),
        }
        self.application = Application(Routes(places, ("pump", "fan")), Metrics(), Limits())

    def token(self, *actions: str, models: tuple[str, ...] = ("*",), **how: Any) -> str:
        secret = self.store.create("line-3", actions=actions, models=models, **how)[1]
        self.close()
        return secret

    def close(self) -> None:
        tokens = read_tokens(self.file)
        assert tokens is not None
        self.application.gate = Gate(
            tokens,
            self.application.gate,
            now_s=self._now_s,
            clock_s=lambda: self.clock,
        )

    def _now_s(self) -> float:
        return self.now.timestamp()

    def ask(self, path: str, secret: str = "", *, scheme: str = "Bearer", language: str = "en") -> Any:
        said = [(b"authorization", f"{scheme} {secret}".encode())] if secret else []
        headers = [HOST, JSON, (b"accept-language", language.encode()), *said]
        method = "POST" if path.endswith(("predict", "feedback")) else "GET"
        return self.call(self.application, method, path, [b"{}"], headers)


@pytest.fixture
def house(tmp_path: Path, call: Call) -> House:
    return House(tmp_path, call)


def test_without_a_gate_nobody_needs_a_token(house: House) -> None:
    assert house.ask(PREDICT).status == 200


def test_with_a_gate_only_health_is_open(house: House) -> None:
    house.token("predict")
    assert house.ask("/livez").status == 200
    for path in (PREDICT, FEEDBACK, "/v1/models", "/metrics", "/nothing"):
        reply = house.ask(path)
        assert (reply.status, reply.json["error"]["code"]) == (401, "token-required")
        assert reply.headers[b"www-authenticate"] == b'Bearer realm="andamio"'


@pytest.mark.parametrize("secret", ["andamio_x", "x" * 300, "ñ", "a b"])
def test_a_token_that_is_not_the_plants_opens_nothing(house: House, secret: str) -> None:
    house.token("predict")
    reply = house.ask(PREDICT, secret)
    assert (reply.status, reply.json["error"]["code"]) == (401, "token-refused")
    assert b"invalid_token" in reply.headers[b"www-authenticate"]


def test_a_token_opens_what_it_allows_and_the_rest_is_refused_in_the_senders_language(house: House) -> None:
    secret = house.token("predict", models=("pump",))
    assert house.ask(PREDICT, secret).status == 200
    assert house.ask(PREDICT, secret, scheme="bearer").status == 200
    assert house.ask(PREDICT, secret, scheme="Basic").status == 401
    for path in (OTHER, FEEDBACK, "/v1/models", "/metrics"):
        reply = house.ask(path, secret, language="es")
        assert (reply.status, reply.json["error"]["code"]) == (403, "not-allowed")
        assert "no permite" in reply.json["error"]["what"]


def test_each_action_opens_its_doors(house: House) -> None:
    opened = {"feedback": FEEDBACK, "read": "/v1/models", "metrics": "/metrics"}
    for action, path in opened.items():
        secret = house.store.create(action, actions=(action,), models=("*",))[1]
        house.close()
        allowed = {p for p in (PREDICT, *opened.values()) if house.ask(p, secret).status == 200}
        assert allowed == {path}


def test_a_token_ends_when_its_time_is_over_even_while_it_is_used(house: House) -> None:
    secret = house.token("predict", lasts=timedelta(days=1))
    assert house.ask(PREDICT, secret).status == 200
    house.now += timedelta(days=1)
    reply = house.ask(PREDICT, secret)
    assert (reply.status, reply.json["error"]["code"]) == (401, "token-refused")


def test_a_rotated_secret_goes_on_for_as_long_as_was_said(house: House) -> None:
    old = house.token("predict")
    new = house.store.rotate("line-3", keep_old=timedelta(minutes=5))[1]
    house.close()
    assert [house.ask(PREDICT, secret).status for secret in (old, new)] == [200, 200]
    house.now += timedelta(minutes=5)
    assert [house.ask(PREDICT, secret).status for secret in (old, new)] == [401, 200]


def test_who_asks_too_often_is_told_how_long_to_wait_and_a_changed_file_refills_nothing(house: House) -> None:
    secret = house.token("predict", per_minute=6)
    assert house.ask(PREDICT, secret).status == 200
    house.store.create("another", actions=("predict",), models=("*",))
    house.close()
    reply = house.ask(PREDICT, secret)
    assert (reply.status, reply.json["error"]["code"]) == (429, "rate-limited")
    assert reply.headers[b"retry-after"] == b"10"
    house.clock += 10
    assert house.ask(PREDICT, secret).status == 200


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(hours=-1), timedelta(days=-1)])
def test_a_time_of_day_that_jumps_neither_refills_nor_empties_a_bucket(house: House, jump: timedelta) -> None:
    secret = house.token("predict", per_minute=6, lasts=timedelta(days=30))
    assert house.ask(PREDICT, secret).status == 200
    house.now += jump
    assert house.ask(PREDICT, secret).status == 429
    house.clock += 10
    assert house.ask(PREDICT, secret).status == 200


def test_no_secret_reaches_an_answer_or_the_log(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = house.token("predict", per_minute=6)
    wrong = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    replies = [house.ask(path, s) for path in (PREDICT, PREDICT, "/metrics") for s in (secret, wrong)]
    said = caplog.text + "".join(str((r.headers, r.content)) for r in replies)
    assert secret[8:] not in said
    assert wrong[8:] not in said


@pytest.mark.parametrize(
    ("place", "method", "needed"),
    [
        (Place("predict", "pump"), "POST", "predict"),
        (Place("predict", "pump", post=Echo()), "GET", "predict"),
        (Place("explain", "pump"), "POST", "predict"),
        (Place("explain", "pump"), "GET", "read"),
        (Place("models"), "POST", "read"),
        (Place("metrics"), "GET", "metrics"),
        (Place("feedback", "pump"), "POST", "feedback"),
    ],
)
def test_an_address_that_nobody_named_is_not_open_to_readers(place: Place, method: str, needed: str) -> None:
    assert action_of(place, method) == needed


def test_refused_headers_are_not_remembered(house: House) -> None:
    house.token("predict")
    for i in range(50):
        house.ask(PREDICT, f"andamio_{i}")
    gate = house.application.gate
    assert gate is not None
    assert gate._by_header == {}
