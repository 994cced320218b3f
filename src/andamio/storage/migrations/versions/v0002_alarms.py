"""Alarms with their journal, the outbox of notifications, and the steady time that both wait by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_APPEND_ONLY = "alarm_journal"


def upgrade() -> None:
    """Make the tables of alarms and notification."""
    op.create_table(
        "steady_time",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("steady", sa.Text, nullable=False),
        sa.Column("clock", sa.Text, nullable=False),
        sa.Column("boot", sa.Text),
        sa.Column("up_s", sa.Float),
    )
    _make_alarms()
    _make_schedule()
    _make_outbox()
    _forbid_changes(op.get_context().dialect.name)


def _make_alarms() -> None:
    op.create_table(
        "alarms",
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
    op.create_table(
        "alarm_members",
        sa.Column("alarm", sa.Integer, sa.ForeignKey("alarms.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("tag", sa.Text, primary_key=True),
        sa.Column("first", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("away", sa.Text),
        sa.Column("told", sa.Text, nullable=False),
    )
    # Append-only: every transition of every alarm, with who, when and why.
    op.create_table(
        "alarm_journal",
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
    )
    op.create_index("alarm_journal_by_alarm", "alarm_journal", ["alarm", "seq"])


def _make_schedule() -> None:
    op.create_table(
        "alarm_cycles",
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("asset", sa.Text, primary_key=True),
        sa.Column("seen", sa.Text, nullable=False),
        sa.Column("muted_until", sa.Text),
    )
    op.create_table(
        "alarm_floods",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("began", sa.Text, nullable=False),
        sa.Column("ended", sa.Text),
    )
    op.create_table(
        "alarm_notices",
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("alarm", sa.Integer, sa.ForeignKey("alarms.id"), primary_key=True),
        sa.Column("activation", sa.Integer, nullable=False),
    )
    op.create_table(
        "alarm_budgets",
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("held", sa.Float, nullable=False),
        sa.Column("steady", sa.Text, nullable=False),
    )


def _make_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("time", sa.Text, nullable=False),
        sa.Column("steady", sa.Text, nullable=False),
        sa.Column("due", sa.Text, nullable=False),
        sa.Column("begun", sa.Boolean, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("settled", sa.Text),
        sa.UniqueConstraint("target", "key", name="one_message_per_key"),
    )
    op.create_index("outbox_by_state", "outbox", ["state", "target", "due"])


def _forbid_changes(dialect: str) -> None:
    table = _APPEND_ONLY
    if dialect == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION andamio_append_only()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'this table is append-only'); END"
        )
    # INSERT OR REPLACE deletes without firing the trigger above.
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608 - the name above
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE seq = NEW.seq) "
        "BEGIN SELECT RAISE(ABORT, 'this table is append-only'); END"
    )
