"""The scoring process as an ASGI application, without a framework.

A request costs one look-up of its path, one pass over its headers, its door's work and two sends.
The table of doors is one attribute: a new generation takes over between two requests, and a request
on its way keeps the door it found.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

from andamio.errors import AndamioError, MethodRefused, Overloaded, text
from andamio.language import speak
from andamio.serving.addresses import check_host
from andamio.serving.compressed import check_plain, coding_of, opened
from andamio.serving.dialects.asking import Call, Speaker
from andamio.serving.dialects.refusals import refusal_body
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
from andamio.serving.gathering import Waiter
from andamio.serving.http_status import CLOSING, RETRY_AFTER_S, UNREAD, http_status
from andamio.serving.limits import Limits
from andamio.serving.logs import of_request
from andamio.serving.metrics import Metrics
from andamio.serving.request_ids import name_request, request_id
from andamio.serving.requested_language import requested_language
from andamio.serving.routes import Place, Routes

_log = logging.getLogger("andamio.serving")
_KNOWN_HOSTS = 64
_UNUSUAL = {
    b"expect",
    b"connection",
    b"content-encoding",
    b"traceparent",
    b"transfer-encoding",
    b"upgrade",
    b"x-request-id",
}


class KnownHead(NamedTuple):
    """The head of a request that came before: what the parser made of it, and how long its body is."""

    scope: Scope
    length: int


class Application:
    """Answers every request. ``routes`` and ``gate`` may be replaced at any moment; no gate admits all."""

    gate: Gate | None = None

    def __init__(self, routes: Routes, metrics: Metrics, limits: Limits) -> None:
        self.routes = routes
        self._metrics = metrics
        self._limits = limits
        self.check_host: Callable[[bytes], None] = check_host
        self._hosts: set[bytes] = set()
        self._tells = _log.isEnabledFor(logging.DEBUG)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        started = perf_counter()
        metrics = self._metrics
        metrics.in_flight += 1
        place = _asked(self.routes.find(scope["path"]), scope)
        status = 200
        try:
            if self.gate is not None:
                self.gate.admit(scope, place)
            if place is not None and place.takes_posts and scope["method"] == "POST":
                await self._posted(place, scope, receive, send)
                if place.latency is not None:
                    place.latency.add(perf_counter() - started)
            else:
                await self._got(place, scope, send)
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

    @property
    def in_flight(self) -> int:
        """How many requests are being answered at this moment."""
        return self._metrics.in_flight

    def know(self, scope: Scope) -> KnownHead | None:
        """Return what the head of a request means, if it may be answered in the short way from now on.

        It is a POST of a short JSON body to a model, from a known host and with a token that has opened
        before, and asks for nothing more.
        """
        place = self.routes.find(scope["path"])
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        plain = (
            scope["method"] == "POST"
            and scope["http_version"] == "1.1"
            and not scope["query_string"]
            and headers.get(b"content-type") == JSON
            and self._is_known(headers.get(b"host", b""))
            and len(headers) == len(scope["headers"])
            and not _UNUSUAL & headers.keys()
            and length.isdigit()
            and 0 < int(length) <= self._limits.inline_bytes
        )
        if place is None or place.gatherer is None or not plain or self._tells:
            return None
        if self.gate is not None and not self.gate.has_met(scope):
            return None
        kept = {key: scope[key] for key in ("type", "method", "path", "headers")}
        return KnownHead(kept, int(length))

    def take(self, head: KnownHead, body: bytes, waiter: Waiter) -> bool:
        """Answer one row in the short way; False when it has to go the ordinary way."""
        place = self.routes.find(head.scope["path"])
        if place is None or place.gatherer is None or self._metrics.in_flight >= self._limits.in_flight:
            return False
        row = place.gatherer.read(body)
        if row is None:
            return False
        # The last question: what goes the ordinary way is asked there, and a limited token pays once.
        if self.gate is not None:
            try:
                self.gate.admit(head.scope, place)
            except AndamioError:
                return False
        self._metrics.in_flight += 1
        place.gatherer.join(row, waiter)
        return True

    def answered(self, head: KnownHead, started: float) -> None:
        """Count what was taken and answered."""
        place = self.routes.find(head.scope["path"])
        if place is not None:
            self._metrics.requests[place.model, place.action, 200] += 1
            if place.latency is not None:
                place.latency.add(perf_counter() - started)
        self.left()

    def left(self) -> None:
        """Count what was taken as no longer on its way."""
        self._metrics.in_flight -= 1

    async def _posted(self, place: Place, scope: Scope, receive: Receive, send: Send) -> None:
        content_type, coding, length, brought = self._heads(scope)
        if self._metrics.in_flight > self._limits.in_flight:
            raise _overloaded(self._limits)
        speaker = place.speaker
        if place.post is not None and ((content_type == JSON and not coding) or speaker is None):
            if content_type != JSON:
                check_json(content_type)
            if coding:
                check_plain(coding)
            body = await read_body(receive, length, self._limits)
            content = await place.post.answer(body)
            await send_json(send, content, name_request(scope, brought))
        elif speaker is not None:
            await self._spoken(speaker, scope, receive, send)

    def _heads(self, scope: Scope) -> tuple[bytes, bytes, bytes, bytes]:
        """Check every Host in one pass over the headers; return the type, coding, length and id."""
        content_type = coding = length = brought = b""
        named = False
        for name, value in scope["headers"]:
            if name == b"content-type":
                content_type = value
            elif name == b"host":
                named = True
                if value not in self._hosts:
                    self._meet(value)
            elif name == b"content-length":
                length = value
            elif name == b"x-request-id":
                brought = value
            elif name == b"content-encoding":
                coding = value
        if not named:
            self.check_host(b"")
        return content_type, coding, length, brought

    async def _spoken(self, speaker: Speaker, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a POST in another dialect than native JSON."""
        headers = dict(scope["headers"])
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

    def _is_known(self, host: bytes) -> bool:
        try:
            self._meet(host)
        except AndamioError:
            return False
        return True

    def _meet(self, host: bytes) -> None:
        self.check_host(host)
        if len(self._hosts) < _KNOWN_HOSTS:
            self._hosts.add(host)


def _asked(place: Place | None, scope: Scope) -> Place | None:
    """Choose the place at an address by the query string."""
    query = scope.get("query_string")
    return place.asked(query) or place if query and place is not None and place.asked is not None else place


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
