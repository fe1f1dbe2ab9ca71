"""Which flags another one may repeat: those of its conversation and of the same customer's others."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, select

from ..errors import ReviewError
from ..review import Person
from . import tables as t
from .flags import FLAG_COLUMNS, JOINED, flag_row
from .rows import FlagRow

#: So many are offered to choose from, the newest conversations first.
OFFERED = 60


def of_flag(connection: Connection, flag: FlagRow, viewer: Person | None) -> tuple[FlagRow, ...]:
    """The flags that ``flag`` may repeat, its own conversation's first, then the newest."""
    f, c = t.flags.c, t.conversations.c
    query = (
        select(*FLAG_COLUMNS)
        .select_from(JOINED)
        .where(f.id != flag.id, _near(connection, flag))
        .order_by(
            f.conversation_key != flag.conversation_key,
            c.occurred_at.desc(),
            c.key,
            f.turn,
            f.start,
        )
        .limit(OFFERED)
    )
    return tuple(flag_row(row, viewer) for row in connection.execute(query))


def must_be_one(connection: Connection, flag: FlagRow, original: str | None) -> None:
    """Raises ReviewError where ``original`` is no flag that ``flag`` may repeat, or repeats it itself."""
    if original is None:
        return
    query = (
        select(*FLAG_COLUMNS)
        .select_from(JOINED)
        .where(t.flags.c.id == original, _near(connection, flag))
    )
    found = connection.execute(query).first()
    if found is None:
        raise ReviewError(
            "重複の元に選べるのは、同じ会話か、同じお客様のほかの連絡の候補だけです。"
        )
    if flag_row(found).duplicate_of == flag.id:
        raise ReviewError("その候補は、この候補の重複とされています。元の候補を選んでください。")


def _near(connection: Connection, flag: FlagRow) -> ColumnElement[bool]:
    c = t.conversations.c
    customer = connection.execute(
        select(c.customer_id).where(c.key == flag.conversation_key)
    ).scalar()
    key = t.flags.c.conversation_key
    if not customer:
        return key == flag.conversation_key
    # Conversations first: few are one customer's, and flags are found by their conversation.
    return key.in_(select(c.key).where(c.customer_id == customer))
