"""Where an input comes from, and what the person who imports it told us about its speakers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from screening.errors import IntakeError, Reject
from screening.records import Conversation, Speaker


@dataclass(frozen=True, slots=True)
class Origin:
    """``place`` is a line or row number, or a JSON path; ``roles`` maps folded labels to speakers."""

    file: str = ""
    place: str = ""
    roles: Mapping[str, Speaker] = field(default_factory=dict)

    def at(self, place: str) -> Origin:
        return replace(self, place=place)

    def reject(self, field: str, reason: str) -> Reject:
        return Reject(self.file, self.place, field, reason)

    def error(self, field: str, reason: str) -> IntakeError:
        return IntakeError(self.reject(field, reason))


#: What a reader yields: where it stood, and what it read or why it could not.
Located = tuple[Origin, Conversation | Reject]
