"""A case: a conversation with everything that people did with it, and the customer's other contacts."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from ..errors import NotFound
from ..policy import Reading
from ..review import WITHDRAWN, FlagState, Person
from . import tables as t
from .conversations import unpack
from .events import events_of
from .flags import FLAG_COLUMNS, JOINED, LAST, flag_row
from .identity import blinded
from .moments import utc
from .rows import Case, Consultation, Earlier

#: Of a customer's contacts, so many are looked through for those that a case shows.
LOOKED_THROUGH = 1000


def case(
    connection: Connection,
    key: str,
    viewer: Person | None = None,
    at: datetime | None = None,
    *,
    reading: Reading | None = None,
) -> Case:
    """What stands about a conversation, as ``viewer`` may see it. Raises NotFound.

    ``reading`` limits the customer's other contacts; without it a policy's defaults do.
    """
    from .corrections import of_conversation as corrections_of
    from .decisions import of_conversation

    row = connection.execute(select(t.conversations).where(t.conversations.c.key == key)).first()
    if row is None:
        raise NotFound("その会話は記録にありません。")
    flags = connection.execute(
        select(*FLAG_COLUMNS)
        .select_from(JOINED)
        .where(t.flags.c.conversation_key == key)
        # The queue's own order, so that what it opens is the first of these that waits.
        .order_by(t.flags.c.priority, t.flags.c.rank, t.flags.c.id)
    ).all()
    hidden = {
        f.id
        for f in flags
        if viewer is not None
        and blinded(viewer)
        and f.second_after is not None
        and f.second_after != viewer.id
    }
    consulted = connection.execute(
        select(t.people.c.name, t.consultations)
        .join(t.people)
        .where(t.consultations.c.conversation_key == key)
        .order_by(t.consultations.c.id)
    )
    return Case(
        key=key,
        conversation=unpack(row.content),
        flags=tuple(flag_row(f, viewer, at) for f in flags),
        decisions=tuple(
            d for d in of_conversation(connection, key) if d.decision.flag_id not in hidden
        ),
        consultations=tuple(
            Consultation(c.name, c.consulted, c.note, c.recorded_at, c.held_on) for c in consulted
        ),
        earlier=_earlier(connection, row, viewer, reading or Reading()),
        corrections=corrections_of(connection, key),
        events=tuple(e for e in events_of(connection, key) if e.flag_id not in hidden),
        trade=row.trade,
    )


def _earlier(
    connection: Connection, mine: Any, viewer: Person | None, reading: Reading
) -> tuple[Earlier, ...]:
    """Other contacts of the same customer, the latest first, as far as ``reading`` lets them be shown."""
    if not mine.customer_id or not reading.earlier_contacts:
        return ()
    c = t.conversations.c
    others = connection.execute(
        select(c.key, c.kind, c.occurred_at, c.created_at)
        .where(c.customer_id == mine.customer_id, c.key != mine.key)
        .order_by(c.created_at.desc())
        .limit(LOOKED_THROUGH)
    ).all()

    def moment(row: Any) -> datetime:
        return datetime.fromisoformat(utc(row.occurred_at) or row.created_at)

    if reading.earlier_days is not None:
        far = timedelta(days=reading.earlier_days)
        others = [row for row in others if abs(moment(row) - moment(mine)) <= far]
    found = sorted(sorted(others, key=lambda row: row.key), key=moment, reverse=True)
    found = found[: reading.earlier_contacts]
    states: dict[str, Counter[str]] = {}
    outcomes: dict[str, Counter[str | None]] = {}
    f = t.flags.c
    query = (
        select(f.conversation_key, f.state, f.second_after, LAST.c.outcome)
        .select_from(JOINED)
        .where(f.conversation_key.in_([c.key for c in found]))
    )
    for flag in connection.execute(query):
        blind = blinded(viewer) and flag.second_after not in (None, viewer and viewer.id)
        state = FlagState.PROPOSED.value if blind else flag.state
        outcome = None if blind or flag.outcome == WITHDRAWN else flag.outcome
        states.setdefault(flag.conversation_key, Counter())[state] += 1
        outcomes.setdefault(flag.conversation_key, Counter())[outcome] += 1
    return tuple(
        Earlier(
            c.key, c.kind, c.occurred_at, dict(states.get(c.key, {})), dict(outcomes.get(c.key, {}))
        )
        for c in found
    )
