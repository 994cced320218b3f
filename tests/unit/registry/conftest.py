"""Every test of the registry runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from andamio.registry import AuditLog, Registry
from andamio.storage.database import Database, open_database


class Clock:
    """A clock that a test turns by hand; each look moves it on by one second."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.live)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'andamio.db'}"
    return str(request.getfixturevalue("postgresql_address"))


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    opened = open_database(address)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry(database: Database, clock: Clock) -> Registry:
    return Registry(database, time=clock)


@pytest.fixture
def audit(registry: Registry) -> AuditLog:
    return registry.audit


@pytest.fixture
def free_port() -> int:
    """A loopback port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
