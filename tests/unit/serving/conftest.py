"""Speak ASGI to an application, as uvicorn does, without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from andamio.serving.application import Application

HOST = (b"host", b"127.0.0.1:8081")
JSON = (b"content-type", b"application/json")


@dataclass
class Reply:
    status: int
    headers: dict[bytes, bytes]
    content: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.content)


@pytest.fixture
def call() -> Callable[..., Reply | None]:
    return _call


@pytest.fixture
def acall() -> Callable[..., Awaitable[Reply | None]]:
    return _acall


def _call(
    application: Application,
    method: str,
    path: str,
    chunks: Sequence[bytes] = (b"",),
    headers: Sequence[tuple[bytes, bytes]] = (HOST, JSON),
    *,
    hang_up: bool = False,
    unfinished: bool = False,
) -> Reply | None:
    """Send one request in the given chunks; None when nothing was answered."""
    return asyncio.run(
        _acall(application, method, path, chunks, headers, hang_up=hang_up, unfinished=unfinished)
    )


async def _acall(
    application: Application,
    method: str,
    path: str,
    chunks: Sequence[bytes] = (b"",),
    headers: Sequence[tuple[bytes, bytes]] = (HOST, JSON),
    *,
    hang_up: bool = False,
    unfinished: bool = False,
) -> Reply | None:
    waiting = [
        {"type": "http.request", "body": chunk, "more_body": hang_up or unfinished or i < len(chunks) - 1}
        for i, chunk in enumerate(chunks)
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop(0)
        if hang_up:
            return {"type": "http.disconnect"}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": list(headers)}
    await application(scope, receive, send)
    if not sent:
        return None
    return Reply(sent[0]["status"], dict(sent[0]["headers"]), b"".join(m.get("body", b"") for m in sent[1:]))
