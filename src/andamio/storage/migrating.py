"""Bring the schema of an opened database up to date, inside the caller's transaction."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from andamio.errors import DatabaseTooNew, text
from andamio.storage import database

_MIGRATIONS = Path(__file__).with_name("migrations")


def bring_up_to_date(connection: sa.Connection) -> None:
    """Run the migrations that this database has not seen. The caller holds the writers' lock.

    Raises:
        DatabaseTooNew: The database was changed by a migration that this code does not have.
    """
    config = migration_config()
    found = schema_version(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise DatabaseTooNew(
            text("this database was made by a newer Andamio"),
            where=text("{place}", place=connection.engine.url.render_as_string(hide_password=True)),
            why=text(
                "its schema is {found}; this Andamio knows up to {known}",
                found=found,
                known=database.SCHEMA_VERSION,
            ),
            fix=text("install the Andamio that opened it last, or a newer one; nothing was changed"),
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def schema_version(connection: sa.Connection) -> str | None:
    """Return the number of the last migration this database has seen, None if it has seen none."""
    context = MigrationContext.configure(connection, opts={"version_table": database.VERSION_TABLE})
    found = context.get_current_revision()
    return str(found) if found is not None else None


def migration_config() -> Config:
    """Return Alembic's configuration: the migrations that travel inside this package."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["version_table"] = database.VERSION_TABLE
    return config
