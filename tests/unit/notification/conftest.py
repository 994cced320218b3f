"""An outbox, a webhook that really listens, and services that do what a test tells them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from andamio.kernel.alarm_settings import NotificationSection
from andamio.notification import DeliveryFailed, Message, Outbox, Sender
from andamio.storage.database import Database, open_database

T0 = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


class Webhook:
    """A web server on this box that keeps what it is sent, and answers with ``status``."""

    def __init__(self) -> None:
        self.status = 200
        self.taken: list[tuple[dict[str, str], dict[str, Any]]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.taken.append((dict(self.headers), body))
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    hook = Webhook()
    yield hook
    hook.close()


@dataclass
class FakeService:
    """Takes everything but what is sent to a dead address or holds poison."""

    dead: set[str] = field(default_factory=set)
    taken: list[tuple[str, Message]] = field(default_factory=list)
    asked: int = 0

    def deliver(self, address: str, message: Message) -> None:
        self.asked += 1
        if address in self.dead or "poison" in message.body:
            raise DeliveryFailed("nobody answers")
        self.taken.append((address, message))


@dataclass
class Post:
    """An outbox with its sender, and the hand on their clock."""

    database: Database
    folder: Path
    settings: NotificationSection
    service: FakeService = field(default_factory=FakeService)
    at: datetime = T0

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.database, chance=lambda: 1.0)
        self.sender = Sender(
            self.outbox,
            self.settings,
            self.service,
            lock=self.folder / "notification.lock",
            time=lambda: self.at,
        )

    def queue(self, target: str = "night", key: str = "k1", body: str = "what happened") -> bool:
        message = Message(target=target, key=key, title="title", body=body, language="en")
        with self.database.writing() as connection:
            return self.outbox.enqueue(message, at=self.at, within=connection)

    def run(self, minutes: float = 0) -> int:
        self.at += timedelta(minutes=minutes)
        return self.sender.run_once().sent


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.live)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    address = f"sqlite:///{tmp_path / 'andamio.db'}"
    if request.param == "postgresql":
        address = str(request.getfixturevalue("postgresql_address"))
    opened = open_database(address)
    yield opened
    opened.close()


@pytest.fixture
def post_with(database: Database, tmp_path: Path) -> Callable[..., Post]:
    def build(*names: str, **more: Any) -> Post:
        targets = [{"name": name, "address": f"json://{name}/"} for name in names or ("night",)]
        return Post(database, tmp_path, msgspec.convert({"target": targets} | more, NotificationSection))

    return build


@pytest.fixture
def post(post_with: Callable[..., Post]) -> Post:
    return post_with()
