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

#: What a reviewer reads for each state.
STATES: Mapping[FlagState, str] = {
    FlagState.PROPOSED: "未確認",
    FlagState.CONFIRMED: "該当と確認",
    FlagState.DISMISSED: "該当しない",
    FlagState.ON_HOLD: "保留",
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
    """A person's decision on one flag, under ``policy`` and in the flag's present ``state``.

    ``now`` carries its zone. Raises PermissionDenied where the person may not decide, ReviewError
    where something is missing, unknown, blocked by the answers, or illegal in this state; the Japanese
    message says what came and what was expected.
    """
    _may_review(person)
    _zoned(now)
    conclusion = conclude(
        policy,
        category,
        answers,
        illness_suspected=illness_suspected,
        illness_consulted=illness_consulted,
    )
    chosen = policy.outcome(outcome)
    if chosen is None:
        expected = ", ".join(o.id for o in policy.outcomes)
        raise ReviewError(f"結論「{outcome}」はこの方針にありません。使える結論: {expected}。")
    if conclusion.missing:
        titles = "、".join(
            f"「{c.title}」（{c.provision}）" for c in policy.criteria if c.id in conclusion.missing
        )
        raise ReviewError(f"{titles}が未回答です。すべての判断基準に答えてください。")
    if outcome in conclusion.blocked:
        raise ReviewError(f"「{chosen.label}」は選べません。{conclusion.blocked[outcome]}")
    target = FlagState(chosen.result.value)
    _may_move(state, target)
    return Decision(
        flag_id=flag_id,
        person_id=person.id,
        answers={c.id: answers[c.id] for c in policy.criteria},
        outcome=outcome,
        reason=_given(reason),
        decided_at=now,
        from_state=state,
        to_state=target,
        policy=policy.version,
        illness_suspected=illness_suspected,
        illness_consulted=illness_consulted,
    )


def withdraw(
    *, decision: Decision, state: FlagState, person: Person, reason: str, now: datetime
) -> Decision:
    """Takes back the latest ``decision`` on a flag: a new decision that leads back to PROPOSED.

    Only the person who decided may take it back. Raises PermissionDenied or ReviewError.
    """
    _may_review(person)
    _zoned(now)
    if person.id != decision.person_id:
        raise PermissionDenied("判断を取り消せるのは、その判断をした本人だけです。")
    if decision.outcome == WITHDRAWN or state is not decision.to_state:
        raise ReviewError(
            f"取り消せるのは最新の判断だけです（状態「{STATES[decision.to_state]}」のはずが、"
            f"今は「{STATES[state]}」です）。"
        )
    _may_move(state, FlagState.PROPOSED)
    return Decision(
        flag_id=decision.flag_id,
        person_id=person.id,
        answers={},
        outcome=WITHDRAWN,
        reason=_given(reason),
        decided_at=now,
        from_state=state,
        to_state=FlagState.PROPOSED,
        policy=decision.policy,
    )


def _may_review(person: Person) -> None:
    # A program stays a program, whatever other role somebody gave to its key.
    if Role.MACHINE in person.roles:
        raise PermissionDenied(
            "プログラムは候補を判断できません。確認者の役割を持つ人がサインインして判断します。"
        )
    if not person.id.strip():
        raise PermissionDenied("サインインした人だけが判断できます。")
    if Role.REVIEWER not in person.roles:
        came = "、".join(sorted(person.roles)) or "なし"
        raise PermissionDenied(f"確認者（reviewer）の役割が必要です（今の役割: {came}）。")


def _may_move(state: FlagState, target: FlagState) -> None:
    if target not in TRANSITIONS[state]:
        legal = "・".join(STATES[s] for s in FlagState if s in TRANSITIONS[state])
        raise ReviewError(
            f"「{STATES[state]}」から「{STATES[target]}」へは変えられません。"
            f"変えられるのは「{legal}」だけです。"
        )


def _given(reason: str) -> str:
    # Zero-width characters are no reason either.
    came = sum(c.isprintable() and not c.isspace() for c in reason)
    if came < MIN_REASON:
        raise ReviewError(f"理由を{MIN_REASON}文字以上で書いてください（今は{came}文字）。")
    return reason.strip()


def _zoned(now: datetime) -> None:
    if now.utcoffset() is None:
        raise ReviewError("判断の時刻には時差（タイムゾーン）が必要です。時差のない時刻でした。")
