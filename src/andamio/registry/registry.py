"""Models, versions and aliases, in the database."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime

import msgspec
import sqlalchemy as sa

from andamio.bundles.keys import PublicKey
from andamio.errors import VersionNotFound, text
from andamio.kernel import clock
from andamio.kernel.digests import canonical_json
from andamio.registry import schema
from andamio.registry.alias_history import AliasHistory
from andamio.registry.audit import AuditLog
from andamio.registry.audit_chain import ChainVerdict
from andamio.registry.audit_head import AuditHead
from andamio.registry.audit_tables import VERSION_REGISTERED, check_tables
from andamio.registry.reference import CHAMPION, Reference, parse_reference
from andamio.registry.version import ModelSummary, NewVersion, Version, as_version
from andamio.storage.database import Database


class Registry:
    """Which versions a model has, and which one carries which alias, now or at any moment before."""

    def __init__(self, database: Database, *, time: Callable[[], datetime] = clock.now) -> None:
        self.database = database
        self.audit = AuditLog(database, time=time)
        self.aliases = AliasHistory(database, self.audit)
        self._time = time

    def register(self, new: NewVersion, *, actor: str) -> Version:
        """Give a bundle the model's next number; a bundle that has one already keeps it.

        Raises:
            Busy: Another process holds the database.
        """
        with self.database.writing() as connection:
            same = sa.select(schema.versions).filter_by(model=new.model, digest=new.digest)
            known = connection.execute(same).mappings().first()
            if known is not None:
                return as_version(known)
            moment = clock.iso(self._time())
            self._know_model(connection, new.model, moment)
            last = connection.scalar(
                sa.select(sa.func.max(schema.versions.c.number)).filter_by(model=new.model)
            )
            version = Version(
                **msgspec.structs.asdict(new), number=(last or 0) + 1, created_at=moment, created_by=actor
            )
            row = msgspec.structs.asdict(version) | {"gates": canonical_json(version.gates).decode()}
            connection.execute(schema.versions.insert().values(**row))
            self.audit.append(
                VERSION_REGISTERED,
                version.reference,
                actor=actor,
                reason=new.note,
                new=version,
                within=connection,
            )
        return version

    def models(self) -> list[ModelSummary]:
        """Return every model that has a version, by name."""
        return [self._summary(name) for name in self._names()]

    def versions(self, model: str) -> list[Version]:
        """Return a model's versions, oldest first.

        Raises:
            VersionNotFound: The registry knows no such model.
        """
        query = sa.select(schema.versions).filter_by(model=model).order_by(schema.versions.c.number)
        with self.database.reading() as connection:
            found = [as_version(row) for row in connection.execute(query).mappings()]
        if not found:
            raise self._no_model(model)
        return found

    def version(self, model: str, number: int) -> Version:
        """Return one version by its number.

        Raises:
            VersionNotFound: The model has no such version.
        """
        known = self.versions(model)
        found = next((version for version in known if version.number == number), None)
        if found is None:
            raise VersionNotFound(
                text("{model} has no version {number}", model=model, number=number),
                why=text("its versions are {numbers}", numbers=_listed(v.number for v in known)),
                fix=text("andamio models lists the models and their versions"),
            )
        return found

    def find_digest(self, model: str, digest: str, *, within: sa.Connection | None = None) -> Version | None:
        """Return the version that is this bundle, None when the registry does not know it."""
        query = sa.select(schema.versions).filter_by(model=model, digest=digest)
        with nullcontext(within) if within is not None else self.database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return as_version(row) if row is not None else None

    def resolve(self, written: str | Reference, *, at: datetime | None = None) -> Version:
        """Return the version that a person means by ``pump-health@3`` or ``pump-health@champion``.

        Args:
            written: The reference; a model's name alone means its champion.
            at: What an alias meant at this moment; now, when left out.

        Raises:
            UsageError: It is not a reference.
            VersionNotFound: There is no such model, version or alias.
        """
        reference = parse_reference(written) if isinstance(written, str) else written
        if reference.version is not None:
            return self.version(reference.model, reference.version)
        alias = reference.alias or CHAMPION
        known = self.versions(reference.model)
        number = self.aliases.number(reference.model, alias, at=at)
        if number is None:
            raise VersionNotFound(
                text("{model} had no {alias} then", model=reference.model, alias=alias)
                if at
                else text("{model} has no {alias}", model=reference.model, alias=alias),
                why=text("its versions are {numbers}", numbers=_listed(v.number for v in known)),
                fix=text("name a version, such as {example}", example=known[-1].reference),
            )
        return self.version(reference.model, number)

    def verify(self, kept_heads: Sequence[AuditHead] = (), trusted: Sequence[PublicKey] = ()) -> ChainVerdict:
        """Check the audit log (see ``AuditLog.verify``), and versions and aliases against what it tells."""
        verdict = self.audit.verify(kept_heads, trusted)
        with self.database.reading() as connection:
            return replace(verdict, faults=verdict.faults + tuple(check_tables(connection)))

    def _summary(self, model: str) -> ModelSummary:
        known = self.versions(model)
        change = self.aliases.current(model, CHAMPION)
        number = change.version if change else None
        return ModelSummary(
            model=model,
            versions=len(known),
            deployable=sum(version.deployable for version in known),
            champion=next((version for version in known if version.number == number), None),
            champion_since=change.since if change and number is not None else None,
            newest=known[-1],
        )

    def _names(self) -> list[str]:
        with self.database.reading() as connection:
            return list(connection.scalars(sa.select(schema.models.c.name).order_by(schema.models.c.name)))

    def _know_model(self, connection: sa.Connection, model: str, moment: str) -> None:
        known = connection.scalar(sa.select(schema.models.c.name).filter_by(name=model))
        if known is None:
            connection.execute(schema.models.insert().values(name=model, created_at=moment))

    def _no_model(self, model: str) -> VersionNotFound:
        names = self._names()
        close = difflib.get_close_matches(model, names, n=1)
        why = text("did you mean {name}?", name=close[0]) if close else None
        return VersionNotFound(
            text("no version of {model} has been trained or brought yet", model=model),
            why=why,
            fix=text("andamio train {model}", model=model)
            if not names
            else text("andamio models lists the models"),
        )


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in numbers)
