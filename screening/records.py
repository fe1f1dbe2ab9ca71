"""The values that travel through the product: conversation, finding, flag, screening result.

All offsets are counted in Unicode code points of the original text of a turn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    CALL = "call"
    EMAIL = "email"


class Speaker(StrEnum):
    CUSTOMER = "customer"
    AGENT = "agent"
    SYSTEM = "system"
    UNKNOWN = "unknown"


class Priority(StrEnum):
    """How soon a person should look; the order of the members is the order of the queue."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"


#: What people read for each.
PRIORITIES: Mapping[Priority, str] = {
    Priority.URGENT: "緊急",
    Priority.HIGH: "優先",
    Priority.NORMAL: "通常",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance of a call, or the subject or body of a mail.

    ``start_ms`` and ``end_ms`` count milliseconds from the start of the call. ``confidence`` is the
    recogniser's, 0 to 1. ``compression_ratio`` is Whisper's (text over 2.4 is likely a loop).
    ``not_own`` are the [start, end) ranges that the speaker only passes on, such as the quoted part
    of a reply: they stay visible and are never screened as the sender's words.
    """

    text: str
    speaker: Speaker = Speaker.UNKNOWN
    start_ms: int | None = None
    end_ms: int | None = None
    confidence: float | None = None
    compression_ratio: float | None = None
    not_own: tuple[tuple[int, int], ...] = ()


def within(start: int, end: int, ranges: Sequence[tuple[int, int]]) -> bool:
    """Whether most of [start, end) lies in ``ranges``, such as what a speaker only passes on."""
    inside = sum(max(0, min(end, b) - max(start, a)) for a, b in ranges)
    return 2 * inside > end - start


@dataclass(frozen=True, slots=True)
class Conversation:
    """A call, or a mail whose turn 0 is the subject and turn 1 the body.

    ``occurred_at`` is the start of a call or the sending time of a mail, ISO 8601 with offset.
    """

    id: str
    kind: Kind
    turns: tuple[Turn, ...]
    customer_id: str | None = None
    occurred_at: str | None = None
    channel: str | None = None
    sender: str | None = None

    @property
    def duration_ms(self) -> int | None:
        """From the first start to the last end, or None where the turns carry no times."""
        starts = [t.start_ms for t in self.turns if t.start_ms is not None]
        ends = [t.end_ms for t in self.turns if t.end_ms is not None]
        return max(ends) - min(starts) if starts and ends else None

    def to_json(self) -> dict[str, Any]:
        """The neutral contract's form: only what is known is written."""
        head: dict[str, Any] = {"id": self.id, "kind": str(self.kind)}
        if self.customer_id is not None:
            head["customer_id"] = self.customer_id
        if self.kind is Kind.EMAIL:
            optional = {"sent_at": self.occurred_at, "from": self.sender, "channel": self.channel}
            head.update((k, v) for k, v in optional.items() if v is not None)
            head["subject"], head["body"] = self.turns[0].text, self.turns[1].text
            return head
        optional = {"started_at": self.occurred_at, "channel": self.channel}
        head.update((k, v) for k, v in optional.items() if v is not None)
        head["turns"] = [
            {"speaker": str(t.speaker), "text": t.text}
            | {
                name: value
                for name in ("start_ms", "end_ms", "confidence", "compression_ratio")
                if (value := getattr(t, name)) is not None
            }
            for t in self.turns
        ]
        return head


@dataclass(frozen=True, slots=True)
class Finding:
    """What one detector saw. ``turn`` is None where only the whole conversation shows it.

    ``score`` is the detector's confidence, 0 to 1. ``detector`` is ``rule:<id>``, ``classifier``,
    ``repetition`` or ``conduct``. ``why`` is a Japanese sentence for the reviewer. ``evidence`` lists
    the turns that carry a finding of the whole conversation.
    """

    category: str
    turn: int | None
    start: int
    end: int
    score: float
    detector: str
    why: str
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """What the policy proposes to a person: findings on the same words, tied to a provision."""

    category: str
    provision: str
    turn: int | None
    start: int
    end: int
    text: str
    score: float
    detectors: tuple[str, ...]
    why: str
    priority: Priority
    evidence: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "category": self.category,
            "provision": self.provision,
            "turn": self.turn,
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "score": round(self.score, 4),
            "detectors": list(self.detectors),
            "why": self.why,
            "priority": str(self.priority),
            "evidence": list(self.evidence),
        }


_QUOTED = re.compile("(?:「[^」]*」)+")


def unquoted(why: str) -> str:
    """A reason without the words that it quotes."""
    return _QUOTED.sub("「…」", why)


@dataclass(frozen=True, slots=True)
class ScreeningResult:
    """The answer for one conversation; ``scores`` are calibrated probabilities by category."""

    id: str
    needs_review: bool
    policy: str
    model: str
    scores: dict[str, float] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "needs_review": self.needs_review,
            "policy": self.policy,
            "model": self.model,
            "scores": {name: round(score, 4) for name, score in self.scores.items()},
            "flags": [flag.to_json() for flag in self.flags],
        }


@dataclass(frozen=True, slots=True)
class MailSeen:
    """What is noted of one mail of a mailbox: how far it has come, and whether it was flagged."""

    state: str
    flagged: bool
