"""Flags that a person found or raises: into the record beside the machine's, and they wait like any other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from .. import review
from ..errors import Conflict, NotFound
from ..policy import Policy
from ..records import Conversation, Flag
from ..review import Person
from . import audit
from . import tables as t
from .conversations import Drawing, flag_values, unpack
from .identity import known


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
    row = connection.execute(
        select(t.conversations).where(t.conversations.c.key == key).with_for_update()
    ).first()
    if row is None:
        raise NotFound("その会話は記録にありません。")
    actor = known(connection, person)
    conversation = unpack(row.content)
    flag = review.raise_flag(
        policy=policy,
        conversation=conversation,
        person=actor,
        turn=turn,
        start=start,
        end=end,
        reason=reason,
    )
    flag_id = added(
        connection,
        row,
        conversation,
        flag,
        policy=policy,
        now=now,
        again="同じ言葉は、もう挙げられています。",
    )
    audit.append(connection, actor.id, "raise_flag", f"flag:{flag_id}")
    return flag_id


def added(
    connection: Connection,
    row: Row[Any],
    conversation: Conversation,
    flag: Flag,
    *,
    policy: Policy,
    now: datetime,
    again: str,
) -> str:
    """Puts a person's flag on the conversation of ``row`` before people; its id.

    The caller holds the lock on the row. Raises Conflict, which says ``again``, where the same category
    stands at the same place.
    """
    screening = connection.execute(
        select(t.screenings)
        .where(t.screenings.c.conversation_key == row.key)
        .order_by(t.screenings.c.id.desc())
        .limit(1)
    ).first()
    assert screening is not None  # a conversation comes into the record with its screening
    values = flag_values(
        flag,
        key=row.key,
        sha256=row.sha256,
        screening_id=screening.id,
        policy=policy.version,
        conversation=conversation,
        trade=row.trade,
        queued=True,
        drawing=Drawing.of(connection),
        now=now,
    )
    place = ("conversation_key", "category", "turn", "start", "end")
    same = select(t.flags.c.id).where(*(t.flags.c[name] == values[name] for name in place))
    if connection.execute(same).scalar() is not None:
        raise Conflict(again)
    connection.execute(t.flags.insert(), [values])
    flag_id: str = values["id"]
    return flag_id
