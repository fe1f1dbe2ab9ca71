"""A customer's earlier contacts, for the screener: who got in touch when, and no words.

Every way in passes them, so that many contacts in a few days are found wherever they come from. How
many days count is the policy's to say.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from .records import Conversation, Kind

#: The latest so many contacts before a conversation are passed on; policies ask for far fewer.
MOST = 100


class Contacts:
    """When each customer got in touch, in any order: about 150 bytes for each contact.

    ``late`` says whether some contact was added after a later one of the same customer, so that what
    was answered meanwhile may have missed it.
    """

    def __init__(self, conversations: Iterable[Conversation] = ()) -> None:
        self._known: defaultdict[tuple[str, bool], list[tuple[float, str, Kind]]]
        self._known = defaultdict(list)
        self.late = False
        for conversation in conversations:
            self.add(conversation)

    def add(self, conversation: Conversation) -> None:
        """Without a customer or a date it cannot count. The same identifier counts once."""
        found = _place(conversation)
        if found is None:
            return
        key, moment = found
        contact = (moment, conversation.id, conversation.kind)
        known = self._known[key]
        if known and moment <= known[-1][0]:
            self.late = True
            insort(known, contact)
        else:
            known.append(contact)

    def before(self, conversation: Conversation) -> tuple[Conversation, ...]:
        """The latest ``MOST`` contacts of the same customer up to this one's time, oldest first.

        They carry identifier, kind, customer and time, but no turns.
        """
        found = _place(conversation)
        if found is None or found[0] not in self._known:
            return ()
        key, moment = found
        known = self._known[key]
        ids = {conversation.id}
        earlier: list[Conversation] = []
        for at in range(bisect_right(known, moment, key=lambda contact: contact[0]) - 1, -1, -1):
            then, name, kind = known[at]
            if name in ids:
                continue
            ids.add(name)
            when = datetime.fromtimestamp(then, UTC)
            occurred = (when if key[1] else when.replace(tzinfo=None)).isoformat()
            earlier.append(Conversation(name, kind, (), key[0], occurred))
            if len(earlier) == MOST:
                break
        return tuple(reversed(earlier))

    def so_far(self, conversation: Conversation) -> tuple[Conversation, ...]:
        """``before`` among what was added, and then adds it: for conversations read one by one."""
        earlier = self.before(conversation)
        self.add(conversation)
        return earlier


def _place(conversation: Conversation) -> tuple[tuple[str, bool], float] | None:
    """The customer with whether times carry a zone, and the time in seconds."""
    if not conversation.customer_id or not conversation.occurred_at:
        return None
    try:
        when = datetime.fromisoformat(conversation.occurred_at)
        zoned = when.tzinfo is not None
        moment = (when.astimezone(UTC) if zoned else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return (conversation.customer_id, zoned), moment
