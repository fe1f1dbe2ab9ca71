"""Screening results go into the record, each once; cases come out."""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, select

from ..errors import NotFound
from ..intake import conversation_from_json
from ..records import Conversation, Flag, Priority, ScreeningResult
from ..review import FlagState
from . import tables as t
from .rows import Case, Consultation, Earlier, FlagRow, SavedConversation

PRIORITIES = tuple(Priority)
#: How many other contacts of one customer a case shows.
EARLIER_SHOWN = 20


def pack(conversation: Conversation) -> str:
    return json.dumps(conversation.to_json(), ensure_ascii=False, sort_keys=True)


def unpack(content: str) -> Conversation:
    return conversation_from_json(json.loads(content))


def save(
    connection: Connection,
    conversation: Conversation,
    result: ScreeningResult,
    *,
    source: str,
    now: str,
) -> SavedConversation:
    """Keeps a conversation and what was found in it; the same again changes nothing.

    Other words under the same identifier are another conversation. Another model or policy adds the
    flags that are new and leaves every earlier one, with its decisions, as it is.
    """
    content = pack(conversation)
    digest = sha256(content.encode()).hexdigest()
    known = connection.execute(
        select(t.conversations.c.key).where(
            t.conversations.c.external_id == conversation.id, t.conversations.c.sha256 == digest
        )
    ).scalar()
    key: str = known or uuid4().hex
    if known is None:
        connection.execute(
            t.conversations.insert().values(
                key=key,
                external_id=conversation.id,
                sha256=digest,
                kind=str(conversation.kind),
                customer_id=conversation.customer_id,
                occurred_at=conversation.occurred_at,
                content=content,
                created_at=now,
            )
        )
    same = select(t.screenings.c.id).where(
        t.screenings.c.conversation_key == key,
        t.screenings.c.policy == result.policy,
        t.screenings.c.model == result.model,
    )
    if connection.execute(same).scalar() is not None:
        return SavedConversation(key, False, _ids(connection, key))
    screening = connection.execute(
        t.screenings.insert().values(
            conversation_key=key,
            policy=result.policy,
            model=result.model,
            needs_review=result.needs_review,
            scores=json.dumps({k: round(v, 4) for k, v in result.scores.items()}),
            source=source,
            created_at=now,
        )
    ).inserted_primary_key
    assert screening is not None
    place_columns = (t.flags.c.category, t.flags.c.turn, t.flags.c.start, t.flags.c.end)
    known_places = select(*place_columns).where(t.flags.c.conversation_key == key)
    places = {tuple(row) for row in connection.execute(known_places)}
    for flag in result.flags:
        turn = -1 if flag.turn is None else flag.turn
        place = (flag.category, turn, flag.start, flag.end)
        if place not in places:
            places.add(place)
            values = values_of(flag) | {
                "id": uuid4().hex,
                "conversation_key": key,
                "screening_id": screening[0],
                "turn": turn,
                "queued": result.needs_review,
                "state": FlagState.PROPOSED.value,
                "created_at": now,
            }
            connection.execute(t.flags.insert().values(values))
    return SavedConversation(key, True, _ids(connection, key))


def values_of(flag: Flag) -> dict[str, Any]:
    return {
        "category": flag.category,
        "provision": flag.provision,
        "start": flag.start,
        "end": flag.end,
        "text": flag.text,
        "score": flag.score,
        "detectors": json.dumps(flag.detectors),
        "why": flag.why,
        "priority": PRIORITIES.index(flag.priority),
        "evidence": json.dumps(flag.evidence),
    }


def _ids(connection: Connection, key: str) -> tuple[str, ...]:
    found = connection.execute(
        select(t.flags.c.id)
        .where(t.flags.c.conversation_key == key)
        .order_by(t.flags.c.priority, t.flags.c.score.desc(), t.flags.c.id)
    )
    return tuple(found.scalars())


#: What a ``FlagRow`` is read from.
FLAG_COLUMNS = (
    *t.flags.c,
    t.conversations.c.external_id,
    t.conversations.c.kind,
    t.conversations.c.occurred_at,
    t.screenings.c.policy,
    t.screenings.c.model,
)
JOINED = t.flags.join(t.conversations).join(
    t.screenings, t.flags.c.screening_id == t.screenings.c.id
)


def flag_row(row: Any) -> FlagRow:
    return FlagRow(
        id=row.id,
        conversation_key=row.conversation_key,
        conversation_id=row.external_id,
        kind=row.kind,
        occurred_at=row.occurred_at,
        flag=Flag(
            category=row.category,
            provision=row.provision,
            turn=None if row.turn < 0 else row.turn,
            start=row.start,
            end=row.end,
            text=row.text,
            score=row.score,
            detectors=tuple(json.loads(row.detectors)),
            why=row.why,
            priority=PRIORITIES[row.priority],
            evidence=tuple(json.loads(row.evidence)),
        ),
        state=FlagState(row.state),
        queued=row.queued,
        policy=row.policy,
        model=row.model,
        created_at=row.created_at,
    )


def one_flag(connection: Connection, flag_id: str) -> FlagRow:
    """Raises NotFound."""
    query = select(*FLAG_COLUMNS).select_from(JOINED).where(t.flags.c.id == flag_id)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound("その候補は記録にありません。")
    return flag_row(row)


def case(connection: Connection, key: str) -> Case:
    """Raises NotFound."""
    from .decisions import of_conversation

    row = connection.execute(select(t.conversations).where(t.conversations.c.key == key)).first()
    if row is None:
        raise NotFound("その会話は記録にありません。")
    flags = connection.execute(
        select(*FLAG_COLUMNS)
        .select_from(JOINED)
        .where(t.flags.c.conversation_key == key)
        .order_by(t.flags.c.priority, t.flags.c.score.desc(), t.flags.c.turn, t.flags.c.start)
    )
    consulted = connection.execute(
        select(t.people.c.name, t.consultations)
        .join(t.people)
        .where(t.consultations.c.conversation_key == key)
        .order_by(t.consultations.c.id)
    )
    return Case(
        key=key,
        conversation=unpack(row.content),
        flags=tuple(flag_row(f) for f in flags),
        decisions=of_conversation(connection, key),
        consultations=tuple(
            Consultation(c.name, c.consulted, c.note, c.recorded_at, c.held_on) for c in consulted
        ),
        earlier=_earlier(connection, key, row.customer_id),
    )


def _earlier(connection: Connection, key: str, customer: str | None) -> tuple[Earlier, ...]:
    if not customer:
        return ()
    found = connection.execute(
        select(t.conversations)
        .where(t.conversations.c.customer_id == customer, t.conversations.c.key != key)
        .order_by(t.conversations.c.occurred_at.desc(), t.conversations.c.key)
        .limit(EARLIER_SHOWN)
    ).all()
    states: dict[str, Counter[str]] = {}
    for flag in connection.execute(
        select(t.flags.c.conversation_key, t.flags.c.state).where(
            t.flags.c.conversation_key.in_([c.key for c in found])
        )
    ):
        states.setdefault(flag.conversation_key, Counter())[flag.state] += 1
    return tuple(Earlier(c.key, c.kind, c.occurred_at, dict(states.get(c.key, {}))) for c in found)


def exists(connection: Connection, key: str) -> bool:
    query = select(t.conversations.c.key).where(t.conversations.c.key == key)
    return connection.execute(query).scalar() is not None
