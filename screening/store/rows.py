"""What the record gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..records import Conversation, Flag
from ..review import Decision, FlagState


@dataclass(frozen=True, slots=True)
class SavedConversation:
    """``key`` names the conversation in addresses; ``created`` is False if nothing was new."""

    key: str
    created: bool
    flag_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FlagRow:
    """A flag with its place in the record. ``queued``: it asks for a person's look by itself."""

    id: str
    conversation_key: str
    conversation_id: str
    kind: str
    occurred_at: str | None
    flag: Flag
    state: FlagState
    queued: bool
    policy: str
    model: str
    created_at: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision as it stands in the record, with the person's name."""

    id: int
    person_name: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Consultation:
    """With whom (``consulted``) possible symptoms were talked over, what came of it, and who noted it."""

    person_name: str
    consulted: str
    note: str
    recorded_at: str
    held_on: str | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another contact of the same customer, and how many of its flags are in which state."""

    key: str
    kind: str
    occurred_at: str | None
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation with everything that was found and decided about it."""

    key: str
    conversation: Conversation
    flags: tuple[FlagRow, ...]
    decisions: tuple[Recorded, ...]
    consultations: tuple[Consultation, ...]
    earlier: tuple[Earlier, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Part of the queue: ``next`` is the cursor of the following page, None on the last one."""

    items: tuple[FlagRow, ...]
    next: str | None
    total: int
