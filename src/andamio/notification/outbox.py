"""The outbox: what is still to be told, to whom, and what became of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from andamio.kernel import clock
from andamio.notification.message import Message
from andamio.notification.schema import outbox
from andamio.storage.database import Database
from andamio.storage.steady_time import SteadyTime

FIRST_PAUSE_S = 30.0
LONGEST_PAUSE_S = 3600.0

State = Literal["waiting", "sent", "given-up"]


@dataclass(frozen=True, slots=True)
class Queued:
    """A message that is due, with its place in the outbox."""

    seq: int
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How things stand with one target."""

    target: str
    waiting: int
    given_up: int
    sent: int
    since: datetime | None
    reason: str


class Outbox:
    """The durable queue of messages, in the plant's database.

    Args:
        database: The plant's database.
        steady: Its steady time; pauses end by it, whatever the clock does.
        chance: A number from 0 to 1, by which pauses differ, so that not all who were cut off from a
            service come back in the same second.
    """

    def __init__(
        self,
        database: Database,
        *,
        steady: SteadyTime | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._steady = steady or SteadyTime()
        self._chance = chance

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """Begin a writing, for ``enqueue``."""
        return self._database.writing()

    def enqueue(self, message: Message, *, at: datetime, within: sa.Connection) -> bool:
        """Put a message into the queue, once.

        Args:
            message: What to tell; its key says whether it was ever queued before.
            at: What the clock says.
            within: The writing that is under way, so that the message and what it tells are committed
                together.

        Returns:
            Whether it is new.
        """
        known = sa.select(outbox.c.seq).filter_by(target=message.target, key=message.key)
        if within.scalar(known) is not None:
            return False
        steady = clock.iso(self._steady.advance(within, at))
        last = within.scalar(sa.select(sa.func.max(outbox.c.seq))) or 0
        within.execute(
            outbox.insert().values(
                seq=last + 1,
                target=message.target,
                key=message.key,
                title=message.title,
                body=message.body,
                language=message.language,
                state="waiting",
                time=clock.iso(at),
                steady=steady,
                due=steady,
                begun=False,
                attempts=0,
                reason="",
            )
        )
        return True

    def take(self, target: str, *, at: datetime, per_minute: int) -> Queued | None:
        """Mark the next due message of a target as begun and return it; None when nothing may go now.

        Args:
            target: Whose messages.
            at: What the clock says.
            per_minute: How many may be sent to it in a minute.
        """
        with self._database.writing() as connection:
            steady = self._steady.advance(connection, at)
            if self._sent_lately(connection, target, steady) >= per_minute:
                return None
            query = (
                sa.select(outbox)
                .filter_by(state="waiting", target=target)
                .where(outbox.c.due <= clock.iso(steady))
                .order_by(outbox.c.due, outbox.c.seq)
                .limit(1)
            )
            row = connection.execute(query).first()
            if row is None:
                return None
            begun = {"begun": True, "attempts": row.attempts + 1}
            connection.execute(outbox.update().where(outbox.c.seq == row.seq).values(**begun))
        message = Message(
            target=row.target,
            key=row.key,
            title=row.title,
            body=row.body,
            language=row.language,
            again=row.begun,
        )
        return Queued(row.seq, message)

    def settle_sent(self, seq: int, *, at: datetime) -> None:
        """Note that a service took a message."""
        with self._database.writing() as connection:
            steady = self._steady.advance(connection, at)
            self._change(
                connection,
                seq,
                state="sent",
                begun=False,
                reason="",
                due=clock.iso(steady),
                settled=clock.iso(at),
            )

    def settle_failed(self, seq: int, reason: str, *, at: datetime, give_up: timedelta) -> None:
        """Note that a service did not take a message: it waits longer each time, and is given up at last."""
        with self._database.writing() as connection:
            steady = self._steady.advance(connection, at)
            row = connection.execute(sa.select(outbox).where(outbox.c.seq == seq)).one()
            if steady - datetime.fromisoformat(row.steady) >= give_up:
                self._change(
                    connection, seq, state="given-up", begun=False, reason=reason, settled=clock.iso(at)
                )
                return
            due = steady + timedelta(seconds=self._pause_s(row.attempts))
            self._change(connection, seq, begun=False, reason=reason, due=clock.iso(due))

    def due_targets(self, *, at: datetime) -> list[str]:
        """Name the targets for which something is due; where anything waits, the steady time moves on."""
        waiting = sa.select(outbox.c.target).filter_by(state="waiting")
        with self._database.reading() as connection:
            if connection.scalar(waiting.limit(1)) is None:
                return []
        with self._database.writing() as connection:
            steady = self._steady.advance(connection, at)
            due = waiting.where(outbox.c.due <= clock.iso(steady)).distinct().order_by(outbox.c.target)
            return list(connection.scalars(due))

    def queues(self) -> list[Queue]:
        """Return how things stand with every target that was ever told anything."""
        waits = outbox.c.state == "waiting"
        counts = [
            sa.func.sum(sa.case((outbox.c.state == state, 1), else_=0)).label(label)
            for state, label in (("waiting", "waiting"), ("given-up", "given_up"), ("sent", "sent"))
        ]
        query = sa.select(
            outbox.c.target,
            *counts,
            sa.func.min(sa.case((waits, outbox.c.time))).label("since"),
            sa.func.max(sa.case((waits, outbox.c.reason), else_="")).label("reason"),
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.group_by(outbox.c.target).order_by(outbox.c.target)).mappings()
            return [
                Queue(**{**row, "since": datetime.fromisoformat(row["since"]) if row["since"] else None})
                for row in rows
            ]

    def _pause_s(self, attempts: int) -> float:
        longest = min(FIRST_PAUSE_S * 2.0 ** min(attempts - 1, 30), LONGEST_PAUSE_S)
        return longest * (0.5 + 0.5 * self._chance())

    @staticmethod
    def _sent_lately(connection: sa.Connection, target: str, steady: datetime) -> int:
        minute_ago = clock.iso(steady - timedelta(minutes=1))
        query = sa.select(sa.func.count()).select_from(outbox).filter_by(state="sent", target=target)
        return int(connection.scalar(query.where(outbox.c.due > minute_ago)) or 0)

    @staticmethod
    def _change(connection: sa.Connection, seq: int, **values: object) -> None:
        connection.execute(outbox.update().where(outbox.c.seq == seq).values(**values))
