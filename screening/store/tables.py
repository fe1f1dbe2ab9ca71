"""What is kept. Times are ISO 8601 in UTC with microseconds, so that text order is time order.

Personal data stands only in ``conversations``, ``flags``, ``decisions``, ``consultations`` and
``people``.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: One row for each content: the same identifier with other words is another row.
conversations = Table(
    "conversations",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("external_id", String(200), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("customer_id", Text),
    Column("occurred_at", String(40)),
    Column("content", Text, nullable=False),
    Column("created_at", String(32), nullable=False),
    UniqueConstraint("external_id", "sha256"),
    Index(None, "customer_id"),
)

#: Under which policy and model a conversation was screened.
screenings = Table(
    "screenings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_key", ForeignKey("conversations.key"), nullable=False),
    Column("policy", String(120), nullable=False),
    Column("model", String(120), nullable=False),
    Column("needs_review", Boolean(name="needs_review"), nullable=False),
    Column("scores", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("created_at", String(32), nullable=False),
    UniqueConstraint("conversation_key", "policy", "model"),
)

#: ``turn`` is -1 where only the whole conversation shows it. ``queued`` is False for flags that ask for
#: no review by themselves.
flags = Table(
    "flags",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_key", ForeignKey("conversations.key"), nullable=False),
    Column("screening_id", ForeignKey("screenings.id"), nullable=False),
    Column("category", String(64), nullable=False),
    Column("provision", String(40), nullable=False),
    Column("turn", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("score", Float, nullable=False),
    Column("detectors", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("queued", Boolean(name="queued"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", String(32), nullable=False),
    UniqueConstraint("conversation_key", "category", "turn", "start", "end"),
    Index("ix_flags_queue", "state", "priority", "score", "created_at", "id"),
)

#: Append-only: triggers refuse every change.
decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("flag_id", ForeignKey("flags.id"), nullable=False),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("answers", Text, nullable=False),
    Column("outcome", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_at", String(32), nullable=False),
    Column("from_state", String(16), nullable=False),
    Column("to_state", String(16), nullable=False),
    Column("policy", String(120), nullable=False),
    Column("illness_suspected", Boolean(name="illness_suspected"), nullable=False),
    Column("illness_consulted", Boolean(name="illness_consulted"), nullable=False),
    Index(None, "flag_id"),
)

#: Append-only as well: with whom conduct that may be a symptom was talked over.
consultations = Table(
    "consultations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_key", ForeignKey("conversations.key"), nullable=False),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("consulted", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("recorded_at", String(32), nullable=False),
    Column("held_on", String(10)),
    Index(None, "conversation_key"),
)

people = Table(
    "people",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(120), nullable=False, unique=True),
    Column("password", Text, nullable=False),
    Column("roles", String(200), nullable=False),
    Column("active", Boolean(name="active"), nullable=False),
    Column("created_at", String(32), nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("expires_at", String(32), nullable=False),
)

#: Failed sign-ins, for slowing down whoever guesses.
failed_sign_ins = Table(
    "failed_sign_ins",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name_sha256", String(64), nullable=False),
    Column("failed_at", String(32), nullable=False),
    Index(None, "name_sha256", "failed_at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("prefix", String(16), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("secret_sha256", String(64), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("revoked_at", String(32)),
)

mails = Table(
    "mails",
    metadata,
    Column("mailbox", String(200), primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True),
    Column("uid", BigInteger, primary_key=True),
    Column("message_id", Text),
    Column("state", String(16), nullable=False),
    Column("flagged", Boolean(name="flagged"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("noted_at", String(32), nullable=False),
    Index(None, "message_id"),
)

#: Tables in which nothing is ever changed or removed.
APPEND_ONLY = ("decisions", "consultations")
