"""The life cycle with its registry on a real PostgreSQL, and with that server going away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from andamio.errors import Busy, DatabaseUnreachable
from andamio.lifecycle import deploy, reconcile, roll_back, step_back
from andamio.registry import Registry
from andamio.storage.database import open_database

pytestmark = pytest.mark.live


@pytest.fixture
def on_postgresql(plant, postgresql_address: str) -> Iterator[object]:
    """The small plant, its registry on the server."""
    database = open_database(postgresql_address, wait_s=0.2)
    plant.registry.database.close()
    plant.registry = Registry(database)
    for _ in range(2):
        plant.train()
    yield plant
    database.close()


def put_to_work(plant, number: int):
    return deploy(plant.registry, plant.board, "pump-health", number, actor="ana", reason="better")


def drop_connections(plant) -> None:
    """What the server does when it is started again."""
    admin = sa.create_engine(plant.registry.database.engine.url)
    with admin.begin() as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        )
    admin.dispose()


def test_deploy_and_rollback_are_written_and_hold(on_postgresql) -> None:
    plant = on_postgresql
    put_to_work(plant, 1)
    put_to_work(plant, 2)
    change = roll_back(plant.registry, plant.board, "pump-health", actor="beto", reason="odd alarms")
    assert (change.new.version, change.recorded) == (1, True)
    assert (plant.answers(), plant.told()) == (1, 1)
    assert plant.registry.verify().holds
    assert not reconcile(plant.registry, plant.board).anything


def test_a_connection_that_the_server_dropped_is_opened_again(on_postgresql) -> None:
    plant = on_postgresql
    assert plant.told() is None
    drop_connections(plant)
    put_to_work(plant, 1)
    assert plant.told() == 1


def test_a_registry_that_another_writes_for_long_stops_a_deploy_before_it_begins(on_postgresql) -> None:
    plant = on_postgresql
    with plant.registry.database.writing(), pytest.raises(Busy, match="in use by another process"):
        put_to_work(plant, 1)
    assert plant.answers() is None
    put_to_work(plant, 1)
    assert plant.answers() == 1


def test_a_rollback_without_the_server_is_told_to_it_when_it_is_back(on_postgresql, monkeypatch) -> None:
    plant = on_postgresql
    put_to_work(plant, 1)
    put_to_work(plant, 2)
    home = plant.registry
    gone = home.database.engine.url.set(port=1)
    engine = sa.create_engine(gone)
    monkeypatch.setattr(home.database, "engine", engine)
    with pytest.raises(DatabaseUnreachable):
        roll_back(home, plant.board, "pump-health", actor="beto", reason="odd alarms")
    assert plant.answers() == 2
    step_back(plant.board, "pump-health")
    monkeypatch.undo()
    engine.dispose()
    assert (plant.answers(), plant.told()) == (1, 2)
    assert reconcile(plant.registry, plant.board).moved == ("pump-health",)
    assert plant.told() == 1
