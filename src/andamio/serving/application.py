"""The scoring process as an ASGI application, without a framework.

A request costs one look-up of its path, one pass over its headers, its door's work and two sends.
The table of doors is one attribute: a new generation takes over between two requests, and a request
on its way keeps the door it found.
"""

from __future__ import annotations

import logging
from time import perf_counter

from andamio.errors import AndamioError, MethodRefused, Overloaded, text
from andamio.language import speak
from andamio.serving.addresses import check_host
from andamio.serving.compressed import check_plain, coding_of, opened
from andamio.serving.dialects.asking import Call, Speaker
from andamio.serving.dialects.refusals import refusal_body
from andamio.serving.doors import PostDoor
from andamio.serving.exchange import (
    JSON,
    Gone,
    Receive,
    Scope,
    Send,
    check_json,
    read_body,
    send_answer,
    send_json,
)
from andamio.serving.gate import Gate
from andamio.serving.http_status import CLOSING, RETRY_AFTER_S, UNREAD, http_status
from andamio.serving.limits import Limits
from andamio.serving.logs import of_request
from andamio.serving.metrics import Metrics
from andamio.serving.request_ids import request_id
from andamio.serving.requested_language import requested_language
from andamio.serving.routes import Place, Routes

_log = logging.getLogger("andamio.serving")
_KNOWN_HOSTS = 64


class Application:
    """Answers every request. ``routes`` and ``gate`` may be replaced at any moment; no gate admits all."""

    gate: Gate | None = None

    def __init__(self, routes: Routes, metrics: Metrics, limits: Limits) -> None:
        self.routes = routes
        self._metrics = metrics
        self._limits = limits
        self.check_host = check_host
        self._hosts: set[bytes] = set()
        self._tells = _log.isEnabledFor(logging.DEBUG)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        started = perf_counter()
        metrics = self._metrics
        metrics.in_flight += 1
        place = self.routes.find(scope["path"])
        status = 200
        try:
            await self._answer(place, scope, receive, send, started)
        except Gone:
            status = 499
        except AndamioError as error:
            status = await _refuse(send, scope, error, metrics)
        except Exception:  # noqa: BLE001  a fault of one request must not end the others
            _log.exception(
                "an error that should not happen, at %s", scope["path"], extra=of_request(scope, 500)
            )
            status = await _refuse(send, scope, _unexpected(), metrics)
        finally:
            metrics.in_flight -= 1
            if place is None:
                metrics.requests["", "", status] += 1
            else:
                metrics.requests[place.model, place.action, status] += 1
            if self._tells:
                _tell(scope, status, started)

    async def _answer(
        self, place: Place | None, scope: Scope, receive: Receive, send: Send, started: float
    ) -> None:
        if self.gate is not None:
            self.gate.admit(scope, place)
        if place is None or not place.takes_posts or scope["method"] != "POST":
            await self._got(place, scope, send)
            return
        if place.post is not None:
            await self._posted(place.post, place, scope, receive, send)
        elif place.speaker is not None:
            await self._spoken(place.speaker, scope, receive, send)
        if place.latency is not None:
            place.latency.add(perf_counter() - started)

    async def _posted(  # noqa: C901  one pass over the headers, without a call
        self, door: PostDoor, place: Place, scope: Scope, receive: Receive, send: Send
    ) -> None:
        content_type = length = coding = b""
        named = False
        for name, value in scope["headers"]:
            if name == b"host":
                named = True
                if value not in self._hosts:
                    self._meet(value)
            elif name == b"content-type":
                content_type = value
            elif name == b"content-length":
                length = value
            elif name == b"content-encoding":
                coding = value
        if not named:
            self.check_host(b"")
        if content_type != JSON or coding:
            if place.speaker is not None:
                await self._spoken(place.speaker, scope, receive, send)
                return
            check_json(content_type)
            check_plain(coding)
        if self._metrics.in_flight > self._limits.in_flight:
            raise _overloaded(self._limits)
        body = await read_body(receive, length, self._limits)
        await send_json(send, await door.answer(body), request_id(scope))

    async def _spoken(self, speaker: Speaker, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a POST in another dialect than native JSON."""
        headers = dict(scope["headers"])
        for value in [value for name, value in scope["headers"] if name == b"host"] or [b""]:
            self._meet(value)
        if self._metrics.in_flight > self._limits.in_flight:
            raise _overloaded(self._limits)
        speaker.check(headers)
        body = await read_body(receive, headers.get(b"content-length", b""), self._limits)
        body = await opened(body, coding_of(headers.get(b"content-encoding", b"")), self._limits)
        reply = await speaker.reply(Call(body, headers))
        extra = [*reply.extra, (b"x-request-id", request_id(scope))]
        await send_answer(send, 200, reply.kind, reply.content, extra)

    async def _got(self, place: Place | None, scope: Scope, send: Send) -> None:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        for value in hosts or [b""]:
            self.check_host(value)
        if place is None:
            raise self.routes.missing(scope["path"])
        if place.get is None or scope["method"] not in ("GET", "HEAD"):
            raise MethodRefused(
                text(
                    "{path} takes {allowed}, not {method}",
                    path=scope["path"],
                    allowed=place.allowed,
                    method=scope["method"],
                ),
                fix=text("use the method {allowed}", allowed=place.allowed),
                data={"allow": place.allowed},
            )
        with speak(requested_language(scope["headers"])):
            page = place.get.page()
        await send_answer(send, 200, page.kind, page.content, [(b"x-request-id", request_id(scope))])

    def _meet(self, host: bytes) -> None:
        self.check_host(host)
        if len(self._hosts) < _KNOWN_HOSTS:
            self._hosts.add(host)


async def _refuse(send: Send, scope: Scope, error: AndamioError, metrics: Metrics) -> int:
    status = http_status(error)
    if status in UNREAD:
        metrics.refused[error.code] += 1
    language = requested_language(scope["headers"])
    with speak(language):
        content = refusal_body(scope["path"], status, error)
    extra = [(b"content-language", language.encode()), (b"x-request-id", request_id(scope))]
    if status in RETRY_AFTER_S:
        wait_s = error.data.get("retry_after_s", RETRY_AFTER_S[status])
        extra.append((b"retry-after", str(wait_s).encode()))
    if "www-authenticate" in error.data:
        extra.append((b"www-authenticate", str(error.data["www-authenticate"]).encode()))
    if status in CLOSING:
        extra.append((b"connection", b"close"))
    if "allow" in error.data:
        extra.append((b"allow", str(error.data["allow"]).encode()))
    await send_answer(send, status, JSON, content, extra)
    return status


def _tell(scope: Scope, status: int, started: float) -> None:
    _log.debug("request answered", extra=of_request(scope, status, perf_counter() - started))


def _overloaded(limits: Limits) -> Overloaded:
    return Overloaded(
        text("{cap} requests are being answered at this moment, which is the cap", cap=limits.in_flight),
        fix=text("send it again after a second, and fewer at once"),
    )


def _unexpected() -> AndamioError:
    return AndamioError(
        text("an error that should not happen"),
        why=text("this is a fault of Andamio, not of your input"),
        fix=text("the scoring process wrote the details to its log; send them to the maintainers"),
    )
