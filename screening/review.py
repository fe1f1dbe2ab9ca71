"""What a person must give before a flag is decided. The only way to a decision, whoever calls.

A decision needs a signed-in person with the reviewer's role, an answer to every criterion, an outcome
that the answers leave open, and a reason. Nothing is ever edited: taking back is one more decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .errors import PermissionDenied, ReviewError
from .policy import Policy, conclude

#: The outcome written for a decision that was taken back; no policy may name it.
WITHDRAWN = "withdrawn"
#: The least number of characters, spaces left out, that count as a reason.
MIN_REASON = 5


class FlagState(StrEnum):
    """``ON_HOLD`` waits for a consultation or was handed to the care route."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    ON_HOLD = "on_hold"


class Role(StrEnum):
    REVIEWER = "reviewer"
    APPROVER = "approver"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    MACHINE = "machine"


#: The only legal changes; the way back to PROPOSED is ``withdraw`` alone.
TRANSITIONS: Mapping[FlagState, frozenset[FlagState]] = {
    FlagState.PROPOSED: frozenset(
        [FlagState.CONFIRMED, FlagState.DISMISSED, FlagState.ON_HOLD],
    ),
    # Held for a consultation may still turn out to belong to the care route, so hold again is legal.
    FlagState.ON_HOLD: frozenset(FlagState),
    FlagState.CONFIRMED: frozenset([FlagState.PROPOSED]),
    FlagState.DISMISSED: frozenset([FlagState.PROPOSED]),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody signed in; a program that calls with a key has the role MACHINE."""

    id: str
    name: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided what and why, under which version of the policy. ``decided_at`` carries its zone."""

    flag_id: str
    person_id: str
    answers: Mapping[str, str]
    outcome: str
    reason: str
    decided_at: datetime
    from_state: FlagState
    to_state: FlagState
    policy: str
    illness_suspected: bool = False
    illness_consulted: bool = False


def decide(
    *,
    policy: Policy,
    flag_id: str,
    category: str,
    state: FlagState,
    person: Person,
    answers: Mapping[str, str],
    outcome: str,
    reason: str,
    now: datetime,
    illness_suspected: bool = False,
    illness_consulted: bool = False,
) -> Decision:
    """A person's decision on one flag. Raises PermissionDenied or ReviewError, in Japanese."""
    raise NotImplementedError


def withdraw(
    *, decision: Decision, state: FlagState, person: Person, reason: str, now: datetime
) -> Decision:
    """Takes back the latest ``decision`` on a flag: a new decision that leads back to PROPOSED."""
    raise NotImplementedError
