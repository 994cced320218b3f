"""Versions and the history of aliases are held against the audit log."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from andamio.registry import NewVersion, Registry
from andamio.storage.database import Database


@pytest.fixture
def filled(registry: Registry) -> Registry:
    for letter in "ab":
        registry.register(
            NewVersion(
                model="pump-health",
                digest=letter * 64,
                kind="regression",
                dataset="pumps",
                dataset_version=1,
                dataset_digest="d" * 64,
                deployable=letter == "a",
                gates=[{"gate": "rmse <= 1", "passed": letter == "a", "value": 0.1}],
            ),
            actor="ana",
        )
    for number in (1, 2):
        registry.aliases.move("pump-health", "champion", number, actor="ana", reason="better")
    return registry


def test_what_the_registry_wrote_holds(filled: Registry) -> None:
    assert filled.verify().holds


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "UPDATE versions SET deployable = true WHERE number = 2",
            "pump-health@2 is not what",
        ),
        (f"UPDATE versions SET digest = '{'c' * 64}' WHERE number = 1", "pump-health@1 is not what"),
        (
            "UPDATE alias_changes SET since = '2026-01-01' WHERE version = 1",
            "history of pump-health@champion is",
        ),
        ("UPDATE alias_changes SET version = 1 WHERE version = 2", "history of pump-health@champion is"),
        ("DELETE FROM alias_changes WHERE version = 1", "change of pump-health@champion is gone"),
    ],
)
def test_what_was_in_production_cannot_be_rewritten_unseen(
    filled: Registry, database: Database, statement: str, told: str
) -> None:
    with database.engine.connect().execution_options(writes=True) as connection:
        if database.engine.dialect.name == "postgresql":
            connection.execute(sa.text("ALTER TABLE alias_changes DISABLE TRIGGER ALL"))
        else:
            for change in ("update", "delete"):
                connection.execute(sa.text(f"DROP TRIGGER alias_changes_no_{change}"))
        connection.execute(sa.text(statement))
        connection.commit()
    assert filled.audit.verify().holds
    faults = filled.verify().faults
    assert len(faults) == 1
    assert told in str(faults[0].what)


def test_the_history_of_aliases_is_append_only_in_the_database_too(
    filled: Registry, database: Database
) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), database.writing() as connection:
        connection.execute(sa.text("UPDATE alias_changes SET version = 1"))
    assert filled.verify().holds
