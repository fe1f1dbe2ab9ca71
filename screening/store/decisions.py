"""A person's decision: taken through ``screening.review`` in one transaction, and never edited."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, func, select

from .. import review
from ..days import JAPAN
from ..errors import Changed, Conflict, PermissionDenied, ReviewError
from ..policy import Assessment, Effect, Policy, assess, effects
from ..review import STATES, WITHDRAWN, Decision, FlagState, Person, Role
from ..steps import StepState
from . import audit, originals, readings, steps
from . import tables as t
from .flags import DUPLICATE_OF, one_flag
from .identity import known
from .moments import kept
from .rows import FlagRow, Recorded

#: What ends a review; anything else still waits for somebody.
FINAL = (FlagState.CONFIRMED, FlagState.DISMISSED)


def of_conversation(connection: Connection, key: str) -> tuple[Recorded, ...]:
    """Every decision on a conversation's flags, oldest first."""
    query = (
        select(t.people.c.name, t.decisions)
        .join_from(t.decisions, t.people)
        .join(t.flags)
        .where(t.flags.c.conversation_key == key)
        .order_by(t.decisions.c.id)
    )
    return tuple(_recorded(row) for row in connection.execute(query))


def latest(connection: Connection, flag_id: str) -> Recorded | None:
    query = (
        select(t.people.c.name, t.decisions)
        .join_from(t.decisions, t.people)
        .where(t.decisions.c.flag_id == flag_id)
        .order_by(t.decisions.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return _recorded(row) if row else None


def _recorded(row: Any) -> Recorded:
    return Recorded(row.id, row.name, decision_of(row))


def decision_of(row: Any) -> Decision:
    """A row of ``decisions`` as the decision that it holds."""
    answers = json.loads(row.answers)
    original = answers.pop(DUPLICATE_OF, None)
    return Decision(
        flag_id=row.flag_id,
        person_id=row.person_id,
        answers=answers,
        outcome=row.outcome,
        reason=row.reason,
        decided_at=datetime.fromisoformat(row.decided_at),
        duplicate_of=original,
        from_state=FlagState(row.from_state),
        to_state=FlagState(row.to_state),
        policy=row.policy,
        illness_suspected=row.illness_suspected,
        illness_consulted=row.illness_consulted,
    )


def illness(connection: Connection, policy: Policy, key: str) -> tuple[bool, bool]:
    """Whether a conversation's conduct may be a symptom, and whether that was talked over.

    A consultation counts where it was with somebody whom ``policy`` names.
    """
    categories, consulted = _bearing(connection, key)
    return policy.suspects_illness(categories), policy.was_consulted(consulted)


def _bearing(connection: Connection, key: str) -> tuple[list[str], list[str]]:
    """The categories flagged in a conversation, by the machine or as set right, and whom somebody
    consulted about it. A correction adds what has to be borne in mind and takes nothing away.
    """
    f, c = t.flags.c, t.consultations.c
    flagged = connection.execute(select(f.category, f.named).where(f.conversation_key == key))
    consulted = select(c.consulted).where(c.conversation_key == key).order_by(c.id)
    return (
        sorted({category for row in flagged for category in row}),
        list(connection.execute(consulted).scalars()),
    )


def assessed(
    connection: Connection,
    flag: FlagRow,
    viewer: Person,
    *,
    policy: Policy,
    answers: Mapping[str, str],
    outcome: str | None,
) -> tuple[Assessment, tuple[Effect, ...]]:
    """What ``policy`` says about a flag with these answers, as ``viewer`` may know it, and what each
    further answer would do.

    The category is the one that a reviewer has set right. Without an ``outcome`` the responses follow
    the decision that stands, but for who reads the flag blind: to them nothing is decided. Raises
    ReviewError for a name that the policy does not have.
    """
    key = flag.conversation_key
    flagged, consulted = _bearing(connection, key)
    category = flag.named
    if outcome is None and not readings.awaited_from(flag, viewer):
        last = latest(connection, flag.id)
        standing = last and last.decision.outcome
        outcome = standing if standing and policy.outcome(standing) else None
    found = assess(
        policy,
        category,
        answers,
        flagged=flagged,
        consulted=consulted,
        outcome=outcome,
        recorded=[
            row.step.planned.response
            for row in steps.of_case(connection, key, viewer)
            if row.step.state is StepState.DONE
        ],
    )
    return found, effects(policy, category, answers, flagged=flagged, consulted=consulted)


def locked(connection: Connection, flag_id: str) -> FlagRow:
    """The flag, which nobody else changes until the transaction ends. Raises NotFound."""
    # SQLite has one writer anyway; PostgreSQL holds the row until the decision stands.
    connection.execute(select(t.flags.c.id).where(t.flags.c.id == flag_id).with_for_update())
    return one_flag(connection, flag_id)


def _must_be(
    connection: Connection,
    policy: Policy,
    flag: FlagRow,
    expected: FlagState | None,
    decision: int | None,
) -> None:
    """Raises Conflict where the flag is in another state, or a later decision stands on it."""
    if expected in (None, flag.state) and decision in (None, flag.decision):
        return
    there = changed(connection, flag)
    if not there.decision:
        raise Conflict(
            f"この候補は「{STATES[flag.state]}」で、まだ誰も決定していません。内容を読み直してください。",
            there,
        )
    at = datetime.fromisoformat(there.at).astimezone(JAPAN)
    chosen = policy.outcome(there.outcome)
    done = (
        "決定を取り消しました"
        if there.outcome == WITHDRAWN
        else f"「{chosen.label if chosen else STATES[flag.state]}」と決定しました"
    )
    raise Conflict(
        f"この候補は{there.person}さんが{at.year}年{at.month}月{at.day}日 {at:%H:%M}に{done}。"
        "内容を見て、必要なら改めて決定してください。",
        there,
    )


def changed(connection: Connection, flag: FlagRow) -> Changed:
    """What stands on a flag, for whoever may know it: not for those who read it blind."""
    last = latest(connection, flag.id)
    if last is None:
        return Changed("", "", "", flag.state.value, 0)
    at, outcome = last.decision.decided_at.isoformat(), last.decision.outcome
    return Changed(last.person_name, at, outcome, flag.state.value, last.id)


def decide(
    connection: Connection,
    flag_id: str,
    person: Person,
    *,
    policy: Policy,
    answers: Mapping[str, str],
    outcome: str,
    reason: str,
    expected_state: FlagState | None,
    expected_decision: int | None = None,
    duplicate_of: str | None = None,
    now: datetime,
) -> Decision:
    """A decision on a flag, or a second, blind reading where the flag waits for one.

    ``expected_decision`` is the number of the decision that the person saw on the flag, 0 where there
    was none: of two decisions that expect the same, one alone succeeds. To the second reader the flag
    looks undecided, and what they give is kept beside the first decision without changing it.
    ``duplicate_of`` must be a flag of the same conversation, or of another one of the same customer.
    Raises NotFound, PermissionDenied, Conflict or ReviewError; then nothing has changed.
    """
    flag = locked(connection, flag_id)
    actor = known(connection, person)
    review.may_decide(policy, actor)
    second = readings.awaited_from(flag, actor)
    if second:
        if expected_state not in (None, FlagState.PROPOSED) or expected_decision not in (None, 0):
            raise Conflict("この候補の状態が変わりました。画面を読み直してから決定してください。")
    else:
        _must_be(connection, policy, flag, expected_state, expected_decision)
    suspected, consulted = illness(connection, policy, flag.conversation_key)
    decision = review.decide(
        policy=policy,
        flag_id=flag_id,
        category=flag.named,
        state=FlagState.PROPOSED if second else flag.state,
        person=actor,
        answers=answers,
        outcome=outcome,
        reason=reason,
        now=now,
        illness_suspected=suspected,
        illness_consulted=consulted,
        duplicate_of=duplicate_of,
    )
    originals.must_be_one(connection, flag, decision.duplicate_of)
    if second:
        first = latest(connection, flag_id)
        assert first is not None  # only a decision makes a flag wait for a second reading
        readings.append(connection, first, decision)
    else:
        steps.open_for(connection, policy, flag, decision, category=flag.named)
        append(connection, flag, decision)
    return decision


def withdraw(
    connection: Connection, flag_id: str, person: Person, *, reason: str, now: datetime
) -> Decision:
    """Takes the person's own latest decision back.

    Raises NotFound, PermissionDenied or ReviewError; then nothing has changed.
    """
    flag = locked(connection, flag_id)
    last = latest(connection, flag_id)
    actor = known(connection, person)
    review.may_withdraw(actor)
    if last is None or readings.awaited_from(flag, actor):
        raise ReviewError("この候補には、取り消す決定がありません。")
    decision = review.withdraw(
        decision=last.decision, state=flag.state, person=actor, reason=reason, now=now
    )
    steps.cancel(connection, flag_id, decision)
    append(connection, flag, decision, action="withdraw")
    return decision


def append(
    connection: Connection, flag: FlagRow, decision: Decision, *, action: str = "decide"
) -> None:
    """Writes a decision down, moves the flag, and has the audit log vouch for it."""
    values = decision_values(decision) | {
        "from_state": decision.from_state.value,
        "illness_suspected": decision.illness_suspected,
        "illness_consulted": decision.illness_consulted,
    }
    inserted = connection.execute(t.decisions.insert().values(values)).inserted_primary_key
    assert inserted is not None
    final = decision.to_state in FINAL
    moved: dict[str, Any] = {
        "state": decision.to_state.value,
        "held_until": None,
        "disputed": False,
        "second_after": None,
        "first_decided_at": func.coalesce(t.flags.c.first_decided_at, kept(decision.decided_at)),
    }
    if final:
        moved |= {"escalated": False, "assigned_to": None}
        if flag.doubled and not readings.read_already(connection, flag.id):
            moved["second_after"] = decision.person_id
    connection.execute(t.flags.update().where(t.flags.c.id == decision.flag_id).values(moved))
    connection.execute(t.claims.delete().where(t.claims.c.flag_id == decision.flag_id))
    audit.append(
        connection,
        decision.person_id,
        action,
        f"flag:{decision.flag_id}",
        {
            "decision": inserted[0],
            "outcome": decision.outcome,
            "to_state": decision.to_state.value,
            "policy": decision.policy,
            "digest": audit.decision_digest(values),
        },
        at=decision.decided_at,
    )


def decision_values(decision: Decision) -> dict[str, Any]:
    """What a decision and a second reading have in common, as it is kept.

    The flag that is repeated stands among the answers, so that the audit log vouches for it as well.
    """
    original = {DUPLICATE_OF: decision.duplicate_of} if decision.duplicate_of else {}
    return {
        "flag_id": decision.flag_id,
        "person_id": decision.person_id,
        "answers": json.dumps(dict(decision.answers) | original),
        "outcome": decision.outcome,
        "reason": decision.reason,
        "decided_at": decision.decided_at.isoformat(),
        "to_state": decision.to_state.value,
        "policy": decision.policy,
        "salt": token_hex(16),
    }


def consult(
    connection: Connection,
    key: str,
    person: Person,
    *,
    consulted: str,
    note: str,
    now: datetime,
    policy: Policy | None = None,
    held_on: date | None = None,
) -> None:
    """Records a consultation on a conversation; ``held_on`` is its day, today where none is given.

    With a ``policy``, only a consultation with somebody whom it names is taken. Raises PermissionDenied
    for whoever is no reviewer, ReviewError where something is missing.
    """
    person = known(connection, person)
    day = held_on or now.date()
    if policy is not None:
        review.consultation(
            policy=policy, person=person, whom=consulted, held_on=day, note=note, now=now
        )
    if Role.MACHINE in person.roles or Role.REVIEWER not in person.roles:
        raise PermissionDenied("協議を記録できるのは、確認者の役割を持つ人だけです。")
    if not consulted.strip() or not note.strip():
        raise ReviewError("協議した相手と内容の両方を書いてください。")
    connection.execute(
        t.consultations.insert().values(
            conversation_key=key,
            person_id=person.id,
            consulted=consulted.strip(),
            note=note.strip(),
            recorded_at=now.isoformat(),
            held_on=day.isoformat(),
        )
    )
    audit.append(connection, person.id, "consult", f"conversation:{key}", at=now)
