"""An index by which the flags recorded in the last weeks are counted without going through all of them."""

from alembic import op

revision = "r0006"
down_revision = "r0004"


def upgrade() -> None:
    op.create_index("ix_flags_recorded", "flags", ["created_at", "queued", "category"])
