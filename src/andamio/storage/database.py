"""Open the plant's database: SQLite in the plant's folder, or a PostgreSQL server named in the settings.

Both give the same promises. A reading sees one moment; a writing happens whole or not at all, and only
one writing is under way at a time, across all processes (``BEGIN IMMEDIATE`` on SQLite, an advisory
lock on PostgreSQL). What a commit returned survives a power cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from andamio.errors import MissingExtra, SettingsInvalid, text
from andamio.storage.database_errors import explaining

# Migrations are numbered; a test holds this to the newest file in storage/migrations/versions.
SCHEMA_VERSION = "0002"
VERSION_TABLE = "andamio_schema"

_WRITERS_LOCK = 0x416E64616D696F  # "Andamio": the advisory lock that all writers of one database share


class Database:
    """One opened database, its schema up to date. Build it with ``open_database``."""

    def __init__(self, engine: sa.Engine, *, wait_s: float) -> None:
        self.engine = engine
        self.place = engine.url.render_as_string(hide_password=True)
        self._wait_s = wait_s

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Read one consistent moment."""
        with explaining(self.engine.url), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Write: committed when the block ends, undone when it raises, alone while it lasts.

        Raises:
            Busy: Another process has been writing for longer than this one may wait.
            DiskFull: There is no room; nothing was written.
        """
        with explaining(self.engine.url), self.engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    _wait_for_writers(connection, self._wait_s)
                yield connection

    def close(self) -> None:
        """Close every connection; on SQLite the write-ahead log is folded into the file."""
        self.engine.dispose()


def open_database(address: str, *, wait_s: float = 10.0) -> Database:
    """Open the database and bring its schema up to date.

    Safe when several processes open the same new database at once.

    Args:
        address: ``sqlite:///PATH`` or ``postgresql://USER@HOST/NAME``. A password is better kept in
            ~/.pgpass or PGPASSWORD than in the address; it is never shown either way.
        wait_s: Seconds to wait for another writer before giving up with ``Busy``.

    Raises:
        SettingsInvalid: The address names no database that Andamio knows.
        MissingExtra: The PostgreSQL driver is not installed.
        DatabaseUnreachable: The server does not answer, or the file cannot be opened.
        DatabaseTooNew: A newer Andamio has changed the schema.
    """
    database = Database(_engine(address, wait_s), wait_s=wait_s)
    try:
        if not _is_current(database):
            # Alembic costs a second of start-up and only a new or an old database needs it.
            from andamio.storage.migrating import bring_up_to_date  # noqa: PLC0415

            with database.writing() as connection:
                bring_up_to_date(connection)
    except BaseException:
        database.close()
        raise
    return database


def _is_current(database: Database) -> bool:
    with database.reading() as connection:
        if not sa.inspect(connection).has_table(VERSION_TABLE):
            return False
        version = connection.scalar(sa.select(sa.column("version_num")).select_from(sa.table(VERSION_TABLE)))
        return bool(version == SCHEMA_VERSION)


def _engine(address: str, wait_s: float) -> sa.Engine:
    scheme, separator, rest = address.partition("://")
    if separator and scheme == "sqlite" and rest.startswith("/"):
        return _sqlite_engine(Path(rest[1:]), wait_s)
    if separator and scheme in {"postgresql", "postgres"}:
        return _postgresql_engine(f"postgresql+psycopg://{rest}")
    raise SettingsInvalid(
        text("the database's address is not one that Andamio knows"),
        where=text("andamio.toml, [storage] database"),
        why=text('it must be "sqlite" or begin with postgresql://'),
        fix=text('write database = "sqlite", or database = "postgresql://USER@HOST/NAME"'),
    )


def _sqlite_engine(path: Path, wait_s: float) -> sa.Engine:
    url = sa.URL.create("sqlite", database=str(path))
    # A connection is opened for each use: it costs little here, and nothing stays open behind a command,
    # so that the write-ahead log is folded back and a copy of the folder is complete.
    engine = sa.create_engine(url, connect_args={"timeout": wait_s}, poolclass=sa.NullPool)

    def prepare(connection: object, _record: object) -> None:
        # The driver must not begin transactions by itself; ``begin`` below does.
        connection.isolation_level = None  # type: ignore[attr-defined]  # the driver's own connection
        cursor = connection.cursor()  # type: ignore[attr-defined]
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    def begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    sa.event.listen(engine, "connect", prepare)
    sa.event.listen(engine, "begin", begin)
    return engine


def _postgresql_engine(address: str) -> sa.Engine:
    try:
        url = sa.make_url(address)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise SettingsInvalid(
            text("the database's address cannot be read"),
            where=text("andamio.toml, [storage] database"),
            fix=text('write database = "sqlite", or database = "postgresql://USER@HOST/NAME"'),
        ) from error
    try:
        return sa.create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 5})
    except ModuleNotFoundError as error:
        raise MissingExtra(
            text("PostgreSQL needs a package that is not installed: {package}", package="psycopg"),
            fix=text("install Andamio's {extra} extra from where this copy came from", extra="[postgres]"),
        ) from error


def _wait_for_writers(connection: sa.Connection, wait_s: float) -> None:
    wait_ms = max(1, int(wait_s * 1000))
    connection.execute(sa.select(sa.func.set_config("lock_timeout", f"{wait_ms}ms", True)))
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITERS_LOCK)))
