"""What the record gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..corrections import Correction
from ..records import Conversation, Flag
from ..review import Decision, FlagState, Person


@dataclass(frozen=True, slots=True)
class SavedConversation:
    """``key`` names the conversation in addresses; ``created`` is False if nothing was new."""

    key: str
    created: bool
    flag_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """Who says to be looking at a flag, until when; ``mine`` tells whether it is the viewer.

    It keeps nobody from deciding.
    """

    flag_id: str
    person_id: str
    person_name: str
    until: str
    mine: bool


@dataclass(frozen=True, slots=True)
class FlagRow:
    """A flag with its place in the record. ``queued``: it asks for a person's look by itself.

    ``gravity`` and ``rank`` make the order (``screening.urgency``). ``doubled`` flags are read by a
    second person, who does not see the first decision; ``second_after`` is who decided first while the
    second reading is awaited, and ``disputed`` says that the two did not agree. ``assigned_to`` is the
    person it was handed to. ``decision`` numbers the latest decision or withdrawal, 0 before the first;
    ``outcome`` is what it chose, ``decided_at`` when, and ``duplicate_of`` the flag that it named, while
    the decision stands.
    ``named`` is the category that a person has set right last, or the machine's.
    """

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
    gravity: float
    rank: float
    channel: str | None
    trade: str | None
    doubled: bool
    second_after: str | None
    disputed: bool
    escalated: bool
    held_until: str | None
    assigned_to: str | None
    claim: Claim | None
    decision: int = 0
    outcome: str | None = None
    decided_at: str | None = None
    duplicate_of: str | None = None
    named: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """What somebody did with a flag short of deciding it. ``kind`` is an ``events.EventKind``."""

    id: int
    flag_id: str
    kind: str
    person_id: str
    person_name: str
    to_name: str | None
    until: str | None
    note: str
    at: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction as it stands in the record."""

    id: int
    person_name: str
    at: str
    correction: Correction


@dataclass(frozen=True, slots=True)
class Dispute:
    """A flag whose two readers did not agree."""

    flag: FlagRow
    first: Recorded
    second: Recorded


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser. ``id`` names it and opens nothing; ``current`` is the asker's own."""

    id: str
    person_id: str
    person_name: str
    opened_at: str
    expires_at: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """A person with whether they may sign in."""

    person: Person
    active: bool
    created_at: str


@dataclass(frozen=True, slots=True)
class Key:
    """A program's key: its prefix names it, the secret is shown once only."""

    prefix: str
    name: str
    created_at: str
    revoked_at: str | None


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
    """Another contact of the same customer, and how many of its flags are in which state.

    ``outcomes`` counts the same flags by what was decided, those that wait under None.
    """

    key: str
    kind: str
    occurred_at: str | None
    states: Mapping[str, int]
    outcomes: Mapping[str | None, int]


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation with everything that was found and decided about it."""

    key: str
    conversation: Conversation
    flags: tuple[FlagRow, ...]
    decisions: tuple[Recorded, ...]
    consultations: tuple[Consultation, ...]
    earlier: tuple[Earlier, ...]
    corrections: tuple[Corrected, ...]
    events: tuple[Event, ...]
    trade: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list: ``next`` is the cursor of the following page, None on the last one."""

    items: tuple[FlagRow, ...]
    next: str | None
    total: int
