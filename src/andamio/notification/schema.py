"""The outbox's table as the code sees it; ``storage/migrations`` makes it."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

# ``steady`` and ``due`` are steady time (``storage.steady_time``); the clock said ``time`` and ``settled``.
outbox = sa.Table(
    "outbox",
    metadata,
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
    sa.Index("outbox_by_state", "state", "target", "due"),
)
