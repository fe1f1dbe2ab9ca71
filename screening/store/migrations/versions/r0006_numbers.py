"""Indexes by which flags are counted by when they were recorded and by conversation, and decisions
listed by when they were made, without reading the rows."""

from alembic import op

revision = "r0006"
down_revision = "r0004"


def upgrade() -> None:
    op.create_index("ix_flags_recorded", "flags", ["queued", "created_at", "category"])
    op.create_index("ix_decisions_decided", "decisions", ["decided_at", "id"])
    op.create_index(
        "ix_flags_contacts",
        "flags",
        ["conversation_key", "queued", "state", "happened_at", "category"],
    )
