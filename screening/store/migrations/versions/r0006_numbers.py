"""Indexes by which flags are counted by when they were recorded, and by conversation, without their rows."""

from alembic import op

revision = "r0006"
down_revision = "r0004"


def upgrade() -> None:
    op.create_index("ix_flags_recorded", "flags", ["created_at", "queued", "category"])
    op.create_index(
        "ix_flags_contacts",
        "flags",
        ["conversation_key", "queued", "state", "happened_at", "category"],
    )
