"""What decisions oblige to, when a consultation was held, and what a draft would change."""

import sqlalchemy as sa
from alembic import op

from screening.store.migrations.triggers import statements

revision = "r0003"
down_revision = "r0002"


def upgrade() -> None:
    # Not in batch mode: copying the table would lose the triggers that make it append-only.
    op.add_column("consultations", sa.Column("held_on", sa.String(length=10), nullable=True))
    op.create_table(
        "steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_key", sa.String(length=32), nullable=False),
        sa.Column("flag_id", sa.String(length=32), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=False),
        sa.Column("policy", sa.String(length=120), nullable=False),
        sa.Column("outcome", sa.String(length=64), nullable=False),
        sa.Column("response", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("provision", sa.String(length=40), nullable=False),
        sa.Column("side", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("owner_roles", sa.String(length=200), nullable=False),
        sa.Column("approver_roles", sa.String(length=200), nullable=False),
        sa.Column("second_person", sa.Boolean(name="second_person"), nullable=False),
        sa.Column("requires", sa.Text(), nullable=False),
        sa.Column("due_on", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_key"], ["conversations.key"], name=op.f("fk_steps_conversation_key")
        ),
        sa.ForeignKeyConstraint(["flag_id"], ["flags.id"], name=op.f("fk_steps_flag_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name=op.f("fk_steps_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_steps")),
    )
    op.create_index(op.f("ix_steps_conversation_key"), "steps", ["conversation_key"])
    op.create_index(op.f("ix_steps_flag_id"), "steps", ["flag_id"])
    op.create_table(
        "step_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("step_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=True),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["step_id"], ["steps.id"], name=op.f("fk_step_entries_step_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_step_entries_person_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["people.id"], name=op.f("fk_step_entries_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_entries")),
    )
    op.create_index(op.f("ix_step_entries_step_id"), "step_entries", ["step_id"])
    op.create_table(
        "shadow_screenings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=200), nullable=False),
        sa.Column("active", sa.String(length=240), nullable=False),
        sa.Column("draft", sa.String(length=240), nullable=False),
        sa.Column("active_review", sa.Boolean(name="active_review"), nullable=False),
        sa.Column("draft_review", sa.Boolean(name="draft_review"), nullable=False),
        sa.Column("active_flags", sa.Integer(), nullable=False),
        sa.Column("draft_flags", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("screened_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadow_screenings")),
    )
    op.create_index(
        op.f("ix_shadow_screenings_draft_screened_at"),
        "shadow_screenings",
        ["draft", "screened_at"],
    )
    for table in ("steps", "step_entries"):
        for statement in statements(op.get_bind().dialect.name, table):
            op.execute(statement)
