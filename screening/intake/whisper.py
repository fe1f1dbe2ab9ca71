"""OpenAI transcriptions: verbose_json, diarized_json, and the same shape from local Whispers.

Format: github.com/openai/openai-openapi, CreateTranscriptionResponseVerboseJson and …DiarizedJson.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from screening.intake.contract import ordered_times
from screening.intake.fields import listed, named, records, text_of
from screening.intake.origin import Origin
from screening.intake.roles import speaker_of
from screening.intake.words import derived_id, mean_confidence, millis, number
from screening.records import Conversation, Kind, Turn

Object = Mapping[str, Any]
_SEGMENT_KEYS = {"avg_logprob", "compression_ratio", "speaker", "no_speech_prob", "words"}


def is_whisper(obj: Object) -> bool:
    segments = records(obj.get("segments"))
    if not segments:
        return obj.get("task") == "transcribe" and isinstance(obj.get("text"), str)
    first = segments[0]
    return isinstance(first.get("text"), str) and (
        obj.get("task") in ("transcribe", "translate")
        or ("start" in first and bool(_SEGMENT_KEYS & first.keys()))
    )


def read_whisper(obj: Object, origin: Origin) -> Conversation:
    """Segments become turns. Confidence is exp(avg_logprob), the geometric mean over the tokens; the
    compression ratio is kept, because a high one gives a loop of the recogniser away. Seconds become
    milliseconds.
    """
    if "segments" not in obj and isinstance(obj.get("text"), str):
        turns = [Turn(text_of(obj, "text", "$", origin).strip())]
    else:
        turns = [_turn(path, segment, origin) for path, segment in listed(obj, "segments", origin)]
    return Conversation(
        id=named(obj.get("id")) or derived_id(origin.file, turns),
        kind=Kind.CALL,
        turns=tuple(turns),
        channel="phone",
    )


def _turn(path: str, segment: Object, origin: Origin) -> Turn:
    logprob = number(segment.get("avg_logprob"))
    if logprob is not None:
        confidence: float | None = min(1.0, math.exp(min(logprob, 0.0)))
    else:
        words = records(segment.get("words"))
        confidence = mean_confidence(w.get("probability", w.get("score")) for w in words)
    ratio = number(segment.get("compression_ratio"))
    return Turn(
        text_of(segment, "text", path, origin).strip(),
        speaker_of(origin.roles, segment.get("speaker")),
        *ordered_times(millis(segment.get("start"), 1000), millis(segment.get("end"), 1000)),
        confidence,
        ratio if ratio is not None and ratio >= 0 else None,
    )
