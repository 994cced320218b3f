"""Start-up mute: after a gap in the data, what stands is suppressed for a while, by plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from andamio.kernel import clock
from andamio.kernel.alarm_settings import AlarmsSection
from andamio.monitoring.alarms.schema import cycles

START_UP = "start-up"
"""What suppresses an alarm in the mute, where a window would have its name."""

ALL_ASSETS = "*"


def note_cycle(
    connection: sa.Connection,
    model: str,
    started: Mapping[str, datetime],
    settings: AlarmsSection,
    *,
    at: datetime,
    steady: datetime,
) -> None:
    """Note that a model was looked at now, and begin a mute where there was a gap.

    Args:
        connection: The writing that is under way.
        model: The model.
        started: Assets whose rows began again after a gap, and when by the clock.
        settings: How long a gap is, and how long the mute.
        at: What the clock says.
        steady: The steady time.
    """
    mute = timedelta(minutes=settings.start_up_mute_minutes)
    known = connection.execute(sa.select(cycles).filter_by(model=model)).mappings()
    rows = {row["asset"]: row for row in known}
    last = rows.get(ALL_ASSETS)
    gap = timedelta(minutes=settings.gap_minutes)
    until = {asset: steady + mute - (at - since) for asset, since in started.items()}
    if last is not None and steady - datetime.fromisoformat(last["seen"]) > gap:
        until[ALL_ASSETS] = steady + mute
    for asset in {*until, ALL_ASSETS}:
        row = rows.get(asset)
        muted = until.get(asset)
        values = {
            "seen": clock.iso(steady),
            "muted_until": clock.iso(muted) if muted else (row["muted_until"] if row else None),
        }
        if row is None:
            connection.execute(cycles.insert().values(model=model, asset=asset, **values))
        else:
            connection.execute(cycles.update().filter_by(model=model, asset=asset).values(**values))


def muted(connection: sa.Connection, steady: datetime) -> set[tuple[str, str]]:
    """Return the models and assets that are muted now; ``ALL_ASSETS`` stands for all of a model."""
    query = sa.select(cycles.c.model, cycles.c.asset).where(cycles.c.muted_until > clock.iso(steady))
    return {(model, asset) for model, asset in connection.execute(query)}
