"""What a draft would have flagged differently on live traffic: differences only, never flags."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import lru_cache

from sqlalchemy import Boolean, Column, Engine, Index, Integer, String, Table, Text, func, select

from ..access import Action
from ..contacts import Contacts
from ..records import Conversation
from ..rehearsal import Change, Compared, Past
from ..review import Decision, FlagState, Person
from . import tables as t
from .contacts import contacts
from .conversations import unpack
from .decisions import decision_of
from .identity import allowed, hidden_from

#: One row for each conversation that was screened under a draft as well. Places, no words.
shadow_screenings = Table(
    "shadow_screenings",
    t.metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", String(200), nullable=False),
    Column("active", String(240), nullable=False),
    Column("draft", String(240), nullable=False),
    Column("active_review", Boolean(name="active_review"), nullable=False),
    Column("draft_review", Boolean(name="draft_review"), nullable=False),
    Column("active_flags", Integer, nullable=False),
    Column("draft_flags", Integer, nullable=False),
    Column("changes", Text, nullable=False),
    Column("screened_at", String(32), nullable=False),
    Index(None, "draft", "screened_at"),
)


class Shadow:
    """Each method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(reading=True)

    def note(self, compared: Compared) -> None:
        """Keeps one comparison; the conversation's words stay out of it."""
        with self._engine.begin() as connection:
            connection.execute(
                shadow_screenings.insert().values(
                    conversation_id=compared.id,
                    active=compared.active,
                    draft=compared.draft,
                    active_review=compared.active_review,
                    draft_review=compared.draft_review,
                    active_flags=compared.active_flags,
                    draft_flags=compared.draft_flags,
                    changes=json.dumps([change.to_json() for change in compared.changes]),
                    screened_at=datetime.now(UTC).isoformat(),
                )
            )

    def compared(self, draft: str | None = None) -> Iterator[Compared]:
        """What was kept, oldest first; ``draft`` begins with the id or version of a policy."""
        query = select(shadow_screenings).order_by(shadow_screenings.c.id)
        with self._reading.begin() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            if draft is None or row.draft.startswith(draft):
                yield Compared(
                    row.conversation_id,
                    row.active,
                    row.draft,
                    row.active_review,
                    row.draft_review,
                    row.active_flags,
                    row.draft_flags,
                    tuple(Change.from_json(change) for change in json.loads(row.changes)),
                )

    def decided(self) -> Iterator[tuple[str, Decision]]:
        """The latest decision on each flag with the category, as set right, that it was made on; those
        taken back are left out.
        """
        query = (
            select(t.decisions, t.flags.c.named)
            .join_from(t.decisions, t.flags)
            .where(t.flags.c.state != FlagState.PROPOSED.value)
            .order_by(t.decisions.c.id)
        )
        latest: dict[str, tuple[str, Decision]] = {}
        with self._reading.begin() as connection:
            for row in connection.execute(query):
                latest[row.flag_id] = (row.named, decision_of(row))
        return iter(latest.values())

    def past(self, viewer: Person | None = None) -> tuple[list[Past], float]:
        """Every flag that a detector raised, with what a person made of it, and the record's days.

        To a ``viewer`` who may still read a flag blind, it counts as not judged. Raises
        PermissionDenied for a role that reads no reports.
        The days are those from the first contact to the last, both included; where a contact carries no
        date, the day on which it came into the record counts.
        """
        f, c = t.flags.c, t.conversations.c
        query = select(
            f.category, f.score, f.state, f.detectors, hidden_from(viewer).label("hidden")
        )
        span = select(func.min(c.day), func.max(c.day)).where(c.key.in_(select(f.conversation_key)))
        with self._reading.begin() as connection:
            if viewer is not None:
                allowed(connection, viewer, Action.READ_REPORTS)
            rows = connection.execute(query).all()
            first, last = (
                date.fromisoformat(d) if d else None for d in connection.execute(span).one()
            )
        found = {FlagState.CONFIRMED.value: True, FlagState.DISMISSED.value: False}
        past = [
            Past(category, score, None if hidden else found.get(state))
            for category, score, state, detectors, hidden in rows
            if not _by_person(detectors)
        ]
        return past, float((last - first).days + 1) if first and last else 1.0

    def contacts(self) -> Contacts:
        """When each customer of the record got in touch."""
        with self._reading.begin() as connection:
            return contacts(connection)

    def conversations(self, *, limit: int | None = None) -> Iterator[Conversation]:
        """The conversations of the record, newest first, for a rehearsal on them."""
        query = select(t.conversations.c.content).order_by(
            t.conversations.c.created_at.desc(), t.conversations.c.key
        )
        with self._reading.begin() as connection:
            contents = list(connection.execute(query.limit(limit)).scalars())
        for content in contents:
            if content:
                yield unpack(content)


@lru_cache(maxsize=4096)
def _by_person(detectors: str) -> bool:
    return any(d.partition(":")[0] == "person" for d in json.loads(detectors))
