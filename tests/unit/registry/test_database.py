"""Opening the database: once or by many at once, whole or not at all, and never with a password shown."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from andamio.errors import Busy, DatabaseTooNew, DatabaseUnreachable, DiskFull, SettingsInvalid
from andamio.language import error_json, render_error
from andamio.monitoring.alarms.schema import metadata as alarms
from andamio.notification.schema import metadata as notification
from andamio.registry import AuditLog, Registry
from andamio.registry.schema import metadata
from andamio.storage.database import SCHEMA_VERSION, VERSION_TABLE, Database, open_database
from andamio.storage.migrating import migration_config
from andamio.storage.steady_time import metadata as steady_time


def test_the_migrations_make_the_tables_that_the_code_sees(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, [metadata, alarms, notification, steady_time]) == []


def test_the_newest_migration_is_the_schema_the_code_names() -> None:
    assert ScriptDirectory.from_config(migration_config()).get_current_head() == SCHEMA_VERSION


def test_opening_again_changes_nothing(address: str) -> None:
    for n in range(3):
        database = open_database(address)
        log = AuditLog(database)
        log.append("opened", "plant", actor="ana")
        assert len(log.entries()) == n + 1
        database.close()


def test_a_database_of_a_newer_andamio_is_left_alone(address: str) -> None:
    database = open_database(address)
    with database.writing() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    database.close()
    with pytest.raises(DatabaseTooNew) as caught:
        open_database(address)
    assert "9999" in render_error(caught.value)
    assert "s3cret" not in render_error(caught.value)


def test_a_write_that_fails_leaves_nothing(database: Database) -> None:
    log = AuditLog(database)

    def interrupted() -> None:
        with database.writing() as connection:
            log.append("half", "plant", actor="ana", within=connection)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert log.entries() == []


def test_a_reading_sees_one_moment(database: Database) -> None:
    log = AuditLog(database)
    count = sa.text("SELECT count(*) FROM audit")
    with database.reading() as connection:
        before = connection.scalar(count)
        log.append("meanwhile", "plant", actor="ana")
        assert connection.scalar(count) == before
    assert len(log.entries()) == 1


def test_a_locked_database_says_so(address: str) -> None:
    patient, hasty = open_database(address), open_database(address, wait_s=0.05)
    with patient.writing(), pytest.raises(Busy, match="in use by another process"):
        AuditLog(hasty).append("late", "plant", actor="ana")
    AuditLog(hasty).append("in time", "plant", actor="ana")
    patient.close()
    hasty.close()


def test_processes_that_open_a_new_database_at_once_keep_one_chain(address: str) -> None:
    script = Path(__file__).with_name("together.py")
    done = subprocess.run([sys.executable, str(script), address], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    database = open_database(address)
    log = AuditLog(database)
    verdict = log.verify()
    assert (verdict.holds, verdict.rows) == (True, 80)
    for name in "abcd":
        order = [entry.subject for entry in log.entries(subject=name)]
        assert order == [f"{name}@{n}" for n in range(20)]
    database.close()


def test_sqlite_is_opened_so_that_a_power_cut_loses_no_commit(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'andamio.db'}")
    with database.reading() as connection:
        settings = {
            name: connection.scalar(sa.text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.close()


def test_a_folder_with_odd_characters_is_a_place_like_any_other(tmp_path: Path) -> None:
    folder = tmp_path / "planta nº 1 ?x=%20#"
    folder.mkdir()
    database = open_database(f"sqlite:///{folder / 'andamio.db'}")
    AuditLog(database).append("opened", "plant", actor="ana")
    database.close()
    assert [path.name for path in folder.iterdir()] == ["andamio.db"]


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "andamio.db").write_text("this is a note, not a database, " * 100)
    with pytest.raises(DatabaseUnreachable, match="not a database"):
        open_database(f"sqlite:///{tmp_path / 'andamio.db'}")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachable) as caught:
        open_database(f"sqlite:///{tmp_path / 'nowhere' / 'andamio.db'}")
    assert "nowhere" in render_error(caught.value)


@pytest.mark.parametrize("address", ["mysql://u:pw@h/d", "sqlite", "postgresql://u:pw@h:port/d", ""])
def test_an_address_that_names_no_known_database_is_refused(address: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        open_database(address)
    assert "pw" not in render_error(caught.value)


def test_a_database_that_outgrows_its_disk_says_so_and_keeps_what_it_had(tmp_path: Path) -> None:
    path = tmp_path / "andamio.db"
    database = open_database(f"sqlite:///{path}")
    log = AuditLog(database)
    log.append("before", "plant", actor="ana")

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    database.engine.dispose()
    sa.event.listen(database.engine, "connect", limit)
    with pytest.raises(DiskFull):
        log.append("too much", "plant", actor="ana", reason="x" * 100_000)
    assert [entry.action for entry in log.entries()] == ["before"]
    database.close()


@pytest.fixture
def small_disk(mount_small_disk: Callable[[str], Path]) -> Path:
    """A real disk of 512 kB."""
    return mount_small_disk("512k")


def test_a_full_disk_says_so_and_the_registry_opens_again_when_there_is_room(small_disk: Path) -> None:
    address = f"sqlite:///{small_disk / 'andamio.db'}"
    database = open_database(address)
    log = AuditLog(database)

    def fill() -> None:
        for _ in range(1000):
            log.append("filling", "plant", actor="ana", reason="x" * 2000)

    with pytest.raises(DiskFull):
        fill()
    written = len(log.entries())
    assert written > 0
    assert log.verify().holds
    database.close()
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    database = open_database(address)
    AuditLog(database).append("room again", "plant", actor="ana")
    assert Registry(database).verify().rows == written + 1
    database.close()


def test_a_disk_without_room_for_a_database_says_so(small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(b"x" * 500_000)
    with pytest.raises(DiskFull):
        open_database(f"sqlite:///{small_disk / 'andamio.db'}")


@pytest.mark.live
@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (("s3cret-of-the-test", "wr0ng-password"), "authentication failed"),
        (("/postgres", "/no_such_database"), "no_such_database"),
    ],
)
def test_a_server_that_does_not_let_us_in_is_told_without_the_password(
    postgresql: str, broken: tuple[str, str], why: str
) -> None:
    with pytest.raises(DatabaseUnreachable) as caught:
        open_database(postgresql.replace(*broken))
    shown = render_error(caught.value) + str(error_json(caught.value))
    assert why in shown
    assert "s3cret" not in shown
    assert "wr0ng" not in shown


def test_a_server_that_does_not_answer_is_told_without_the_password(free_port: int) -> None:
    with pytest.raises(DatabaseUnreachable) as caught:
        open_database(f"postgresql://andamio:s3cret@127.0.0.1:{free_port}/plant")
    shown = render_error(caught.value)
    assert f"127.0.0.1:{free_port}" in shown
    assert "s3cret" not in shown
