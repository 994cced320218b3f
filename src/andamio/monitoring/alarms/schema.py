"""The alarms' tables as the code sees them; ``storage/migrations`` makes them.

Columns named after the steady time (``storage.steady_time``) hold what must end after so many minutes,
whatever the clock does: ``shelved_until``, ``announced_at``, ``first``, ``away``, ``seen``, ``muted_until``,
``began``, ``ended``, ``steady``. ``time``, ``raised_at`` and ``changed_at`` are what the clock said.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

alarms = sa.Table(
    "alarms",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("asset", sa.Text, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("acknowledged", sa.Boolean, nullable=False),
    sa.Column("activation", sa.Integer, nullable=False),
    sa.Column("announced", sa.Integer, nullable=False),
    sa.Column("announced_at", sa.Text),
    sa.Column("raised_at", sa.Text),
    sa.Column("changed_at", sa.Text, nullable=False),
    sa.Column("shelved_until", sa.Text),
    sa.Column("out_of_service", sa.Boolean, nullable=False),
    sa.Column("suppressed", sa.Text, nullable=False),
    sa.Column("held_by", sa.Text, nullable=False),
    sa.Column("held_why", sa.Text, nullable=False),
    sa.Column("acknowledged_by", sa.Text, nullable=False),
    sa.Column("flood", sa.Integer),
    sa.Column("lead", sa.Text, nullable=False),
    sa.UniqueConstraint("model", "asset", "cause", name="one_alarm_per_cause"),
)

members = sa.Table(
    "alarm_members",
    metadata,
    sa.Column("alarm", sa.Integer, sa.ForeignKey("alarms.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("tag", sa.Text, primary_key=True),
    sa.Column("first", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("away", sa.Text),
    sa.Column("told", sa.Text, nullable=False),
)

journal = sa.Table(
    "alarm_journal",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("alarm", sa.Integer),
    sa.Column("time", sa.Text, nullable=False),
    sa.Column("steady", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("after", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("once", sa.Text, unique=True),
    sa.Index("alarm_journal_by_alarm", "alarm", "seq"),
)

cycles = sa.Table(
    "alarm_cycles",
    metadata,
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("asset", sa.Text, primary_key=True),
    sa.Column("seen", sa.Text, nullable=False),
    sa.Column("muted_until", sa.Text),
)

floods = sa.Table(
    "alarm_floods",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("began", sa.Text, nullable=False),
    sa.Column("ended", sa.Text),
)

notices = sa.Table(
    "alarm_notices",
    metadata,
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("alarm", sa.Integer, sa.ForeignKey("alarms.id"), primary_key=True),
    sa.Column("activation", sa.Integer, nullable=False),
)

budgets = sa.Table(
    "alarm_budgets",
    metadata,
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("held", sa.Float, nullable=False),
    sa.Column("steady", sa.Text, nullable=False),
)
