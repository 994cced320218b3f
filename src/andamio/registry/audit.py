"""The audit log: append-only, every row chained by a hash to the row before.

The database's triggers refuse an update or a delete; the chain finds what gets past them; the signed
heads in bundles and reports find a chain that was cut or recomputed as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import msgspec
import sqlalchemy as sa

from andamio.bundles.keys import PublicKey, Signer
from andamio.kernel import clock
from andamio.kernel.digests import canonical_json
from andamio.registry.audit_chain import ChainVerdict, check_chain
from andamio.registry.audit_entry import GENESIS, AuditEntry, entry_hash
from andamio.registry.audit_head import AuditHead, head_holds, sign_head
from andamio.registry.schema import audit
from andamio.storage.database import Database


class AuditLog:
    """Who did what, when, why, and how it was before and after."""

    def __init__(self, database: Database, *, time: Callable[[], datetime] = clock.now) -> None:
        self._database = database
        self._time = time

    def append(
        self,
        action: str,
        subject: str,
        *,
        actor: str,
        reason: str = "",
        old: object = None,
        new: object = None,
        within: sa.Connection | None = None,
    ) -> AuditEntry:
        """Write one row at the end of the chain.

        Args:
            action: What was done, such as "deploy-intended".
            subject: To what: "pump-health@3".
            actor: By whom.
            reason: Why, in the actor's words.
            old: How it was; anything that JSON can hold.
            new: How it is.
            within: A writing that is under way, so that the row and what it tells are committed together.

        Raises:
            Busy: Another process holds the database.
            DiskFull: There is no room; nothing was written.
        """
        with self._writing(within) as connection:
            seq, previous = _last(connection)
            entry = AuditEntry(
                seq=seq + 1,
                time=clock.iso(self._time()),
                actor=actor,
                action=action,
                subject=subject,
                reason=reason,
                old=canonical_json(old).decode(),
                new=canonical_json(new).decode(),
                previous=previous,
            )
            entry = msgspec.structs.replace(entry, hash=entry_hash(entry))
            connection.execute(audit.insert().values(**msgspec.structs.asdict(entry)))
        return entry

    def entries(
        self, *, subject: str | None = None, actions: Sequence[str] = (), newest: int | None = None
    ) -> list[AuditEntry]:
        """Return rows, oldest first.

        Args:
            subject: Only rows about this model ("pump-health") or this version ("pump-health@3").
            actions: Only rows with one of these actions.
            newest: Only the last so many of them.
        """
        query = sa.select(audit).order_by(audit.c.seq.desc())
        if subject is not None:
            query = query.where(
                sa.or_(audit.c.subject == subject, audit.c.subject.startswith(subject + "@", autoescape=True))
            )
        if actions:
            query = query.where(audit.c.action.in_(actions))
        if newest is not None:
            query = query.limit(newest)
        with self._database.reading() as connection:
            return [AuditEntry(**row) for row in connection.execute(query).mappings()][::-1]

    def head(self, signer: Signer) -> AuditHead:
        """Sign the last row, to be kept outside the database."""
        with self._database.reading() as connection:
            seq, row_hash = _last(connection)
        return sign_head(seq, row_hash, signer)

    def verify(self, kept_heads: Sequence[AuditHead] = (), trusted: Sequence[PublicKey] = ()) -> ChainVerdict:
        """Check every row, every link, and the chain against heads kept elsewhere.

        Args:
            kept_heads: Heads from bundles, reports or a file; without one, rows cut off at the end and a
                chain recomputed as a whole cannot be seen.
            trusted: The keys that may have signed them.
        """
        held = [head for head in kept_heads if head_holds(head, trusted)]
        untrusted = [head for head in kept_heads if head not in held]
        with self._database.reading() as connection:
            query = sa.select(audit).order_by(audit.c.seq).execution_options(yield_per=1000)
            rows = (AuditEntry(**row) for row in connection.execute(query).mappings())
            return check_chain(rows, held, untrusted)

    @contextmanager
    def _writing(self, within: sa.Connection | None) -> Iterator[sa.Connection]:
        if within is not None:
            yield within
            return
        with self._database.writing() as connection:
            yield connection


def _last(connection: sa.Connection) -> tuple[int, str]:
    row = connection.execute(
        sa.select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
    ).first()
    return (row.seq, row.hash) if row else (0, GENESIS)
