"""What an incident report consists of, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ..records import Kind
from .pointers import Pointer


@dataclass(frozen=True, slots=True)
class Quote:
    """One utterance that a flag on the whole conversation rests on, and what staff said next."""

    turn: int
    at_ms: int | None
    speaker: str
    said: str
    answer: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of one flag. ``at_ms`` counts from the start of the call, None where no time is known.

    ``words`` are the flagged ones, ``said`` the whole utterance, ``answer`` what staff said next. A flag
    that only the whole conversation carries has none of them: ``quotes`` are the utterances that its
    record names, and ``why`` is its reason. ``confirmed`` tells what a person found from what still waits.
    """

    turn: int | None
    at_ms: int | None
    speaker: str
    words: str
    said: str
    answer: str
    category: str
    provision: str
    state: str
    confirmed: bool
    quotes: tuple[Quote, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One utterance of the whole conversation."""

    turn: int
    at_ms: int | None
    speaker: str
    said: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Another contact of the same customer: what was said that people confirmed or still look at."""

    occurred_at: str | None
    kind: str
    passages: tuple[Passage, ...]
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ruling:
    """The decision that stands on a flag; ``answers`` pairs each criterion with its answer, and is empty
    where nothing was asked. ``turn`` is None for the conversation as a whole.

    One that was taken back is in the audit log alone.
    """

    category: str
    provision: str
    turn: int | None
    words: str
    outcome: str
    answers: tuple[tuple[str, str], ...]
    reason: str
    person: str
    decided_at: datetime
    policy: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """One line of a step's record: who did ``what`` (Japanese) and when, with their note."""

    person: str
    what: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """A response the policy knows for this case, and what became of it as far as is recorded."""

    title: str
    side: str
    provision: str
    due_days: int
    needs_approval: bool
    record: tuple[StepLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Talk:
    """A consultation about possible symptoms."""

    person: str
    consulted: str
    note: str
    recorded_at: str


@dataclass(frozen=True, slots=True)
class IncidentReport:
    """Everything a reader needs without the program. ``masked`` says which version it is.

    ``rejected`` are decisions that found no harassment: empty unless they were asked for. ``policies``
    are the exact versions under which was screened and decided, for a footnote.
    """

    masked: bool
    id: str
    kind: Kind
    channel: str
    occurred_at: str | None
    duration_ms: int | None
    customer: str
    passages: tuple[Passage, ...]
    contacts: tuple[Contact, ...]
    rulings: tuple[Ruling, ...]
    rejected: tuple[Ruling, ...]
    steps: tuple[Step, ...]
    talks: tuple[Talk, ...]
    pointers: tuple[Pointer, ...]
    transcript: tuple[Line, ...]
    policy_title: str
    policy_from: date
    policies: tuple[str, ...]
    written_at: datetime
