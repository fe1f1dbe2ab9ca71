"""Azure: batch transcription output and the conversation input of Azure AI Language.

The ``lexical`` text is read: ``display`` masks abuse with asterisks by default. Format:
learn.microsoft.com, speech-service batch-transcription-get; github.com/Azure-Samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from screening.intake.contract import ordered_times
from screening.intake.fields import listed, named, records, text_of
from screening.intake.origin import Origin
from screening.intake.roles import speaker_of
from screening.intake.words import derived_id, mean_confidence, millis, tidy
from screening.records import Conversation, Kind, Turn

Object = Mapping[str, Any]
#: One tick is 100 ns.
_TICK_MS = 1e-4


def is_azure_batch(obj: Object) -> bool:
    return isinstance(obj.get("recognizedPhrases"), list)


def is_azure_conversation(obj: Object) -> bool:
    return isinstance(obj.get("conversationItems"), list)


def azure_conversations(obj: Object) -> list[Object] | None:
    """The conversations of an analysis request, or None where it is none."""
    request = obj.get("analysisInput", obj)
    found = records(request.get("conversations")) if isinstance(request, dict) else []
    return found if found and all(map(is_azure_conversation, found)) else None


def read_azure_batch(obj: Object, origin: Origin) -> Conversation:
    """Voices are labelled ``spk_N`` where they were told apart, else channels ``ch_N``."""
    turns: list[Turn] = []
    for path, phrase in listed(obj, "recognizedPhrases", origin):
        best = next(iter(records(phrase.get("nBest"))), None)
        if best is None:
            continue  # recognitionStatus is not Success: silence or noise
        name = "lexical" if best.get("lexical") else "display"
        start, lasts = _ticks(phrase, "offset"), _ticks(phrase, "duration")
        channel = f"ch_{phrase['channel']}" if "channel" in phrase else None
        voice = f"spk_{phrase['speaker']}" if phrase.get("speaker") is not None else None
        turns.append(
            Turn(
                tidy(text_of(best, name, f"{path}.nBest[0]", origin)),
                speaker_of(origin.roles, voice, channel),
                start,
                start + lasts if start is not None and lasts is not None else None,
                mean_confidence([best.get("confidence")]),
            )
        )
    return Conversation(derived_id(origin.file, turns), Kind.CALL, tuple(turns), channel="phone")


def read_azure_conversation(obj: Object, origin: Origin) -> Conversation:
    turns: list[Turn] = []
    for path, item in listed(obj, "conversationItems", origin):
        audio = next(iter(records(item.get("audioTimings"))), {})
        start, lasts = (
            millis(audio.get("offset"), _TICK_MS),
            millis(audio.get("duration"), _TICK_MS),
        )
        end = start + lasts if start is not None and lasts is not None else None
        name = "lexical" if item.get("lexical") else "text"
        turns.append(
            Turn(
                tidy(text_of(item, name, path, origin)),
                speaker_of(origin.roles, item.get("participantId"), item.get("role")),
                *ordered_times(start, end),
            )
        )
    identifier = named(obj.get("id")) or derived_id(origin.file, turns)
    channel = "phone" if obj.get("modality") == "transcript" else "chat"
    return Conversation(identifier, Kind.CALL, tuple(turns), channel=channel)


def _ticks(phrase: Object, name: str) -> int | None:
    if (ticks := millis(phrase.get(f"{name}InTicks"), _TICK_MS)) is not None:
        return ticks
    return millis(phrase.get(f"{name}Milliseconds"))
