"""A flag that a person raises: into the record beside the machine's, and it waits like any other."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from .. import review
from ..errors import Conflict, NotFound
from ..policy import Policy
from ..review import Person
from . import conversations
from . import tables as t
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
    now: datetime,
) -> str:
    """The new flag's id. Raises NotFound, Conflict, PermissionDenied or ReviewError."""
    row = connection.execute(select(t.conversations).where(t.conversations.c.key == key)).first()
    if row is None:
        raise NotFound("その会話は記録にありません。")
    conversation = conversations.unpack(row.content)
    flag = review.raise_flag(
        policy=policy,
        conversation=conversation,
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
        select(t.screenings)
        .where(t.screenings.c.conversation_key == key)
        .order_by(t.screenings.c.id.desc())
        .limit(1)
    ).first()
    assert screening is not None  # a conversation comes into the record with its screening
    values = conversations.flag_values(
        flag,
        key=key,
        sha256=row.sha256,
        screening_id=screening.id,
        policy=screening.policy,
        conversation=conversation,
        trade=row.trade,
        queued=True,
        drawing=conversations.Drawing.of(connection),
        now=now,
    )
    connection.execute(t.flags.insert().values(values))
    return str(values["id"])
