"""When customers got in touch, out of the record."""

from __future__ import annotations

from sqlalchemy import Connection, select

from ..contacts import Contacts
from ..records import Conversation, Kind
from . import tables as t

#: Of a customer's contacts, so many are looked through for those before a new one, the newest first.
LOOKED_THROUGH = 1000


def history(connection: Connection, conversation: Conversation) -> tuple[Conversation, ...]:
    """The earlier contacts of a conversation's customer, without their words."""
    if not conversation.customer_id:
        return ()
    return contacts(connection, conversation.customer_id).before(conversation)


def contacts(connection: Connection, customer: str | None = None) -> Contacts:
    """When a customer got in touch, or everybody where none is named."""
    c = t.conversations.c
    query = select(c.external_id, c.kind, c.customer_id, c.occurred_at)
    if customer is None:
        query = query.where(c.customer_id.is_not(None))
    else:
        newest = c.created_at.desc()
        query = query.where(c.customer_id == customer).order_by(newest).limit(LOOKED_THROUGH)
    return Contacts(
        Conversation(row.external_id, Kind(row.kind), (), row.customer_id, row.occurred_at)
        for row in connection.execute(query)
    )
