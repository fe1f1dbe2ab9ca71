"""The review: order, claims, events, second readings, checks, corrections, and the audit log."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from screening.audit import START, chain, pack
from screening.sampling import Plan
from screening.store.migrations.triggers import against_replacing, statements
from screening.store.moments import utc
from screening.urgency import UNKNOWN_GRAVITY, rank

revision = "r0002"
down_revision = "0001"

NEW = ("flag_events", "second_readings", "check_results", "corrections", "audit")


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for column in (sa.Column("channel", sa.String(60)), sa.Column("trade", sa.String(60))):
        op.add_column("conversations", column)
    op.add_column("decisions", sa.Column("salt", sa.String(32), nullable=True))
    _flags()
    op.create_table(
        "gravities",
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("category", name=op.f("pk_gravities")),
    )
    op.create_table(
        "claims",
        sa.Column("flag_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("until", sa.String(32), nullable=False),
        _to("claims", "flag_id", "flags.id"),
        _to("claims", "person_id", "people.id"),
        sa.PrimaryKeyConstraint("flag_id", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_person_id"), "claims", ["person_id"])
    op.create_table(
        "flag_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("flag_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("to_id", sa.String(32)),
        sa.Column("until", sa.String(32)),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        _to("flag_events", "flag_id", "flags.id"),
        _to("flag_events", "person_id", "people.id"),
        _to("flag_events", "to_id", "people.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag_events")),
    )
    op.create_index(op.f("ix_flag_events_flag_id"), "flag_events", ["flag_id"])
    op.create_index("ix_flag_events_person", "flag_events", ["person_id", "kind", "flag_id"])
    op.create_table(
        "second_readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("flag_id", sa.String(32), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("to_state", sa.String(16), nullable=False),
        sa.Column("decided_at", sa.String(32), nullable=False),
        sa.Column("policy", sa.String(120), nullable=False),
        sa.Column("salt", sa.String(32), nullable=False),
        _to("second_readings", "flag_id", "flags.id"),
        _to("second_readings", "first_id", "decisions.id"),
        _to("second_readings", "person_id", "people.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_readings")),
        sa.UniqueConstraint("first_id", name=op.f("uq_second_readings_first_id")),
    )
    op.create_index(op.f("ix_second_readings_flag_id"), "second_readings", ["flag_id"])
    op.create_table(
        "unflagged",
        sa.Column("conversation_key", sa.String(32), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("drawn", sa.Boolean(name="drawn"), nullable=False),
        sa.Column("place", sa.Float(), nullable=False),
        sa.Column("offered_to", sa.String(32)),
        sa.Column("offered_until", sa.String(32)),
        _to("unflagged", "conversation_key", "conversations.key"),
        _to("unflagged", "offered_to", "people.id"),
        sa.PrimaryKeyConstraint("conversation_key", name=op.f("pk_unflagged")),
    )
    op.create_index("ix_unflagged_drawn", "unflagged", ["drawn", "place"])
    op.create_index("ix_unflagged_share", "unflagged", ["share"])
    op.create_table(
        "check_results",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_key", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("found", sa.Boolean(name="found"), nullable=False),
        sa.Column("categories", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        _to("check_results", "conversation_key", "conversations.key"),
        _to("check_results", "person_id", "people.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_results")),
        sa.UniqueConstraint("conversation_key", name=op.f("uq_check_results_conversation_key")),
    )
    op.create_table(
        "corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_key", sa.String(32), nullable=False),
        sa.Column("flag_id", sa.String(32)),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("turn", sa.Integer()),
        sa.Column("start", sa.Integer()),
        sa.Column("end", sa.Integer()),
        sa.Column("category", sa.String(64)),
        sa.Column("speaker", sa.String(16)),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        _to("corrections", "conversation_key", "conversations.key"),
        _to("corrections", "flag_id", "flags.id"),
        _to("corrections", "person_id", "people.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    op.create_index(op.f("ix_corrections_conversation_key"), "corrections", ["conversation_key"])
    op.create_table(
        "plans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("double_share", sa.Float(), nullable=False),
        sa.Column("check_share", sa.Float(), nullable=False),
        sa.Column("claim_minutes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
    )
    _audit()
    for table in NEW:
        for statement in statements(dialect, table):
            op.execute(statement)
    for table in ("decisions", "consultations", *NEW):
        for statement in against_replacing(dialect, table, "seq" if table == "audit" else "id"):
            op.execute(statement)


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _flags() -> None:
    """Adds the columns, fills them for the flags there are, and then lets none be empty."""
    given: tuple[sa.Column[Any], ...] = (
        sa.Column("kind", sa.String(16), server_default="", nullable=False),
        sa.Column("channel", sa.String(60)),
        sa.Column("trade", sa.String(60)),
        sa.Column("happened_at", sa.String(32), server_default="", nullable=False),
        sa.Column("policy", sa.String(120), server_default="", nullable=False),
        sa.Column("gravity", sa.Float(), server_default="1", nullable=False),
        sa.Column("rank", sa.Float(), server_default="0", nullable=False),
        sa.Column("doubled", sa.Boolean(name="doubled"), server_default=sa.false(), nullable=False),
        sa.Column("second_after", sa.String(32)),
        sa.Column(
            "disputed", sa.Boolean(name="disputed"), server_default=sa.false(), nullable=False
        ),
        sa.Column(
            "escalated", sa.Boolean(name="escalated"), server_default=sa.false(), nullable=False
        ),
        sa.Column("held_until", sa.String(32)),
        sa.Column("assigned_to", sa.String(32)),
    )
    for column in given:
        op.add_column("flags", column)
    bind = op.get_bind()
    for one in (
        "kind = (SELECT kind FROM conversations c WHERE c.key = flags.conversation_key)",
        "policy = (SELECT policy FROM screenings s WHERE s.id = flags.screening_id)",
    ):
        bind.execute(sa.text(f"UPDATE flags SET {one}"))
    rows = bind.execute(
        sa.text(
            "SELECT f.id, f.score, f.created_at, c.occurred_at FROM flags f"
            " JOIN conversations c ON c.key = f.conversation_key"
        )
    ).all()
    if rows:
        bind.execute(
            sa.text("UPDATE flags SET rank = :rank, happened_at = :happened WHERE id = :id"),
            [
                {
                    "id": row.id,
                    "happened": utc(row.occurred_at) or row.created_at,
                    "rank": rank(
                        row.score, UNKNOWN_GRAVITY, datetime.fromisoformat(row.created_at)
                    ),
                }
                for row in rows
            ],
        )
    op.drop_index("ix_flags_queue", table_name="flags")
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
            "category",
            "kind",
            "channel",
            "trade",
            "happened_at",
            "policy",
            "second_after",
            "assigned_to",
        ],
    )
    op.create_index("ix_flags_second", "flags", ["second_after"])
    op.create_index("ix_flags_assigned", "flags", ["assigned_to"])


def _audit() -> None:
    table = op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(60), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_actor", "audit", ["actor", "seq"])
    op.create_index("ix_audit_subject", "audit", ["subject", "seq"])
    bind = op.get_bind()
    # Decisions from before are vouched for by nobody: the log says where it begins.
    before = bind.execute(sa.text("SELECT COALESCE(MAX(id), 0) FROM decisions")).scalar_one()
    plan = Plan()
    said: dict[str, Any] = {
        "seq": 1,
        "at": datetime.now(UTC).isoformat(),
        "actor": "operator",
        "action": "begin",
        "subject": "record:",
        "detail": pack({"decisions_before": before}),
    }
    bind.execute(table.insert().values(**said, previous=START, hash=chain(START, **said)))
    bind.execute(
        sa.text(
            "INSERT INTO plans (id, double_share, check_share, claim_minutes)"
            " VALUES (1, :double_share, :check_share, :claim_minutes)"
        ),
        {
            "double_share": plan.double_share,
            "check_share": plan.check_share,
            "claim_minutes": plan.claim_minutes,
        },
    )
