"""A time for delays and ends that never goes back, kept in the plant's database.

The clock of a plant's box is set by hand, loses its battery, is corrected over the network. What waits for
"eight hours from now" must not end early or late for it. So the database keeps a *steady time*: it moves on
by what passed since the last look, by the box's own time since it was switched on where that is known (no
setting of the clock can change it, and all processes see the same), and else by the clock. A clock that
goes back moves it by nothing; it then goes on with the clock as it is now.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from andamio.kernel import clock
from andamio.kernel.clock import SinceBoot

metadata = sa.MetaData()

steady_time = sa.Table(
    "steady_time",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("steady", sa.Text, nullable=False),
    sa.Column("clock", sa.Text, nullable=False),
    sa.Column("boot", sa.Text),
    sa.Column("up_s", sa.Float),
)

_ROW = 1


class SteadyTime:
    """The steady time of one database.

    Args:
        since_boot: How long this box has been up, ``kernel.clock.since_boot`` in a plant at work; without
            it, as in a replay, the clock that is handed in is the only one.
    """

    def __init__(self, since_boot: Callable[[], SinceBoot | None] = lambda: None) -> None:
        self._since_boot = since_boot

    def now(self, connection: sa.Connection, at: datetime) -> datetime:
        """Return the steady time; nothing is written."""
        return self._look(connection, at)[0]

    def advance(self, connection: sa.Connection, at: datetime) -> datetime:
        """Move the steady time on to now, inside a writing, and return it.

        Args:
            connection: The writing that is under way.
            at: What the clock says.
        """
        steady, up, known = self._look(connection, at)
        values = {
            "steady": clock.iso(steady),
            "clock": clock.iso(at),
            "boot": up.boot if up else None,
            "up_s": up.seconds if up else None,
        }
        change = steady_time.update() if known else steady_time.insert()
        connection.execute(change.values(**values, **({} if known else {"id": _ROW})))
        return steady

    def _look(self, connection: sa.Connection, at: datetime) -> tuple[datetime, SinceBoot | None, bool]:
        row = connection.execute(sa.select(steady_time)).first()
        up = self._since_boot()
        if row is None:
            return at.astimezone(UTC), up, False
        if up is not None and row.boot == up.boot and row.up_s is not None:
            passed = timedelta(seconds=up.seconds - row.up_s)
        else:
            passed = at - datetime.fromisoformat(row.clock)
        return datetime.fromisoformat(row.steady) + max(passed, timedelta()), up, True
