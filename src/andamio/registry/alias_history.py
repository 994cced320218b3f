"""Which version carried an alias, and since when: a history that only grows."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime

import msgspec
import sqlalchemy as sa

from andamio.kernel import clock
from andamio.registry.audit import AuditLog
from andamio.registry.audit_tables import ALIAS_MOVED
from andamio.registry.reference import CHAMPION
from andamio.registry.schema import alias_changes
from andamio.registry.version import AliasChange
from andamio.storage.database import Database

_FIELDS = [alias_changes.c[name] for name in AliasChange.__struct_fields__]


class AliasHistory:
    """The aliases of all models. The alias of a moment is its last change until then."""

    def __init__(self, database: Database, audit: AuditLog) -> None:
        self._database = database
        self._audit = audit

    def move(
        self,
        model: str,
        alias: str,
        number: int | None,
        *,
        actor: str,
        reason: str,
        within: sa.Connection | None = None,
    ) -> None:
        """Let an alias name another version from now on; None takes the alias away.

        Nothing is written when it names that version already.
        """
        with nullcontext(within) if within is not None else self._database.writing() as connection:
            before = _latest(connection, model, alias, None)
            old = before.version if before else None
            if old == number:
                return
            entry = self._audit.append(
                ALIAS_MOVED,
                f"{model}@{alias}",
                actor=actor,
                reason=reason,
                old=old,
                new=number,
                within=connection,
            )
            # The audit row's number ties the two together: an edited history is found by the audit.
            change = AliasChange(
                model=model, alias=alias, version=number, since=entry.time, actor=actor, reason=reason
            )
            row = {"seq": entry.seq, **msgspec.structs.asdict(change)}
            connection.execute(alias_changes.insert().values(**row))

    def current(self, model: str, alias: str = CHAMPION, *, at: datetime | None = None) -> AliasChange | None:
        """Return the change that was in force at a moment (now, when left out)."""
        with self._database.reading() as connection:
            return _latest(connection, model, alias, at)

    def number(self, model: str, alias: str = CHAMPION, *, at: datetime | None = None) -> int | None:
        """Return the version that an alias named at a moment (now, when left out)."""
        change = self.current(model, alias, at=at)
        return change.version if change else None

    def as_of(self, moment: datetime) -> list[AliasChange]:
        """Return what was in production then: every alias that named a version at that moment."""
        return self._named(moment)

    def all(self) -> list[AliasChange]:
        """Return every alias that names a version now, with the change that made it so."""
        return self._named(None)

    def _named(self, moment: datetime | None) -> list[AliasChange]:
        pairs = sa.select(alias_changes.c.model, alias_changes.c.alias).distinct().order_by("model", "alias")
        with self._database.reading() as connection:
            changes = [
                _latest(connection, model, alias, moment) for model, alias in connection.execute(pairs).all()
            ]
        return [change for change in changes if change is not None and change.version is not None]

    def history(self, model: str, alias: str = CHAMPION) -> list[AliasChange]:
        """Return every change of an alias, oldest first."""
        query = sa.select(*_FIELDS).filter_by(model=model, alias=alias).order_by(alias_changes.c.seq)
        with self._database.reading() as connection:
            return [AliasChange(**row) for row in connection.execute(query).mappings()]


def _latest(connection: sa.Connection, model: str, alias: str, until: datetime | None) -> AliasChange | None:
    query = (
        sa.select(*_FIELDS).filter_by(model=model, alias=alias).order_by(alias_changes.c.seq.desc()).limit(1)
    )
    if until is not None:
        # By the order of writing, not by time alone: a clock that went back must not hide the later change.
        query = query.where(alias_changes.c.since <= clock.iso(until))
    row = connection.execute(query).mappings().first()
    return AliasChange(**row) if row is not None else None
