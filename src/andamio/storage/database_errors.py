"""Turn what a database driver says into what a plant can do about it. A password is never repeated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from andamio.errors import AndamioError, Busy, DatabaseUnreachable, DiskFull, Text, text

_FULL = {"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "53100"}
_BUSY = {
    "SQLITE_BUSY",
    "SQLITE_BUSY_SNAPSHOT",
    "SQLITE_BUSY_RECOVERY",
    "SQLITE_LOCKED",
    "55P03",
    "40001",
    "40P01",
}
_NOT_OURS = {"SQLITE_NOTADB", "SQLITE_CORRUPT"}
_CLOSED = {"SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_READONLY_DIRECTORY", "SQLITE_PERM", "SQLITE_AUTH"}
_REFUSED = {"28P01", "28000", "3D000", "42501", "25006"}


@contextmanager
def explaining(url: sa.URL) -> Iterator[None]:
    """Raise the house's errors where the driver raises its own; a broken rule of ours passes as it is."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        explained = _explain(error, url)
        if explained is None:
            raise
        raise explained from error


def _explain(error: sa.exc.DBAPIError, url: sa.URL) -> AndamioError | None:
    where = text("{place}", place=url.render_as_string(hide_password=True))
    code = _code(error)
    if code in _FULL:
        return DiskFull(
            text("the disk of the database is full"),
            where=where,
            why=text("nothing was changed: a write happens whole or not at all"),
            fix=text("free some space on this disk and run the command again"),
        )
    if code in _BUSY:
        return Busy(
            text("the database is in use by another process"),
            where=where,
            why=text("it did not become free in time; nothing was changed"),
            fix=text("wait for the other command to end and run this one again"),
        )
    if code in _NOT_OURS:
        return DatabaseUnreachable(
            text("the database file is damaged, or it is not a database"),
            where=where,
            why=_said(error, url),
            fix=text(
                "put back this file from the last backup; the bundles and the journal do not depend on it"
            ),
        )
    if code in _CLOSED:
        return DatabaseUnreachable(
            text("the database file cannot be opened for writing"),
            where=where,
            why=_said(error, url),
            fix=text("check that the folder exists and that this user may write in it"),
        )
    if url.drivername.startswith("postgresql") and (
        code is None or code in _REFUSED or code[:2] in {"08", "57"}
    ):
        return DatabaseUnreachable(
            text("the PostgreSQL server does not let Andamio in, or does not answer"),
            where=where,
            why=_said(error, url),
            fix=text(
                "check the server, and the address in andamio.toml, [storage] database; "
                "what is deployed keeps answering"
            ),
        )
    return None


def _code(error: sa.exc.DBAPIError) -> str | None:
    """Return SQLite's error name or PostgreSQL's SQLSTATE."""
    code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)
    return str(code) if code is not None else None


def _said(error: sa.exc.DBAPIError, url: sa.URL) -> Text:
    """Repeat the driver's first line without the password, should it ever hold it."""
    first = str(error.orig).strip().partition("\n")[0]
    if url.password:
        first = first.replace(str(url.password), "***")
    return text("{reason}", reason=first)
