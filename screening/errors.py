"""What is said when something cannot be used: the place, what was expected, what to do.

No message carries words of a conversation.
"""

from __future__ import annotations

from dataclasses import dataclass


class ScreeningError(Exception):
    """Base of every error a person is meant to read."""


@dataclass(frozen=True, slots=True)
class Reject:
    """One input that could not be read. ``place`` is a line number, a JSON path or a part of a mail."""

    file: str
    place: str
    field: str
    reason: str

    def __str__(self) -> str:
        at = ":".join(x for x in (self.file, self.place) if x)
        return f"{at}: {self.field + ': ' if self.field else ''}{self.reason}"


class IntakeError(ScreeningError):
    """An input that could not be read at all; carries the ``Reject`` that reports it."""

    def __init__(self, reject: Reject) -> None:
        super().__init__(str(reject))
        self.reject = reject


class PolicyError(ScreeningError):
    """A policy document that cannot be used: ``file:line:column`` and what was expected there."""


class ModelError(ScreeningError):
    """A model that does not match its card, its library versions or this program."""


class ReviewError(ScreeningError):
    """A decision that lacks something, or that the present state does not allow."""


class NotFound(ScreeningError):
    """The thing asked for is not in the record."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What stands in the record instead of what the caller saw: who did it, when (ISO 8601), and what.

    ``decision`` is the number of the decision that stands, 0 where there is none.
    """

    person: str
    at: str
    outcome: str
    state: str
    decision: int


class Conflict(ScreeningError):
    """Somebody else has changed the thing meanwhile; says who and what, so nothing is lost.

    ``changed`` says it once more for programs, where the caller may know it.
    """

    def __init__(self, message: str, changed: Changed | None = None) -> None:
        super().__init__(message)
        self.changed = changed


class PermissionDenied(ScreeningError):
    """The person may not do this."""
