"""What the clock and the calendar show: a call's length, and how often a customer got in touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .records import Conversation


@dataclass(frozen=True, slots=True)
class Conduct:
    """``minutes`` is None where the turns carry no times; ``contacts`` counts this one too."""

    minutes: float | None
    contacts: int


def _when(conversation: Conversation) -> datetime | None:
    try:
        return datetime.fromisoformat(conversation.occurred_at or "")
    except ValueError:
        return None


def observe(
    conversation: Conversation, history: Sequence[Conversation] = (), *, days: float = 7
) -> Conduct:
    """Measures a conversation against the same customer's earlier ones.

    ``history`` are earlier contacts in any order; those of another customer, without a date, later
    than this one, or more than ``days`` before it do not count.
    """
    duration = conversation.duration_ms
    now = _when(conversation)
    contacts = 1
    if now is not None and conversation.customer_id is not None:
        for other in history:
            then = _when(other)
            if other.customer_id != conversation.customer_id or other.id == conversation.id:
                continue
            if then is None or (then.tzinfo is None) != (now.tzinfo is None):
                continue
            contacts += timedelta(0) <= now - then <= timedelta(days=days)
    return Conduct(duration / 60_000 if duration is not None else None, contacts)
