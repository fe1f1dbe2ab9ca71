"""What is kept. Times are ISO 8601 in UTC with microseconds, so that text order is time order.

Personal data stands only in ``conversations``, ``flags``, ``decisions``, ``consultations``,
``flag_events``, ``second_readings``, ``check_results``, ``corrections`` and ``people``.
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
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: One row for each content: the same identifier with other words is another row. ``day`` is the day in
#: Japan of its time, or else of when it was recorded.
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
    Column("channel", String(60)),
    Column("trade", String(60)),
    Column("day", String(10), nullable=False),
    UniqueConstraint("external_id", "sha256"),
    Index(None, "customer_id"),
    # Customers and days are counted without reading the words beside them.
    Index("ix_conversations_counted", "key", "customer_id"),
    Index("ix_conversations_days", "day"),
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
#: no review by themselves. ``rank`` is the place within a priority, lower first (``urgency.rank``).
#: ``kind`` to ``policy`` repeat what the conversation and the screening say and never change: the queue
#: filters by them without a join. ``happened_at`` is the conversation's time in UTC, or else when it was
#: recorded. ``category`` is what the machine found and never changes; ``named`` is what a person has set
#: right last, or the same: lists and numbers go by it. ``day`` is the day in Japan of ``happened_at``, and
#: ``first_decided_at`` when a decision was first made, whatever became of it. ``doubled`` flags get a second
#: reader; until there is one, ``second_after`` is the person who decided first. ``disputed``: the two did
#: not agree.
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
    Column("kind", String(16), nullable=False),
    Column("channel", String(60)),
    Column("trade", String(60)),
    Column("happened_at", String(32), nullable=False),
    Column("policy", String(120), nullable=False),
    Column("gravity", Float, nullable=False),
    Column("rank", Float, nullable=False),
    Column("doubled", Boolean(name="doubled"), nullable=False),
    Column("second_after", String(32)),
    Column("disputed", Boolean(name="disputed"), nullable=False),
    Column("escalated", Boolean(name="escalated"), nullable=False),
    Column("held_until", String(32)),
    Column("assigned_to", String(32)),
    Column("named", String(64), nullable=False),
    Column("day", String(10), nullable=False),
    Column("first_decided_at", String(32)),
    UniqueConstraint("conversation_key", "category", "turn", "start", "end"),
    # SQLite has no statistics here and takes an index's first column to leave few rows: none that holds
    # every flag begins with ``queued``, or it would be taken for anything.
    # Beyond the order, everything the queue filters by: it is counted without reading the rows.
    Index(
        "ix_flags_queue",
        *("state", "queued", "priority", "rank", "id", "held_until", "named", "kind", "channel"),
        *("trade", "happened_at", "policy", "second_after", "assigned_to", "escalated", "disputed"),
    ),
    # As narrow as can be, for counting what waits, above all and by category.
    Index("ix_flags_waiting", "state", "queued", "named", "priority", "held_until", "second_after"),
    # Few flags wait for a second reader: what a blind reader is shown besides is found at once.
    Index(
        "ix_flags_second",
        "queued",
        "priority",
        "rank",
        "id",
        "second_after",
        "named",
        "held_until",
        sqlite_where=text("second_after IS NOT NULL"),
        postgresql_where=text("second_after IS NOT NULL"),
    ),
    Index("ix_flags_named", "named", "state", "priority", "rank", "id", "held_until"),
    # The dashboard goes through every flag: here it need not read the words beside them, and finds them
    # in the order in which it counts.
    Index("ix_flags_counted", "named", "detectors", "state", "day", "queued"),
    Index("ix_flags_days", "day", "queued", "named"),
    Index(
        "ix_flags_decided",
        "first_decided_at",
        "named",
        "queued",
        "state",
        "day",
        "priority",
        "created_at",
        sqlite_where=text("first_decided_at IS NOT NULL"),
        postgresql_where=text("first_decided_at IS NOT NULL"),
    ),
    # Whether a conversation has a flag that nobody dismissed is seen here as well.
    Index("ix_flags_contacts", "conversation_key", "queued", "state", "day", "named"),
    Index("ix_flags_recorded", "created_at", "queued", "named"),
    Index("ix_flags_assigned", "assigned_to"),
)

#: How grave each category is under the policies in force, for the order of the queue.
gravities = Table(
    "gravities",
    metadata,
    Column("category", String(64), primary_key=True),
    Column("weight", Float, nullable=False),
)

#: Who is looking at a flag. A courtesy that runs out by itself: it never keeps anybody from deciding.
claims = Table(
    "claims",
    metadata,
    Column("flag_id", ForeignKey("flags.id"), primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("until", String(32), nullable=False),
    Index(None, "person_id"),
)

#: Append-only: held, resumed, handed over, escalated, skipped, and claims taken from somebody.
flag_events = Table(
    "flag_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("flag_id", ForeignKey("flags.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("to_id", ForeignKey("people.id")),
    Column("until", String(32)),
    Column("note", Text, nullable=False),
    Column("at", String(32), nullable=False),
    Index(None, "flag_id"),
    Index("ix_flag_events_person", "person_id", "kind", "flag_id"),
)

#: Append-only: what the second, blind reader of a flag answered. ``first_id`` is the decision read again.
second_readings = Table(
    "second_readings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("flag_id", ForeignKey("flags.id"), nullable=False),
    Column("first_id", ForeignKey("decisions.id"), nullable=False, unique=True),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("answers", Text, nullable=False),
    Column("outcome", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("to_state", String(16), nullable=False),
    Column("decided_at", String(32), nullable=False),
    Column("policy", String(120), nullable=False),
    Column("salt", String(32), nullable=False),
    Index(None, "flag_id"),
)

#: Conversations in which nothing was found, under the share that was drawn from when they came in;
#: ``place`` is the order in which the drawn ones are offered.
unflagged = Table(
    "unflagged",
    metadata,
    Column("conversation_key", ForeignKey("conversations.key"), primary_key=True),
    Column("share", Float, nullable=False),
    Column("drawn", Boolean(name="drawn"), nullable=False),
    Column("place", Float, nullable=False),
    Column("offered_to", ForeignKey("people.id")),
    Column("offered_until", String(32)),
    Index("ix_unflagged_drawn", "drawn", "place"),
    Index("ix_unflagged_share", "share"),
)

#: Append-only: what a person found in a drawn conversation.
check_results = Table(
    "check_results",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_key", ForeignKey("conversations.key"), nullable=False, unique=True),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("found", Boolean(name="found"), nullable=False),
    Column("categories", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", String(32), nullable=False),
)

#: Append-only: what a person set right; a later one about the same thing stands instead of an earlier.
corrections = Table(
    "corrections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_key", ForeignKey("conversations.key"), nullable=False),
    Column("flag_id", ForeignKey("flags.id")),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("turn", Integer),
    Column("start", Integer),
    Column("end", Integer),
    Column("category", String(64)),
    Column("speaker", String(16)),
    Column("note", Text, nullable=False),
    Column("at", String(32), nullable=False),
    Index(None, "conversation_key"),
)

#: One row: the shares and times of ``sampling.Plan``.
plans = Table(
    "plans",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("double_share", Float, nullable=False),
    Column("check_share", Float, nullable=False),
    Column("claim_minutes", Integer, nullable=False),
)

#: Append-only, and chained: see ``screening.audit``.
audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", String(32), nullable=False),
    Column("actor", String(60), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_actor", "actor", "seq"),
    Index("ix_audit_subject", "subject", "seq"),
)

#: Append-only: triggers refuse every change. ``salt`` goes into the digest that the audit log keeps;
#: decisions from before there was one have none.
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
    Column("salt", String(32)),
    Index(None, "flag_id"),
    Index("ix_decisions_first", "flag_id", "decided_at"),
    Index("ix_decisions_decided", "decided_at", "id"),
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
APPEND_ONLY = (
    "decisions",
    "consultations",
    "flag_events",
    "second_readings",
    "check_results",
    "corrections",
    "audit",
)
