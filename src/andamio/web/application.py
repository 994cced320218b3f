"""The control process as an ASGI application: JSON in, JSON out, errors in the scoring process's form."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec

from andamio.errors import AndamioError, BodyRefused, NotFound, Overloaded, text
from andamio.kernel import clock
from andamio.language import error_json, speak
from andamio.monitoring.plain import finding_data, iso_time
from andamio.serving.addresses import check_host
from andamio.serving.dialects.refusals import refusal_body
from andamio.serving.exchange import JSON, Gone, Receive, Scope, Send, check_json, read_body, send_answer
from andamio.serving.gate import Gate
from andamio.serving.http_status import CLOSING, RETRY_AFTER_S, http_status
from andamio.serving.limits import Limits
from andamio.serving.request_ids import request_id
from andamio.serving.requested_language import requested_language
from andamio.web.addresses import ACTS, Asked, understand
from andamio.web.alarm_desk import AlarmDesk
from andamio.web.metrics import ControlMetrics
from andamio.web.standing import Standing, VersionStanding

_log = logging.getLogger("andamio.web")
_LIMITS = Limits(body_bytes=16 * 1024)
_HTML = b"text/html; charset=utf-8"
_PROMETHEUS = b"text/plain; version=0.0.4; charset=utf-8"
Reporter = Callable[[str, Mapping[str, str]], str]
Looker = Callable[[str], Mapping[str, Any]]
Answer = tuple[int, bytes, bytes]
T = TypeVar("T")

Words = Annotated[str, msgspec.Meta(max_length=500)]


class Act(msgspec.Struct, forbid_unknown_fields=True):
    """The body of an act on an alarm; who acts is the token's name, where there are tokens."""

    reason: Words = ""
    actor: Annotated[str, msgspec.Meta(max_length=64)] = ""


class Shelving(Act, forbid_unknown_fields=True):
    """The body of a shelving."""

    hours: Annotated[float, msgspec.Meta(gt=0, le=8760)] = 8.0


class ControlApplication:
    """Answers every request. ``gate`` and ``standing`` may be replaced at any moment; no gate admits all.

    Args:
        desk: Whoever keeps the alarms.
        report: Writes the page of a model for a period; called in a thread, one at a time.
        look: Tells how the machines of a model are; called in the same way.
    """

    gate: Gate | None = None

    def __init__(self, desk: AlarmDesk, report: Reporter, look: Looker) -> None:
        self.standing = Standing()
        self.check_host: Callable[[bytes], None] = check_host
        self.metrics = ControlMetrics(lambda: self.standing, desk)
        self._desk = desk
        self._report = report
        self._look = look
        self._reporting = asyncio.Lock()
        self._acting = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        action, extra = "", [(b"x-request-id", request_id(scope))]
        language = requested_language(scope["headers"])
        try:
            hosts = [value for name, value in scope["headers"] if name == b"host"]
            for value in hosts or [b""]:
                self.check_host(value)
            asked = self._understood(scope)
            action = asked.what
            status, kind, content = await self._answer(asked, scope, receive, language)
        except Gone:
            return
        except AndamioError as error:
            status, content = self._refused(scope, error, language, extra)
            kind = JSON
        except Exception:  # noqa: BLE001  a fault of one request must not end the others
            _log.exception("an error that should not happen, at %s", scope["path"])
            status, content = self._refused(scope, _unexpected(), language, extra)
            kind = JSON
        self.metrics.requests[action, status] += 1
        body = b"" if scope["method"] == "HEAD" else content
        await send_answer(send, status, kind, body, extra)

    def _understood(self, scope: Scope) -> Asked:
        """Understand a request that is admitted; who is not learns nothing of what is here."""
        try:
            asked = understand(scope["path"], scope["method"], scope.get("query_string", b""))
        except AndamioError:
            if self.gate is not None:
                self.gate.admit(scope, None)
            raise
        if self.gate is not None:
            self.gate.admit(scope, asked.place)
        return asked

    async def _answer(self, asked: Asked, scope: Scope, receive: Receive, language: str) -> Answer:
        if asked.what in ACTS:
            return 200, JSON, await self._act(asked, scope, receive, language)
        if asked.what == "metrics":
            return 200, _PROMETHEUS, await asyncio.to_thread(self.metrics.page)
        if asked.what == "report":
            page = await self._read_past(asked, lambda: self._report(asked.model, asked.query), language)
            return 200, _HTML, page.encode()
        if asked.what == "machines":
            machines = await self._read_past(asked, lambda: self._look(asked.model), language)
            return 200, JSON, _json(machines)
        if asked.what == "alarms":
            return 200, JSON, await asyncio.to_thread(self._alarms, asked, language)
        with speak(language):
            if asked.what == "readyz":
                return self._ready()
            if asked.what == "models":
                return 200, JSON, _json(self._models(scope))
            if asked.what == "findings":
                return 200, JSON, _json(self._findings(asked.model))
        return 200, JSON, b'{"status":"alive"}'

    def _ready(self) -> Answer:
        standing = self.standing
        status = "ready" if standing.rounds else "waiting"
        errors = {name: error_json(error)["error"] for name, error in standing.failures.items()}
        value = {"status": status, "at": iso_time(standing.at_s), "errors": errors}
        return (200 if standing.rounds else 503), JSON, _json(value)

    def _models(self, scope: Scope) -> dict[str, Any]:
        del scope
        return {
            "models": [_summary(one) for one in self.standing.versions],
            "at": iso_time(self.standing.at_s),
        }

    def _findings(self, model: str) -> dict[str, Any]:
        standing = self.standing
        found = standing.of(model)
        if not found and model in standing.failures:
            raise standing.failures[model]
        if not found:
            raise self._unknown(model)
        return {
            "model": model,
            "at": iso_time(standing.at_s),
            "versions": [
                {
                    **_summary(one),
                    "assets": list(one.assets),
                    "findings": [finding_data(finding) for finding in one.findings],
                }
                for one in found
            ],
        }

    def _unknown(self, model: str) -> NotFound:
        return NotFound(
            text("{model} is not under watch", model=model[:100]),
            fix=text("these are: {names}", names=", ".join(self.standing.models()) or "–"),
        )

    def _alarms(self, asked: Asked, language: str) -> bytes:
        with speak(language):
            everything = asked.query.get("all", "") in {"1", "true"}
            return _json(
                {"alarms": list(self._desk.alarms(model=asked.model or None, everything=everything))}
            )

    async def _read_past(self, asked: Asked, reading: Callable[[], T], language: str) -> T:
        """Do what reads the whole journal in a thread, one at a time."""
        if not self.standing.of(asked.model):
            raise self._unknown(asked.model)
        if self._reporting.locked():
            raise Overloaded(
                text("another report is being written at this moment"), fix=text("ask again in a minute")
            )

        def read() -> T:
            with speak(language):
                return reading()

        async with self._reporting:
            return await asyncio.to_thread(read)

    async def _act(self, asked: Asked, scope: Scope, receive: Receive, language: str) -> bytes:
        headers = dict(scope["headers"])
        check_json(headers.get(b"content-type", b""))
        body = await read_body(receive, headers.get(b"content-length", b""), _LIMITS)
        act = _decoded(body, Shelving if asked.what == "shelve" else Act)
        actor = self.gate.name_of(scope) if self.gate is not None else act.actor or "http"

        def do() -> bytes:
            with speak(language):
                return _json({"alarm": self._done(asked, act, actor)})

        async with self._acting:
            return await asyncio.to_thread(do)

    def _done(self, asked: Asked, act: Act, actor: str) -> Mapping[str, Any]:
        desk, name, reason = self._desk, asked.named, act.reason
        if isinstance(act, Shelving):
            return desk.shelve(name, actor=actor, reason=reason, hours=act.hours)
        if asked.what == "acknowledge":
            return desk.acknowledge(name, actor=actor, reason=reason)
        return desk.unshelve(name, actor=actor, reason=reason)

    def _refused(
        self, scope: Scope, error: AndamioError, language: str, extra: list[tuple[bytes, bytes]]
    ) -> tuple[int, bytes]:
        status = http_status(error)
        extra.append((b"content-language", language.encode()))
        if status in RETRY_AFTER_S:
            extra.append(
                (b"retry-after", str(error.data.get("retry_after_s", RETRY_AFTER_S[status])).encode())
            )
        for name, header in (("www-authenticate", b"www-authenticate"), ("allow", b"allow")):
            if name in error.data:
                extra.append((header, str(error.data[name]).encode()))
        if status in CLOSING:
            extra.append((b"connection", b"close"))
        with speak(language):
            return status, refusal_body(scope["path"], status, error)


def _summary(one: VersionStanding) -> dict[str, Any]:
    return {
        "model": one.model,
        "version": one.version,
        "reference": one.reference,
        "rows": one.rows,
        "waiting": one.waiting,
        "late": one.late,
        "until": iso_time(one.until_s),
        "alarms": sum(finding.level.value == "alarm" for finding in one.findings),
        "notices": sum(finding.level.value == "notice" for finding in one.findings),
    }


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BodyRefused(
            text("the body is not what is asked for here: {reason}", reason=str(error)[:200]),
            fix=text("send such as {example}", example='{"reason": "the fitter is on the way", "hours": 8}'),
        ) from error


def _json(value: object) -> bytes:
    return msgspec.json.encode(value, enc_hook=_plain)


def _plain(value: object) -> object:
    if hasattr(value, "item"):
        return value.item()
    return clock.iso(value) if isinstance(value, datetime) else str(value)


def _unexpected() -> AndamioError:
    return AndamioError(
        text("an error that should not happen"),
        why=text("this is a fault of Andamio, not of your input"),
        fix=text("the control process wrote the details to its log; send them to the maintainers"),
    )
