"""What a person must give before a flag is decided. The only way to a decision, whoever calls.

A decision needs a signed-in person whom the policy lets decide, an outcome that the answers leave open, a
reason, and, where it is about what the customer did, an answer to every criterion that the policy asks of
the category. Nothing is ever edited: taking back is one more decision. What no detector found a person
may raise, in the words that were said and with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from .errors import PermissionDenied, ReviewError
from .policy import OutcomeKind, Policy, conclude, lacking
from .records import Conversation, Flag, Kind, Speaker

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
    """``MACHINE`` is a program with a key: it may bring conversations and read, and never decides."""

    REVIEWER = "reviewer"
    APPROVER = "approver"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    MACHINE = "machine"


#: The roles that a policy may give work to.
HUMAN = frozenset([Role.REVIEWER, Role.APPROVER, Role.ADMINISTRATOR])

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

#: What a reviewer reads for each role.
ROLES: Mapping[str, str] = {
    Role.REVIEWER: "確認者",
    Role.APPROVER: "承認者",
    Role.ADMINISTRATOR: "管理者",
    Role.AUDITOR: "監査者",
    Role.MACHINE: "プログラム",
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
    """Who decided what and why, under which version of the policy. ``decided_at`` carries its zone.

    ``illness_suspected``: the policy's exemption held, by the person's answer or by what was found.
    ``duplicate_of`` is the flag that this one repeats, where the person named it.
    """

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
    duplicate_of: str | None = None


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
    duplicate_of: str | None = None,
) -> Decision:
    """A person's decision on one flag, under ``policy`` and in the flag's present ``state``.

    ``now`` carries its zone. ``duplicate_of`` goes with an outcome of the kind DUPLICATE alone; whether
    there is such a flag is for whoever keeps them. Raises PermissionDenied where the person may not decide, ReviewError
    where something is missing, unknown, blocked by the answers, or illegal in this state; the Japanese
    message says what came and what was expected.
    """
    may_decide(policy, person)
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
    if missing := lacking(conclusion, chosen):
        titles = "、".join(
            f"「{c.title}」（{c.provision}）" for c in policy.criteria if c.id in missing
        )
        raise ReviewError(f"{titles}が未回答です。すべての判断基準に答えてください。")
    if outcome in conclusion.blocked:
        raise ReviewError(f"「{chosen.label}」は選べません。{conclusion.blocked[outcome]}")
    target = FlagState(chosen.result.value)
    _may_move(state, target)
    if duplicate_of and chosen.kind is not OutcomeKind.DUPLICATE:
        raise ReviewError(
            f"重複の元は、「{chosen.label}」では選べません。重複の結論だけで選びます。"
        )
    if duplicate_of == flag_id:
        raise ReviewError("候補は、それ自身の重複にはなりません。元の候補を選んでください。")
    kept = {c.id: answers[c.id] for c in policy.criteria if c.id in answers}
    suspected = illness_suspected
    if (exemption := policy.exemption) is not None:
        suspected = exemption.holds(answers, illness_suspected)
        kept |= {k: v for k, v in answers.items() if k == exemption.id}
    return Decision(
        flag_id=flag_id,
        person_id=person.id,
        answers=kept,
        outcome=outcome,
        reason=given(reason),
        decided_at=now,
        from_state=state,
        to_state=target,
        policy=policy.version,
        illness_suspected=suspected,
        illness_consulted=illness_consulted,
        duplicate_of=duplicate_of or None,
    )


def withdraw(
    *, decision: Decision, state: FlagState, person: Person, reason: str, now: datetime
) -> Decision:
    """Takes back the latest ``decision`` on a flag: a new decision that leads back to PROPOSED.

    Only the person who decided may take it back. Raises PermissionDenied or ReviewError.
    """
    may_withdraw(person)
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
        reason=given(reason),
        decided_at=now,
        from_state=state,
        to_state=FlagState.PROPOSED,
        policy=decision.policy,
    )


def may_withdraw(person: Person) -> None:
    """Raises PermissionDenied for whoever holds no role in which decisions are taken."""
    signed_in(person)
    if not person.roles & HUMAN:
        raise PermissionDenied("この役割では判断を取り消せません。")


@dataclass(frozen=True, slots=True)
class ConsultationRecord:
    """With ``whom`` conduct that may be a symptom was talked over, on which day, and what came of it."""

    person_id: str
    whom: str
    held_on: date
    note: str
    recorded_at: datetime
    policy: str


def consultation(
    *, policy: Policy, person: Person, whom: str, held_on: date, note: str, now: datetime
) -> ConsultationRecord:
    """A consultation for the record: it ends the wait that the policy's exemption demands.

    Raises PermissionDenied where the person may not decide, ReviewError where the policy has no
    exemption, ``whom`` names nobody it lists, the day is still to come, or what came of it is missing.
    """
    may_decide(policy, person)
    _zoned(now)
    if policy.exemption is None:
        raise ReviewError("この方針には、協議の要る例外がありません。")
    if not policy.was_consulted([whom]):
        names = "、".join(policy.exemption.consult)
        raise ReviewError(
            f"協議の相手を、方針の相手（{names}）から書いてください（{policy.exemption.provision}）。"
        )
    if held_on > now.date():
        raise ReviewError(f"協議の日 {held_on} はまだ来ていません。行った日を書いてください。")
    return ConsultationRecord(person.id, whom.strip(), held_on, given(note), now, policy.version)


def raise_flag(
    *,
    policy: Policy,
    conversation: Conversation,
    person: Person,
    turn: int,
    start: int,
    end: int,
    reason: str,
) -> Flag:
    """A flag that a person raises on words of ``turn`` which stand on no list; it waits like any other.

    ``start`` and ``end`` count code points of the turn's text. Raises PermissionDenied where the person
    may not decide, ReviewError where the policy knows no such flag, the place holds no words of the
    customer, or the reason is missing.
    """
    may_decide(policy, person)
    category = policy.unlisted
    if category is None:
        raise ReviewError("この方針には、例示にない言動を挙げる区分（unlisted）がありません。")
    if not 0 <= turn < len(conversation.turns):
        raise ReviewError(
            f"発話 {turn} はありません。0 から {len(conversation.turns) - 1} で示してください。"
        )
    spoken = conversation.turns[turn]
    if conversation.kind is Kind.CALL and spoken.speaker in (Speaker.AGENT, Speaker.SYSTEM):
        raise ReviewError("挙げられるのはお客様の言葉だけです。職員や案内の発話は挙げられません。")
    if not 0 <= start < end <= len(spoken.text) or not spoken.text[start:end].strip():
        raise ReviewError(
            f"言葉の範囲 {start}〜{end} に文字がありません（この発話は{len(spoken.text)}文字）。"
        )
    return Flag(
        category=category.id,
        provision=category.provision,
        turn=turn,
        start=start,
        end=end,
        text=spoken.text[start:end],
        score=1.0,
        detectors=(f"person:{person.id}",),
        why=f"{policy.leads[category.id]}のおそれ：確認者が挙げました。{given(reason)}",
        priority=category.priority,
    )


def signed_in(person: Person) -> None:
    """Raises PermissionDenied for a program, whatever other role its key has, and for nobody."""
    if Role.MACHINE in person.roles:
        raise PermissionDenied(
            "プログラムは候補を判断できません。確認者の役割を持つ人がサインインして判断します。"
        )
    if not person.id.strip():
        raise PermissionDenied("サインインした人だけが判断できます。")


def may_decide(policy: Policy, person: Person) -> None:
    """Raises PermissionDenied unless the policy lets one of the person's roles decide."""
    signed_in(person)
    needs(person, policy.may("decide"))


def needs(person: Person, roles: Iterable[str]) -> None:
    """Raises PermissionDenied unless the person holds one of ``roles``."""
    if not person.roles & frozenset(roles):
        came = "、".join(sorted(person.roles)) or "なし"
        expected = "・".join(f"{ROLES[r]}（{r}）" for r in Role if r in frozenset(roles))
        raise PermissionDenied(f"{expected}の役割が必要です（今の役割: {came}）。")


def _may_move(state: FlagState, target: FlagState) -> None:
    if target not in TRANSITIONS[state]:
        legal = "・".join(STATES[s] for s in FlagState if s in TRANSITIONS[state])
        raise ReviewError(
            f"「{STATES[state]}」から「{STATES[target]}」へは変えられません。"
            f"変えられるのは「{legal}」だけです。"
        )


def given(reason: str) -> str:
    """``reason`` without its edges. Raises ReviewError where it says nothing."""
    # Zero-width characters are no reason either.
    came = sum(c.isprintable() and not c.isspace() for c in reason)
    if came < MIN_REASON:
        raise ReviewError(f"理由を{MIN_REASON}文字以上で書いてください（今は{came}文字）。")
    return reason.strip()


def _zoned(now: datetime) -> None:
    if now.utcoffset() is None:
        raise ReviewError("判断の時刻には時差（タイムゾーン）が必要です。時差のない時刻でした。")
