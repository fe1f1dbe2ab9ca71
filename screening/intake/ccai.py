"""Google Contact Center AI (Conversational Insights) conversation files.

Format: cloud.google.com/contact-center/insights/docs/conversation-data-format.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from screening.intake.fields import listed, named, records, text_of
from screening.intake.origin import Origin
from screening.intake.roles import speaker_of
from screening.intake.words import derived_id, epoch_moment, number, tidy
from screening.records import Conversation, Kind, Turn

Object = Mapping[str, Any]


def is_ccai(obj: Object) -> bool:
    entries = records(obj.get("entries"))
    return bool(entries) and "text" in entries[0] and "role" in entries[0]


def read_ccai(obj: Object, origin: Origin) -> Conversation:
    """Times are microseconds since 1970 or, in test data, since the start of the call."""
    entries = list(listed(obj, "entries", origin))
    times = [number(entry.get("start_timestamp_usec")) for _, entry in entries]
    begin = min((t for t in times if t is not None), default=0.0)
    turns = tuple(
        Turn(
            tidy(text_of(entry, "text", path, origin)),
            speaker_of(origin.roles, entry.get("role"), entry.get("user_id")),
            round((time - begin) / 1000) if time is not None else None,
        )
        for (path, entry), time in zip(entries, times, strict=True)
    )
    return Conversation(
        id=named(obj.get("conversation_id")) or derived_id(origin.file, turns),
        kind=Kind.CALL,
        turns=turns,
        occurred_at=epoch_moment(begin / 1000),
    )
