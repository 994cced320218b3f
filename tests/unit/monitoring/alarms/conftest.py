"""An alarm book on SQLite and on a real PostgreSQL, with a clock that a test turns by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from andamio.errors import text
from andamio.kernel.settings import Settings
from andamio.monitoring import Cause, Finding, Level
from andamio.monitoring.alarms import AlarmBook, State
from andamio.storage.database import Database, open_database

T0 = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


def stuck(
    tag: str = "bearing_temp",
    asset: str | None = "pump-07",
    *,
    cause: Cause | None = Cause.SENSOR,
    level: Level = Level.ALARM,
    certainty: float | None = None,
    kind: str = "stuck",
) -> Finding:
    """A finding such as a detector states."""
    return Finding(
        kind=kind,
        level=level,
        what=text("{tag} has not moved for {n} rows", tag=tag, n=30),
        fix=text("check the sensor"),
        tag=tag,
        asset=asset,
        since=T0 - timedelta(minutes=20),
        cause=cause,
        certainty=certainty,
    )


def settings_of(**sections: Any) -> Settings:
    """A plant's settings, as its file would give them."""
    plant = {"name": "pump-house", "time_zone": "America/Bogota"} | sections.pop("plant", {})
    return msgspec.convert({"plant": plant, **sections}, Settings)


def storm(assets: int = 40, findings: int = 500) -> list[Finding]:
    """Findings of a whole plant at once."""
    return [stuck(f"tag-{n // assets}", f"pump-{n % assets:02}") for n in range(findings)]


@dataclass
class Desk:
    """A book and the hand on its clock."""

    database: Database
    settings: Settings = field(default_factory=settings_of)
    at: datetime = T0

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Open the book anew, as after a restart."""
        self.book = AlarmBook(self.database, self.settings, time=lambda: self.at)

    def look(self, *findings: Finding, minutes: float = 1, **more: Any) -> None:
        """Let some minutes pass, then hand in what stands."""
        self.at += timedelta(minutes=minutes)
        self.book.update("pump-health", findings, at=self.at, **more)

    def states(self) -> dict[str | None, State]:
        """The state of each alarm that is not normal, by asset."""
        return {alarm.asset: alarm.state for alarm in self.book.standing(all_states=True).alarms}

    def events(self) -> list[str]:
        """What the journal tells of alarms, without the findings that joined and left."""
        return [e.event.value for e in self.book.history() if not e.event.value.startswith("finding")]

    def letters(self) -> list[tuple[str, str]]:
        """The title and body of every message in the outbox, the oldest first."""
        import sqlalchemy as sa

        from andamio.notification.schema import outbox

        with self.database.reading() as connection:
            rows = connection.execute(sa.select(outbox).order_by(outbox.c.seq))
            return [(row.title, row.body) for row in rows]


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
def desk(database: Database) -> Desk:
    return Desk(database)


@pytest.fixture
def desk_with(database: Database) -> Callable[..., Desk]:
    """A desk under settings of the test's own."""
    return lambda **sections: Desk(database, settings_of(**sections))
