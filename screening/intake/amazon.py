"""Amazon: Connect Contact Lens, Transcribe Call Analytics, Transcribe, and AWS's post-call analytics.

Formats: docs.aws.amazon.com/connect (Contact Lens output file), docs.aws.amazon.com/transcribe (call
analytics and batch output), github.com/aws-samples/amazon-transcribe-post-call-analytics.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from screening.intake.contract import ordered_times, whole
from screening.intake.fields import listed, named, records, text_of
from screening.intake.origin import Origin
from screening.intake.roles import speaker_of
from screening.intake.words import derived_id, join_words, mean_confidence, millis, tidy
from screening.records import Conversation, Kind, Turn

#: A silence that separates two utterances of one voice, where only words have times.
_PAUSE_MS = 1500

Object = Mapping[str, Any]


def is_contact_lens(obj: Object) -> bool:
    return isinstance(obj.get("Transcript"), list) and (
        any("ParticipantId" in entry for entry in records(obj["Transcript"][:5]))
        or ("Participants" in obj and "JobName" not in obj and not is_call_analytics(obj))
    )


def is_call_analytics(obj: Object) -> bool:
    return isinstance(obj.get("Transcript"), list) and (
        "JobName" in obj
        or any("ParticipantRole" in entry for entry in records(obj["Transcript"][:5]))
    )


def is_transcribe(obj: Object) -> bool:
    return isinstance(obj.get("results"), dict) and isinstance(obj["results"].get("items"), list)


def is_pca(obj: Object) -> bool:
    return "ConversationAnalytics" in obj and isinstance(obj.get("SpeechSegments"), list)


def read_contact_lens(obj: Object, origin: Origin) -> Conversation:
    """Voice and chat. ``ParticipantId`` may be a UUID: its role stands under ``Participants``."""
    roles = {
        str(p.get("ParticipantId")): p.get("ParticipantRole")
        for p in records(obj.get("Participants"))
    }
    entries = list(listed(obj, "Transcript", origin))
    clock = [_clock(entry.get("AbsoluteTime")) for _, entry in entries]
    begin = min((moment for moment in clock if moment is not None), default=None)
    turns: list[Turn] = []
    for (path, entry), moment in zip(entries, clock, strict=True):
        if entry.get("Type") == "EVENT" or ("Content" not in entry and "ContentType" in entry):
            continue  # somebody joined or left a chat: nothing was said
        label = str(entry.get("ParticipantId", ""))
        start = millis(entry.get("BeginOffsetMillis"))
        if start is None and moment is not None and begin is not None:
            start = round((moment - begin).total_seconds() * 1000)
        start, end = ordered_times(start, millis(entry.get("EndOffsetMillis")))
        turns.append(
            Turn(
                tidy(text_of(entry, "Content", path, origin)),
                speaker_of(origin.roles, label, entry.get("ParticipantRole"), roles.get(label)),
                start,
                end,
            )
        )
    metadata = obj.get("CustomerMetadata")
    contact = metadata.get("ContactId") if isinstance(metadata, dict) else None
    channel = str(obj.get("Channel") or "VOICE")
    return Conversation(
        id=named(contact or obj.get("ContactId")) or derived_id(origin.file, turns),
        kind=Kind.CALL,
        turns=tuple(turns),
        occurred_at=begin.isoformat() if begin is not None else None,
        channel="phone" if channel == "VOICE" else whole(channel.lower()),
    )


def read_call_analytics(obj: Object, origin: Origin) -> Conversation:
    """Times may be strings; a turn's confidence is the mean over its words."""
    turns: list[Turn] = []
    for path, entry in listed(obj, "Transcript", origin):
        start, end = ordered_times(
            millis(entry.get("BeginOffsetMillis")), millis(entry.get("EndOffsetMillis"))
        )
        words = [w for w in records(entry.get("Items")) if w.get("Type") == "pronunciation"]
        turns.append(
            Turn(
                tidy(text_of(entry, "Content", path, origin)),
                speaker_of(origin.roles, entry.get("ParticipantRole")),
                start,
                end,
                mean_confidence(w.get("Confidence") for w in words),
            )
        )
    return Conversation(
        id=named(obj.get("JobName")) or derived_id(origin.file, turns),
        kind=Kind.CALL,
        turns=tuple(turns),
        channel="phone",
    )


def read_transcribe(obj: Object, origin: Origin) -> Conversation:
    """Batch output: words with the label of a voice (``spk_0``) or of a channel (``ch_0``)."""
    results: dict[str, Any] = obj["results"] if isinstance(obj.get("results"), dict) else {}
    items = [item for _, item in listed(results, "items", origin, parent="results.")]
    channels = results.get("channel_labels")
    turns: list[Turn] = []
    if isinstance(channels, dict) and records(channels.get("channels")):
        for channel in records(channels["channels"]):
            label = str(channel.get("channel_label", ""))
            turns += _utterances(((label, i) for i in records(channel.get("items"))), origin)
        turns.sort(key=lambda turn: turn.start_ms or 0)
    else:
        turns += _utterances(_labelled(items, results.get("speaker_labels")), origin)
    return Conversation(
        id=named(obj.get("jobName")) or derived_id(origin.file, turns),
        kind=Kind.CALL,
        turns=tuple(turns),
        channel="phone",
    )


def read_pca(obj: Object, origin: Origin) -> Conversation:
    """``SpeakerLabels`` name the roles of ``spk_0`` and ``spk_1``. Times count seconds."""
    head = obj.get("ConversationAnalytics")
    analytics: dict[str, Any] = head if isinstance(head, dict) else {}
    names = {
        str(s.get("Speaker")): s.get("DisplayText") for s in records(analytics.get("SpeakerLabels"))
    }
    turns: list[Turn] = []
    for path, segment in listed(obj, "SpeechSegments", origin):
        label = str(segment.get("SegmentSpeaker", ""))
        start, end = ordered_times(
            millis(segment.get("SegmentStartTime"), 1000),
            millis(segment.get("SegmentEndTime"), 1000),
        )
        words = records(segment.get("WordConfidence"))
        # OriginalText is before the redaction and the markup that DisplayText may carry.
        name = "OriginalText" if "OriginalText" in segment else "DisplayText"
        turns.append(
            Turn(
                tidy(text_of(segment, name, path, origin)),
                speaker_of(origin.roles, label, names.get(label)),
                start,
                end,
                mean_confidence(word.get("Confidence") for word in words),
            )
        )
    given = named(analytics.get("GUID"))
    return Conversation(
        id=given if given and given != "None" else derived_id(origin.file, turns),
        kind=Kind.CALL,
        turns=tuple(turns),
        channel="phone",
    )


def _labelled(items: list[Object], speaker_labels: object) -> Iterator[tuple[str, Object]]:
    """Each word with its voice: written at the word, or in ``speaker_labels`` by its start time."""
    by_time: dict[str, str] = {}
    if isinstance(speaker_labels, dict):
        for segment in records(speaker_labels.get("segments")):
            for word in records(segment.get("items")):
                by_time[str(word.get("start_time"))] = str(
                    word.get("speaker_label") or segment.get("speaker_label") or ""
                )
    label = ""
    for item in items:
        # A sign of punctuation has no time and belongs to the voice before it.
        label = str(item.get("speaker_label") or by_time.get(str(item.get("start_time")), label))
        yield label, item


def _utterances(words: Iterable[tuple[str, Object]], origin: Origin) -> Iterator[Turn]:
    """Words of one voice until another speaks or a pause comes."""
    said: list[Object] = []
    voice = ""
    for label, word in words:
        start, last = millis(word.get("start_time"), 1000), _last_end(said)
        paused = start is not None and last is not None and start - last > _PAUSE_MS
        if said and (label != voice or paused):
            yield _utterance(voice, said, origin)
            said = []
        voice = label
        said.append(word)
    if said:
        yield _utterance(voice, said, origin)


def _utterance(label: str, items: list[Object], origin: Origin) -> Turn:
    best = [next(iter(records(item.get("alternatives"))), {}) for item in items]
    starts = (millis(item.get("start_time"), 1000) for item in items)
    spoken = [a for i, a in zip(items, best, strict=True) if i.get("type") != "punctuation"]
    start, end = ordered_times(next((s for s in starts if s is not None), None), _last_end(items))
    return Turn(
        whole(join_words(str(word.get("content", "")) for word in best)),
        speaker_of(origin.roles, label),
        start,
        end,
        mean_confidence(word.get("confidence") for word in spoken),
    )


def _last_end(items: list[Object]) -> int | None:
    ends = (millis(item.get("end_time"), 1000) for item in reversed(items))
    return next((end for end in ends if end is not None), None)


def _clock(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
