"""Genesys Cloud speech and text analytics transcripts.

Times are epoch milliseconds: a turn's are made relative to the start of the conversation, which becomes
``occurred_at``. Format: developer.genesys.cloud, transcripturl of a conversation's communication.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from screening.intake.contract import ordered_times
from screening.intake.fields import listed, named, records, text_of
from screening.intake.origin import Origin
from screening.intake.roles import speaker_of
from screening.intake.words import derived_id, epoch_moment, mean_confidence, number, tidy
from screening.records import Conversation, Kind, Turn

Object = Mapping[str, Any]


def is_genesys(obj: Object) -> bool:
    transcripts = records(obj.get("transcripts"))
    return bool(transcripts) and ("conversationId" in obj or "phrases" in transcripts[0])


def read_genesys(obj: Object, origin: Origin) -> Conversation:
    """The phrases of all transcripts in the order of time; ``external`` is the customer."""
    phrases = [
        (f"{path}.{inner}", phrase)
        for path, transcript in listed(obj, "transcripts", origin)
        for inner, phrase in listed(transcript, "phrases", origin, parent="")
    ]
    times = [number(phrase.get("startTimeMs")) for _, phrase in phrases]
    given = number(obj.get("conversationStartTime")) or number(obj.get("startTime"))
    known = [t for t in (given, *times) if t is not None]
    begin = min(known, default=0.0)
    dated = [
        (t if t is not None else begin, n, _turn(path, phrase, t, begin, origin))
        for n, ((path, phrase), t) in enumerate(zip(phrases, times, strict=True))
    ]
    if len(records(obj.get("transcripts"))) > 1:
        dated.sort(key=lambda entry: entry[:2])
    turns = tuple(turn for _, _, turn in dated)
    media = obj.get("mediaType")
    return Conversation(
        id=named(obj.get("conversationId")) or derived_id(origin.file, turns),
        kind=Kind.CALL,
        turns=turns,
        occurred_at=epoch_moment(begin),
        channel="phone" if media in ("call", None) else named(media),
    )


def _turn(path: str, phrase: Object, start: float | None, begin: float, origin: Origin) -> Turn:
    duration = phrase.get("duration")
    lasts = number(duration.get("milliseconds")) if isinstance(duration, dict) else number(duration)
    first = round(start - begin) if start is not None else None
    last = round(start + lasts - begin) if start is not None and lasts is not None else None
    confidence = mean_confidence(word.get("confidence") for word in records(phrase.get("words")))
    return Turn(
        tidy(text_of(phrase, "text", path, origin)),
        speaker_of(origin.roles, phrase.get("participantPurpose")),
        *ordered_times(first, last),
        confidence if confidence is not None else mean_confidence([phrase.get("stability")]),
    )
