"""A flag that a person raises: into the record beside the machine's, and it waits like any other."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import Connection, select

from .. import review
from ..errors import Conflict, NotFound
from ..policy import Policy
from ..review import FlagState, Person
from . import tables as t
from .conversations import unpack, values_of
from .steps import known


def raise_flag(
    connection: Connection,
    key: str,
    person: Person,
    *,
    policy: Policy,
    turn: int,
    start: int,
    end: int,
    reason: str,
    now: str,
) -> str:
    """The new flag's id. Raises NotFound, Conflict, PermissionDenied or ReviewError."""
    content = connection.execute(
        select(t.conversations.c.content).where(t.conversations.c.key == key)
    ).scalar()
    if content is None:
        raise NotFound("その会話は記録にありません。")
    flag = review.raise_flag(
        policy=policy,
        conversation=unpack(content),
        person=known(connection, person),
        turn=turn,
        start=start,
        end=end,
        reason=reason,
    )
    place = (
        t.flags.c.conversation_key == key,
        t.flags.c.category == flag.category,
        t.flags.c.turn == turn,
        t.flags.c.start == start,
        t.flags.c.end == end,
    )
    if connection.execute(select(t.flags.c.id).where(*place)).scalar() is not None:
        raise Conflict("同じ言葉は、もう挙げられています。")
    screening = connection.execute(
        select(t.screenings.c.id)
        .where(t.screenings.c.conversation_key == key)
        .order_by(t.screenings.c.id.desc())
        .limit(1)
    ).scalar()
    flag_id = uuid4().hex
    connection.execute(
        t.flags.insert().values(
            values_of(flag)
            | {
                "id": flag_id,
                "conversation_key": key,
                "screening_id": screening,
                "turn": turn,
                "queued": True,
                "state": FlagState.PROPOSED.value,
                "created_at": now,
            }
        )
    )
    return flag_id
