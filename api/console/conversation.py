"""A conversation as the case page shows it: bubbles, with the evidence of flags in place, or veiled.

A veil covers the whole sentence that holds flagged words, because a detector's range is a little short
or long and the rest of the sentence is seldom kinder. Elsewhere it covers harsh words alone
(``screening.veils``), whoever said them. Veiled words are not in the page at all.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from screening.corrections import CorrectionKind
from screening.records import Conversation, Kind, Speaker
from screening.report.incident import SPEAKERS, speaker
from screening.report.set_right import placed
from screening.store import Case
from screening.veils import harsh, merged

_SENTENCE_END = re.compile(r"[。！？!?\n]+")


@dataclass(frozen=True, slots=True)
class Marked:
    """A flag's place in a conversation; ``turn`` is None for one that only the whole carries."""

    flag_id: str
    turn: int | None
    start: int
    end: int
    evidence: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Veil:
    """Words kept from sight: ``part`` names them in a request, ``size`` counts their characters."""

    part: str
    size: int


@dataclass(frozen=True, slots=True)
class Segment:
    """Words of a bubble, or the veil over them.

    ``flags`` are those whose evidence they are, ``quoted`` not the sender's own.
    """

    text: str
    flags: tuple[str, ...]
    quoted: bool
    veil: Veil | None = None


@dataclass(frozen=True, slots=True)
class Bubble:
    """One turn. ``recording`` is where to listen to it, or nothing."""

    number: int
    speaker: str
    label: str
    time: str
    segments: tuple[Segment, ...]
    evidence_of: tuple[str, ...]
    recording: str
    #: The whole text where nothing in it is marked or veiled, as in most turns of a long call.
    plain: str | None


def clock(milliseconds: int | None) -> str:
    """``m:ss`` from the start of the call, or nothing."""
    if milliseconds is None:
        return ""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes}:{seconds:02d}"


def part(turn: int, start: int, end: int) -> str:
    """The name of a range of words in a request; numbers only, never the words."""
    return f"{turn}-{start}-{end}"


def covered(text: str, marks: Sequence[Marked]) -> list[tuple[int, int]]:
    """The sentences of a turn that hold flagged words, merged where they touch, and harsh words elsewhere."""
    if not marks:
        return harsh(text)
    edges = [0, *(m.end() for m in _SENTENCE_END.finditer(text)), len(text)]
    flagged = [
        (first, last)
        for first, last in itertools.pairwise(sorted(set(edges)))
        if any(m.start < last and first < m.end for m in marks)
    ]
    # A harsh word that reaches into a covered sentence makes it longer.
    return merged(sorted([*flagged, *harsh(text)]))


def segments(
    text: str,
    marks: Sequence[Marked],
    quoted: Sequence[tuple[int, int]],
    veils: Sequence[tuple[int, int, str]] = (),
) -> tuple[Segment, ...]:
    """Cuts a text wherever a mark, a quoted part or a veil begins or ends."""
    if not (marks or quoted or veils):
        return (Segment(text, (), False),) if text else ()
    edges = {0, len(text)}
    hidden = [(start, end) for start, end, _ in veils]
    for start, end in (*((m.start, m.end) for m in marks), *quoted):
        edges |= {e for e in (start, end) if not any(s < e < t for s, t in hidden)}
    edges |= {e for pair in hidden for e in pair}
    cuts = sorted(e for e in edges if 0 <= e <= len(text))
    shown = []
    for a, b in itertools.pairwise(cuts):
        name = next((n for s, e, n in veils if s == a and e == b), None)
        touching = tuple(
            m.flag_id
            for m in marks
            if (m.start < b and a < m.end if name else m.start <= a and b <= m.end)
        )
        veil = Veil(name, b - a) if name else None
        own = any(s <= a and b <= e for s, e in quoted)
        shown.append(Segment("" if veil else text[a:b], touching, own, veil))
    return tuple(shown)


def bubbles(
    conversation: Conversation,
    marks: Sequence[Marked],
    *,
    veils: Mapping[int, Sequence[tuple[int, int]]] | None = None,
    opened: Collection[str] = (),
    recording: Callable[[int | None], str] = lambda _: "",
    speakers: dict[int, Speaker] | None = None,
) -> tuple[Bubble, ...]:
    """One bubble a turn; a mail's are its subject and its body.

    ``veils`` are the ranges of each turn that are kept from sight, but for the parts that were
    ``opened``; without any, everything is shown.
    ``speakers`` are those that a person has set right, by turn.
    """
    by_turn: dict[int, list[Marked]] = {}
    evidence: dict[int, list[str]] = {}
    for mark in marks:
        if mark.turn is not None:
            by_turn.setdefault(mark.turn, []).append(mark)
        for number in mark.evidence:
            evidence.setdefault(number, []).append(mark.flag_id)
    is_mail = conversation.kind is Kind.EMAIL
    found = []
    for number, turn in enumerate(conversation.turns):
        mine = by_turn.get(number, [])
        named = [(a, b, part(number, a, b)) for a, b in (veils or {}).get(number, ())]
        right = (speakers or {}).get(number, turn.speaker)
        parts = segments(turn.text, mine, turn.not_own, [v for v in named if v[2] not in opened])
        found.append(
            Bubble(
                number,
                "customer" if is_mail else str(right),
                speaker(conversation, number) if is_mail else SPEAKERS[right],
                clock(turn.start_ms),
                parts,
                tuple(evidence.get(number, ())),
                recording(turn.start_ms),
                None if mine or named or turn.not_own else turn.text,
            )
        )
    return tuple(found)


def marks(case: Case) -> list[Marked]:
    return [Marked(x.id, *placed(x, case.corrections), x.flag.evidence) for x in case.flags]


def veils(case: Case) -> dict[str, tuple[int, int, int]]:
    """Every part of the case that is kept from sight: its name, turn and range."""
    by_turn: dict[int, list[Marked]] = {}
    # What the machine found stays covered as well where a person has set the words right.
    found = [
        Marked(x.id, x.flag.turn, x.flag.start, x.flag.end, x.flag.evidence) for x in case.flags
    ]
    for mark in (*marks(case), *found):
        if mark.turn is not None:
            by_turn.setdefault(mark.turn, []).append(mark)
    return {
        part(number, start, end): (number, start, end)
        for number, turn in enumerate(case.conversation.turns)
        for start, end in covered(turn.text, by_turn.get(number, ()))
    }


def speakers(case: Case) -> dict[int, Speaker]:
    """Who spoke, where a person has set it right."""
    return {
        c.correction.turn: c.correction.speaker
        for c in case.corrections
        if c.correction.kind is CorrectionKind.SPEAKER
        and c.correction.turn is not None
        and c.correction.speaker is not None
    }
