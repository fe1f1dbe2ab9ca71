"""A flag that a person raises: into the record beside the machine's, and it waits like any other."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from .. import review
from ..errors import Conflict, NotFound
from ..policy import Policy
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
    row = connection.execute(select(t.conversations).where(t.conversations.c.key == key)).first()
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
    values = flag_values(
        flag,
        key=key,
        sha256=row.sha256,
        screening_id=screening.id,
        policy=policy.version,
        conversation=conversation,
        trade=row.trade,
        queued=True,
        drawing=Drawing.of(connection),
        now=now,
    )
    connection.execute(t.flags.insert(), [values])
    flag_id: str = values["id"]
    audit.append(connection, actor.id, "raise_flag", f"flag:{flag_id}")
    return flag_id
