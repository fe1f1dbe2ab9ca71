"""Indexes by which lists are counted, and flags joined to their conversations, without reading the rows."""

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision = "r0003"


def upgrade() -> None:
    op.drop_index("ix_flags_second", "flags")
    waits = sa.text("second_after IS NOT NULL")
    op.create_index(
        "ix_flags_second",
        "flags",
        ["priority", "rank", "id", "second_after", "queued", "category", "held_until"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
    op.create_index("ix_flags_category", "flags", ["category", "state", "priority", "rank", "id"])
    op.create_index(
        "ix_flags_counted",
        "flags",
        ["queued", "category", "detectors", "state", "happened_at", "conversation_key"],
    )
    op.create_index("ix_decisions_first", "decisions", ["flag_id", "decided_at"])
    op.create_index(
        "ix_conversations_counted",
        "conversations",
        ["key", "customer_id", "occurred_at", "created_at"],
    )
