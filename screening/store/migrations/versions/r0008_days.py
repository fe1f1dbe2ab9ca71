"""The day in Japan of each conversation and flag, and when a flag was first decided, kept beside it: by
these the numbers are counted in the order of an index."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from screening.store.moments import day, kept, utc

revision = "r0008"
down_revision = "r0007"

#: So many rows are written at once.
_MANY = 5000


def upgrade() -> None:
    for table in ("conversations", "flags"):
        op.add_column(table, sa.Column("day", sa.String(10), server_default="", nullable=False))
    op.add_column("flags", sa.Column("first_decided_at", sa.String(32)))
    _fill(
        "SELECT key AS id, occurred_at, created_at FROM conversations",
        "UPDATE conversations SET day = :value WHERE key = :id",
        lambda row: day(utc(row.occurred_at) or row.created_at),
    )
    _fill(
        "SELECT id, happened_at FROM flags",
        "UPDATE flags SET day = :value WHERE id = :id",
        lambda row: day(row.happened_at),
    )
    _fill(
        "SELECT flag_id AS id, MIN(decided_at) AS at FROM decisions GROUP BY flag_id",
        "UPDATE flags SET first_decided_at = :value WHERE id = :id",
        lambda row: kept(datetime.fromisoformat(row.at)),
    )
    for name in ("counted", "contacts"):
        op.drop_index(f"ix_flags_{name}", "flags")
    op.drop_index("ix_conversations_counted", "conversations")
    op.create_index("ix_flags_counted", "flags", ["named", "detectors", "state", "day", "queued"])
    op.create_index(
        "ix_flags_contacts", "flags", ["conversation_key", "queued", "state", "day", "named"]
    )
    op.create_index("ix_flags_days", "flags", ["day", "queued", "named"])
    op.create_index(
        "ix_flags_waiting",
        "flags",
        ["state", "queued", "named", "priority", "held_until", "second_after"],
    )
    decided = sa.text("first_decided_at IS NOT NULL")
    op.create_index(
        "ix_flags_decided",
        "flags",
        ["first_decided_at", "named", "queued", "state", "day", "priority", "created_at"],
        sqlite_where=decided,
        postgresql_where=decided,
    )
    op.create_index("ix_conversations_days", "conversations", ["day"])
    op.create_index("ix_conversations_counted", "conversations", ["key", "customer_id"])


def _fill(read: str, write: str, value: Callable[[sa.Row[Any]], str]) -> None:
    bind = op.get_bind()
    rows = bind.execute(sa.text(read)).all()
    for first in range(0, len(rows), _MANY):
        bind.execute(
            sa.text(write),
            [{"id": row.id, "value": value(row)} for row in rows[first : first + _MANY]],
        )
