"""A conversation as the case page shows it: bubbles, with the evidence of flags marked in place."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from screening.records import Conversation, Kind, Speaker

_SPEAKERS = {
    Speaker.CUSTOMER: "お客様",
    Speaker.AGENT: "担当者",
    Speaker.SYSTEM: "自動音声",
    Speaker.UNKNOWN: "話者不明",
}


@dataclass(frozen=True, slots=True)
class Marked:
    """A flag's place in a conversation; ``turn`` is None for one that only the whole carries."""

    flag_id: str
    turn: int | None
    start: int
    end: int
    evidence: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """Words of a bubble; ``flags`` are those whose evidence they are, ``quoted`` not the sender's own."""

    text: str
    flags: tuple[str, ...]
    quoted: bool


@dataclass(frozen=True, slots=True)
class Bubble:
    number: int
    speaker: str
    label: str
    time: str
    segments: tuple[Segment, ...]
    evidence_of: tuple[str, ...]


def clock(milliseconds: int | None) -> str:
    """``m:ss`` from the start of the call, or nothing."""
    if milliseconds is None:
        return ""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes}:{seconds:02d}"


def segments(
    text: str, marks: Sequence[Marked], quoted: Sequence[tuple[int, int]]
) -> tuple[Segment, ...]:
    """Cuts a text wherever a mark or a quoted part begins or ends."""
    edges = {0, len(text)}
    for mark in marks:
        edges |= {mark.start, mark.end}
    for start, end in quoted:
        edges |= {start, end}
    cuts = sorted(e for e in edges if 0 <= e <= len(text))
    return tuple(
        Segment(
            text[a:b],
            tuple(m.flag_id for m in marks if m.start <= a and b <= m.end),
            any(s <= a and b <= e for s, e in quoted),
        )
        for a, b in itertools.pairwise(cuts)
    )


def bubbles(conversation: Conversation, marks: Sequence[Marked]) -> tuple[Bubble, ...]:
    """One bubble a turn; a mail's are its subject and its body."""
    mail_labels = ("件名", "本文")
    shown = []
    for number, turn in enumerate(conversation.turns):
        mine = [m for m in marks if m.turn == number]
        is_mail = conversation.kind is Kind.EMAIL
        shown.append(
            Bubble(
                number,
                "customer" if is_mail else str(turn.speaker),
                mail_labels[min(number, 1)] if is_mail else _SPEAKERS[turn.speaker],
                clock(turn.start_ms),
                segments(turn.text, mine, turn.not_own),
                tuple(m.flag_id for m in marks if number in m.evidence),
            )
        )
    return tuple(shown)
