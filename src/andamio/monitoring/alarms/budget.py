"""How often an operator may be called: a token bucket that is kept in the database."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from andamio.kernel import clock
from andamio.kernel.alarm_settings import AlarmsSection
from andamio.monitoring.alarms.schema import budgets


def take(connection: sa.Connection, target: str, settings: AlarmsSection, *, steady: datetime) -> bool:
    """Take one notification out of a target's budget, if there is one.

    The bucket fills evenly, ``notifications_per_hour``, and holds ``burst``; over a long time no more than
    the rate is ever told, and a restart changes nothing.
    """
    row = connection.execute(sa.select(budgets).filter_by(target=target)).first()
    held = float(settings.burst)
    if row is not None:
        passed = steady - datetime.fromisoformat(row.steady)
        held = min(held, row.held + settings.notifications_per_hour * (passed / timedelta(hours=1)))
    if held < 1.0 - 1e-9:  # sixty minutes' worth of sixtieths is one
        return False
    values = {"held": max(0.0, held - 1.0), "steady": clock.iso(steady)}
    if row is None:
        connection.execute(budgets.insert().values(target=target, **values))
    else:
        connection.execute(budgets.update().filter_by(target=target).values(**values))
    return True
