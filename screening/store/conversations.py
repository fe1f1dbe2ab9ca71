"""Screening results go into the record, each once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, select

from ..intake import conversation_from_json
from ..records import Conversation, Flag, ScreeningResult
from ..review import FlagState
from ..sampling import Plan, drawn, place
from ..urgency import UNKNOWN_GRAVITY, rank
from . import tables as t
from .flags import PRIORITIES
from .moments import day, kept, utc
from .plan import read as read_plan
from .plan import weights
from .rows import SavedConversation

#: The samples that are drawn by ``sampling.drawn``.
DOUBLE, CHECK = "double", "check"


@dataclass(frozen=True, slots=True)
class Drawing:
    """What decides about the place of new flags: read once for many conversations."""

    plan: Plan
    weights: Mapping[str, float]

    @classmethod
    def of(cls, connection: Connection) -> Drawing:
        return cls(read_plan(connection), weights(connection))


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
    now: datetime,
    trade: str | None = None,
    drawing: Drawing | None = None,
) -> SavedConversation:
    """Keeps a conversation and what was found in it; the same again changes nothing.

    Other words under the same identifier are another conversation. Another model or policy adds the
    flags that are new and leaves every earlier one, with its decisions, as it is. ``trade`` is the
    line of business, where whoever delivers knows it.
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
                created_at=kept(now),
                channel=_short(conversation.channel),
                trade=_short(trade),
                day=day(utc(conversation.occurred_at) or kept(now)),
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
            created_at=kept(now),
        )
    ).inserted_primary_key
    assert screening is not None
    place_columns = (t.flags.c.category, t.flags.c.turn, t.flags.c.start, t.flags.c.end)
    known_places = select(*place_columns).where(t.flags.c.conversation_key == key)
    places = {tuple(row) for row in connection.execute(known_places)}
    drawing = drawing or Drawing.of(connection)
    rows = []
    for flag in result.flags:
        turn = -1 if flag.turn is None else flag.turn
        where = (flag.category, turn, flag.start, flag.end)
        if where not in places:
            places.add(where)
            rows.append(
                flag_values(
                    flag,
                    key=key,
                    sha256=digest,
                    screening_id=screening[0],
                    policy=result.policy,
                    conversation=conversation,
                    trade=trade,
                    queued=result.needs_review,
                    drawing=drawing,
                    now=now,
                )
            )
    if rows:
        connection.execute(t.flags.insert(), rows)
    if known is None and not result.needs_review:
        connection.execute(
            t.unflagged.insert().values(
                conversation_key=key,
                share=drawing.plan.check_share,
                drawn=drawn(drawing.plan.check_share, CHECK, digest),
                place=place(CHECK, digest),
            )
        )
    return SavedConversation(key, True, _ids(connection, key))


def flag_values(
    flag: Flag,
    *,
    key: str,
    sha256: str,
    screening_id: int,
    policy: str,
    conversation: Conversation,
    trade: str | None,
    queued: bool,
    drawing: Drawing,
    now: datetime,
) -> dict[str, Any]:
    """The row of a new flag that waits for people. ``sha256`` is of the conversation's content."""
    turn = -1 if flag.turn is None else flag.turn
    gravity = drawing.weights.get(flag.category, UNKNOWN_GRAVITY)
    happened = utc(conversation.occurred_at) or kept(now)
    share = drawing.plan.double_share
    return _values(flag) | {
        "id": uuid4().hex,
        "conversation_key": key,
        "screening_id": screening_id,
        "turn": turn,
        "queued": queued,
        "state": FlagState.PROPOSED.value,
        "created_at": kept(now),
        "kind": str(conversation.kind),
        "channel": _short(conversation.channel),
        "trade": _short(trade),
        "happened_at": happened,
        "day": day(happened),
        "policy": policy,
        "gravity": gravity,
        "rank": rank(flag.score, gravity, now),
        "doubled": drawn(share, DOUBLE, sha256, flag.category, turn, flag.start, flag.end),
        "disputed": False,
        "escalated": False,
    }


def _short(text: str | None) -> str | None:
    return text.strip()[:60] or None if text else None


def _values(flag: Flag) -> dict[str, Any]:
    return {
        "category": flag.category,
        "named": flag.category,
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


def exists(connection: Connection, key: str) -> bool:
    query = select(t.conversations.c.key).where(t.conversations.c.key == key)
    return connection.execute(query).scalar() is not None
