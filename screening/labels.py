"""What people decided and corrected, as labelled documents in the corpus's own format.

A confirmed flag is a label, a dismissed one is none, a corrected span, category or speaker counts as
corrected. ``corpora.reader`` reads the result; a call whose speakers are not all known cannot be
written, because only the customer's words carry labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from hmac import digest

from .corrections import Correction, CorrectionKind
from .records import Conversation, Flag, Kind, Speaker
from .review import FlagState

#: Whose hand the documents are of: not a persona's, so that training can weigh and split them.
HAND = "field"
_MARKERS = {Speaker.AGENT: "A:", Speaker.CUSTOMER: "C:", Speaker.SYSTEM: "X:"}
#: What would be read as markup, each with a sign of the same length.
_MARKUP = (("[[", "［["), ("]]", "］]"))
_LINE = re.compile(r"^(?=@@)@|^(?=[ACXSB]:)[ACXSB]", re.MULTILINE)
_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Decided:
    """One conversation with its flags as decided, and its corrections, oldest first."""

    key: str
    conversation: Conversation
    flags: Sequence[tuple[str, Flag, FlagState]]
    corrections: Sequence[Correction]
    trade: str | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A category on [start, end) of a turn, or on the whole conversation where ``turn`` is None."""

    category: str
    turn: int | None
    start: int
    end: int


def labels(decided: Decided, state: FlagState = FlagState.CONFIRMED) -> list[Label]:
    """The flags in one state, as corrected."""
    found = {
        flag_id: Label(flag.category, flag.turn, flag.start, flag.end)
        for flag_id, flag, is_ in decided.flags
        if is_ is state
    }
    for correction in decided.corrections:
        label = found.get(correction.flag_id or "")
        if label is None or correction.flag_id is None:
            continue
        if correction.kind is CorrectionKind.CATEGORY and correction.category:
            label = replace(label, category=correction.category)
        elif (
            correction.kind is CorrectionKind.SPAN
            and correction.start is not None
            and correction.end is not None
        ):
            label = Label(label.category, correction.turn, correction.start, correction.end)
        found[correction.flag_id] = label
    return list(found.values())


def ready(decided: Decided) -> bool:
    """Whether every flag has its decision, so that what carries no label is known to be harmless."""
    return all(s in (FlagState.CONFIRMED, FlagState.DISMISSED) for _, _, s in decided.flags)


def speakers(decided: Decided) -> list[Speaker]:
    """Who spoke each turn, as corrected."""
    found = [turn.speaker for turn in decided.conversation.turns]
    for c in decided.corrections:
        if c.kind is CorrectionKind.SPEAKER and c.turn is not None and c.speaker is not None:
            found[c.turn] = c.speaker
    return found


def document(decided: Decided, *, key: bytes | None = None) -> str | None:
    """The document as text, or None where it cannot be written: a speaker is not known, or a call has
    no customer.

    With a ``key`` of the installation's the contacts of one customer carry the same pseudonym. It is an
    HMAC: customer numbers are few, and whoever tried them all could turn a plain hash back.
    """
    conversation, who = decided.conversation, speakers(decided)
    call = conversation.kind is Kind.CALL
    if call and (Speaker.CUSTOMER not in who or not set(who) <= set(_MARKERS)):
        return None
    found = labels(decided)
    whole = sorted({label.category for label in found if label.turn is None})
    lines = [" ".join(_header(decided, whole, key))]
    for at, turn in enumerate(conversation.turns):
        if call and who[at] is not Speaker.CUSTOMER:
            spans = []
        else:
            spans = merge([label for label in found if label.turn == at])
        # Same length for same length: the offsets of the spans stay true.
        text = _LINE.sub(lambda m: chr(ord(m[0]) + 0xFEE0), turn.text)
        for sign, harmless in _MARKUP:
            text = text.replace(sign, harmless)
        text = text.replace("\r", " ")
        if call:
            text = text.replace("\n", " ")
        marker = _MARKERS[who[at]] if call else ("S:", "B:")[at]
        lines.append(f"{marker} {_marked(text, spans)}")
    return "\n".join(lines) + "\n"


def _header(decided: Decided, whole: Sequence[str], key: bytes | None) -> Iterable[str]:
    conversation = decided.conversation
    yield f"@@ {conversation.kind}"
    yield f"id={HAND}-{decided.key[:12]}"
    yield f"hand={HAND}"
    yield f"trade={_SPACE.sub('', decided.trade or '') or '不明'}"
    yield "half=natural"
    yield f"noise={'asr' if conversation.kind is Kind.CALL else 'clean'}"
    if whole:
        yield f"doc={','.join(whole)}"
    if conversation.customer_id and key:
        # The same customer's contacts belong together; who it is does not belong in a corpus.
        name = digest(key, b"series:" + conversation.customer_id.encode(), "sha256").hex()[:16]
        yield f"series={HAND}-{name}"
    if conversation.occurred_at:
        yield f"date={conversation.occurred_at[:10]}"
    if conversation.duration_ms:
        yield f"minutes={conversation.duration_ms / 60000:.1f}"


def merge(found: Iterable[Label]) -> list[tuple[int, int, tuple[str, ...]]]:
    """Spans with their categories; the format knows no nesting, so overlapping ones become one."""
    merged: list[tuple[int, int, set[str]]] = []
    for label in sorted(found, key=lambda x: (x.start, x.end)):
        if merged and label.start < merged[-1][1]:
            start, end, names = merged[-1]
            merged[-1] = (start, max(end, label.end), names | {label.category})
        elif label.end > label.start:
            merged.append((label.start, label.end, {label.category}))
    return [(start, end, tuple(sorted(names))) for start, end, names in merged]


def _marked(text: str, spans: Sequence[tuple[int, int, tuple[str, ...]]]) -> str:
    parts, last = [], 0
    for start, end, names in spans:
        parts += [text[last:start], f"[[{','.join(names)}|{text[start:end]}]]"]
        last = end
    return "".join([*parts, text[last:]])


def golden(decided: Decided) -> list[str]:
    """Rows for the corpus's gate: what the machine got wrong in one turn, and what is right.

    A dismissed flag's turn must stay without a flag where nothing in it was confirmed; a corrected or
    missed category must be found in its turn.
    """
    confirmed = labels(decided)
    corrected = {c.flag_id for c in decided.corrections if c.kind is not CorrectionKind.SPEAKER}
    marked = {label.turn for label in confirmed}
    rows: dict[tuple[str, str], str] = {}
    for flag_id, flag, state in decided.flags:
        if flag.turn is None:
            continue
        one = replace(decided, flags=[(flag_id, flag, state)])
        if state is FlagState.DISMISSED and flag.turn not in marked:
            rows.setdefault(("none", _line(decided, flag.turn)), "確認で該当しないとした")
        elif state is FlagState.CONFIRMED and flag_id in corrected:
            (label,) = labels(one)
            if label.turn is not None:
                rows.setdefault((label.category, _line(decided, label.turn)), "確認で訂正した")
    return [
        f"{HAND}-{sha256(f'{expected}{text}'.encode()).hexdigest()[:10]}\t{expected}\t{text}\t{note}"
        for (expected, text), note in rows.items()
    ]


def _line(decided: Decided, turn: int) -> str:
    return _SPACE.sub(" ", decided.conversation.turns[turn].text).strip()
