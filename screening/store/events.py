"""What people did with flags short of deciding them, as it is kept and read back."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Connection, select

from . import tables as t
from .rows import Event


class EventKind(StrEnum):
    TAKEN = "taken"
    HELD = "held"
    RESUMED = "resumed"
    HANDED = "handed"
    ESCALATED = "escalated"
    SKIPPED = "skipped"


#: What a reviewer reads for each.
EVENTS = {
    EventKind.TAKEN: "確認を引き取り",
    EventKind.HELD: "後回し",
    EventKind.RESUMED: "後回しを解除",
    EventKind.HANDED: "担当替え",
    EventKind.ESCALATED: "承認者への相談",
    EventKind.SKIPPED: "ほかの人に任せた",
}
#: What a person did with a flag so that they are not brought back to it, neither by the console nor by
#: ``Work.next``: it was left to others, or waits for what the approvers say.
PASSED = tuple(kind.value for kind in (EventKind.SKIPPED, EventKind.ESCALATED))


def events_of(connection: Connection, key: str) -> tuple[Event, ...]:
    """What was done with a conversation's flags, oldest first; who skipped is nobody's business."""
    to = t.people.alias("to_person")
    query = (
        select(t.flag_events, t.people.c.name, to.c.name.label("to_name"))
        .join_from(t.flag_events, t.people, t.flag_events.c.person_id == t.people.c.id)
        .outerjoin(to, to.c.id == t.flag_events.c.to_id)
        .join(t.flags, t.flags.c.id == t.flag_events.c.flag_id)
        .where(t.flags.c.conversation_key == key, t.flag_events.c.kind != EventKind.SKIPPED.value)
        .order_by(t.flag_events.c.id)
    )
    return tuple(
        Event(
            row.id,
            row.flag_id,
            row.kind,
            row.person_id,
            row.name,
            row.to_name,
            row.until,
            row.note,
            row.at,
        )
        for row in connection.execute(query)
    )
