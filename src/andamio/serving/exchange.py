"""One HTTP exchange as ASGI speaks it: read a body within its caps, send an answer in two messages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from andamio.errors import BodyLate, BodyTooLarge, BodyTypeRefused, text
from andamio.serving.holding import Held
from andamio.serving.limits import Limits

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

JSON = b"application/json"
_JSON_HEADER = (b"content-type", JSON)


class Gone(Exception):
    """The client hung up before its request was whole; there is nobody to answer."""


async def read_body(receive: Receive, announced: bytes, limits: Limits) -> bytes:
    """Read a request's body; ``announced`` is its Content-Length, empty when it is sent in chunks.

    Raises:
        BodyTooLarge: It is, or announces to be, above the cap.
        BodyLate: It did not arrive whole within the time allowed.
        Gone: The client hung up.
    """
    if announced and int(announced) > limits.body_bytes:
        raise _too_large(limits)
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        if len(body) > limits.body_bytes:
            raise _too_large(limits)
        return body
    try:
        async with asyncio.timeout(limits.body_timeout_s):
            return await _gather(message, receive, limits)
    except TimeoutError as error:
        raise BodyLate(
            text("the body did not arrive whole within {seconds} s", seconds=limits.body_timeout_s),
            fix=text("send it again; send fewer rows at once where the network is slow"),
        ) from error


async def _gather(message: MutableMapping[str, Any], receive: Receive, limits: Limits) -> bytes:
    chunks: list[bytes] = []
    size = 0
    held = Held(limits.held_bytes)
    while True:
        if message["type"] == "http.disconnect":
            raise Gone
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limits.body_bytes:
            raise _too_large(limits)
        held.more(len(chunk))
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)
        message = await receive()


def check_json(content_type: bytes) -> None:
    """Refuse a body that does not say it is JSON.

    Raises:
        BodyTypeRefused: The Content-Type header is absent or names another type.
    """
    kind = content_type.partition(b";")[0].strip().lower()
    if kind != JSON:
        raise BodyTypeRefused(
            text(
                "the body must be JSON and say so, and this one says {kind}",
                kind=kind.decode("latin-1")[:100] or "-",
            ),
            why=text("the header also keeps out web pages that post to this box behind a person's back"),
            fix=text(
                "send the header Content-Type: application/json (curl: -H 'Content-Type: application/json')"
            ),
        )


async def send_json(send: Send, content: bytes, request_id: bytes = b"") -> None:
    """Send a JSON answer with status 200."""
    length = (b"content-length", b"%d" % len(content))
    headers = [_JSON_HEADER, length, (b"x-request-id", request_id)] if request_id else [_JSON_HEADER, length]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def send_answer(send: Send, status: int, kind: bytes, content: bytes, extra: Headers = ()) -> None:
    """Send any answer whole."""
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(content)), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _too_large(limits: Limits) -> BodyTooLarge:
    return BodyTooLarge(
        text("the body is larger than {cap} bytes", cap=limits.body_bytes),
        fix=text("send fewer rows at once, or score the file with: andamio score --in FILE --out FILE"),
    )
