"""Hold the versions and the history of aliases against the audit log, which alone is chained.

Who edits "what was in production then" without touching the audit log is found here.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from andamio.errors import Fault, Text, text
from andamio.registry import schema
from andamio.registry.version import Version, as_version

ALIAS_MOVED = "alias-moved"
VERSION_REGISTERED = "version-registered"


def check_tables(connection: sa.Connection) -> list[Fault]:
    """Return what the tables say and the audit log does not, or the other way round."""
    return [*_check_versions(connection), *_check_aliases(connection)]


def _check_versions(connection: sa.Connection) -> list[Fault]:
    told = {row["subject"]: _told(row, Version) for row in _audited(connection, VERSION_REGISTERED)}
    found = [as_version(row) for row in connection.execute(sa.select(schema.versions)).mappings()]
    faults = [
        _fault(text("{version} is not what was registered", version=version.reference))
        for version in found
        if told.pop(version.reference, None) != version
    ]
    return faults + [
        _fault(text("{version} was registered and is gone", version=reference)) for reference in told
    ]


def _check_aliases(connection: sa.Connection) -> list[Fault]:
    told = {
        row["seq"]: (
            row["subject"],
            msgspec.json.decode(row["new"]),
            row["time"],
            row["actor"],
            row["reason"],
        )
        for row in _audited(connection, ALIAS_MOVED)
    }
    faults = []
    for row in connection.execute(sa.select(schema.alias_changes)).mappings():
        subject = f"{row['model']}@{row['alias']}"
        found = (subject, row["version"], row["since"], row["actor"], row["reason"])
        if told.pop(row["seq"], None) != found:
            faults.append(
                _fault(
                    text("the history of {alias} is not what the audit log tells", alias=subject), row["seq"]
                )
            )
    return faults + [
        _fault(text("a change of {alias} is gone from its history", alias=change[0]), seq)
        for seq, change in told.items()
    ]


def _audited(connection: sa.Connection, action: str) -> sa.MappingResult:
    query = sa.select(schema.audit).filter_by(action=action).order_by(schema.audit.c.seq)
    return connection.execute(query).mappings()


def _told(row: sa.RowMapping, kind: Any) -> object:
    try:
        return msgspec.json.decode(row["new"], type=kind)
    except msgspec.MsgspecError:
        return row["new"]  # an edited row, which the chain reports; it equals nothing here


def _fault(what: Text, seq: int = 0) -> Fault:
    return Fault(
        "audit-broken",
        what,
        where=text("audit log, row {seq}", seq=seq) if seq else None,
        fix=text("keep a copy of the database as it is now, and compare it with the last backup"),
        data={"kind": "table", "seq": seq},
    )
