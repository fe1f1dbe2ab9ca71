"""The category that a flag has now, as a person may have set it right: a column of its own, by which
lists are read and counted from their indexes."""

import sqlalchemy as sa
from alembic import op

revision = "r0007"
down_revision = "r0006"


def upgrade() -> None:
    op.add_column("flags", sa.Column("named", sa.String(64), server_default="", nullable=False))
    bind = op.get_bind()
    bind.execute(sa.text("UPDATE flags SET named = category"))
    corrected = bind.execute(
        sa.text(
            "SELECT flag_id, category FROM corrections"
            " WHERE kind = 'category' AND flag_id IS NOT NULL ORDER BY id"
        )
    )
    # Of several corrections of one flag, the last one stands.
    if last := {row.flag_id: row.category for row in corrected}:
        bind.execute(
            sa.text("UPDATE flags SET named = :named WHERE id = :id"),
            [{"id": flag, "named": named} for flag, named in last.items()],
        )
    for name in ("queue", "second", "category", "recorded"):
        op.drop_index(f"ix_flags_{name}", "flags")
    op.create_index(
        "ix_flags_queue",
        "flags",
        [
            "state",
            "queued",
            "priority",
            "rank",
            "id",
            "held_until",
            "named",
            "kind",
            "channel",
            "trade",
            "happened_at",
            "policy",
            "second_after",
            "assigned_to",
            "escalated",
            "disputed",
        ],
    )
    waits = sa.text("second_after IS NOT NULL")
    op.create_index(
        "ix_flags_second",
        "flags",
        ["queued", "priority", "rank", "id", "second_after", "named", "held_until"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
    op.create_index(
        "ix_flags_named", "flags", ["named", "state", "priority", "rank", "id", "held_until"]
    )
    op.create_index("ix_flags_recorded", "flags", ["created_at", "queued", "named"])
