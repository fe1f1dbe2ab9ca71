"""What comes in and goes out over ``/v1``. Conversations are checked by the core, not here."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from screening import urgency
from screening.corrections import CorrectionKind
from screening.policy import Assessment, Effect, Policy, Reason
from screening.records import Conversation, Speaker
from screening.review import STATES, Decision, FlagState, Role
from screening.steps import STATES as STEP_STATES
from screening.steps import Act
from screening.store import Account, Case, Corrected, FlagRow, Page, Recorded, StepRow

CONVERSATION_EXAMPLES: dict[str, Any] = {
    "call": {
        "summary": "通話",
        "value": {
            "id": "c-1",
            "kind": "call",
            "customer_id": "k-20",
            "started_at": "2026-11-01T09:00:00+09:00",
            "turns": [
                {"speaker": "agent", "text": "お電話ありがとうございます。"},
                {"speaker": "customer", "text": "昨日の件、まだ返事がないんですが"},
            ],
        },
    },
    "email": {
        "summary": "メール",
        "value": {
            "id": "m-1",
            "kind": "email",
            "sent_at": "2026-11-01T09:00:00+09:00",
            "subject": "修理の件",
            "body": "先週お願いした修理の日程を教えてください。",
        },
    },
}


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignIn(_In):
    name: str = Field(max_length=120)
    password: str = Field(max_length=1000)


class DecisionIn(_In):
    """A decision. The core checks it: all criteria answered, an open outcome, a reason.

    ``expected_decision`` is the flag's ``decision`` as it was shown, null where there was none: of two
    requests that expect the same, one alone succeeds. Left out, it is not looked at.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "answers": {"demand_validity": "valid", "means_acceptability": "unacceptable"},
                "outcome": "harassment",
                "reason": "返金の求めは妥当だが、家族への害をほのめかしており②-2に当たる",
                "expected_state": "proposed",
                "expected_decision": None,
            }
        },
    )
    answers: dict[str, str]
    outcome: str
    reason: str = Field(max_length=4000)
    expected_state: FlagState | None = None
    expected_decision: int | None = Field(default=None, ge=1)

    @property
    def expected(self) -> int | None:
        """As the record counts: 0 for "no decision yet", None for "not asked"."""
        asked = "expected_decision" in self.model_fields_set
        return (self.expected_decision or 0) if asked else None


class WithdrawalIn(_In):
    reason: str = Field(max_length=4000)


class ConsultationIn(_In):
    """With whom, from those whom the policy names, on which day (today where none is given), and what
    came of it."""

    consulted: str = Field(max_length=200)
    note: str = Field(max_length=4000)
    held_on: date | None = None


class OwnFlagIn(_In):
    """The customer's words that stand on no list. Offsets count Unicode code points of the turn."""

    turn: int
    start: int
    end: int
    reason: str = Field(max_length=4000)


class StepAct(StrEnum):
    """What a person may ask for; a cancellation follows from taking the decision back."""

    ASSIGN = Act.ASSIGN.value
    APPROVE = Act.APPROVE.value
    DECLINE = Act.DECLINE.value
    DONE = Act.DONE.value


class StepActIn(_In):
    """``owner_id`` goes with ``assign``; ``decline`` and ``done`` need a note."""

    act: StepAct
    note: str = Field(default="", max_length=4000)
    owner_id: str | None = None


class PasswordIn(_In):
    old: str = Field(max_length=1000)
    password: str = Field(max_length=1000)


class PersonIn(_In):
    name: str = Field(max_length=120)
    password: str = Field(max_length=1000)
    roles: list[Role]


class PersonChange(_In):
    """What is not given stays as it is."""

    roles: list[Role] | None = None
    password: str | None = Field(default=None, max_length=1000)
    active: bool | None = None


class KeyIn(_In):
    name: str = Field(min_length=1, max_length=120)


class HoldIn(_In):
    until: datetime
    note: str = Field(default="", max_length=2000)


class HandOverIn(_In):
    to: str
    note: str = Field(default="", max_length=2000)


class EscalationIn(_In):
    note: str = Field(max_length=2000)


class CheckIn(_In):
    """``found``: harassment that should have been flagged, of these categories."""

    found: bool
    categories: list[str] = []
    note: str = Field(default="", max_length=2000)


class CorrectionIn(_In):
    """Offsets count Unicode code points of the turn's original text."""

    kind: CorrectionKind
    flag_id: str | None = None
    turn: int | None = None
    start: int | None = None
    end: int | None = None
    category: str | None = None
    speaker: Speaker | None = None
    note: str = Field(default="", max_length=2000)


class PlanIn(_In):
    double_share: float
    check_share: float
    claim_minutes: int


class VerificationIn(_In):
    head: str | None = Field(default=None, max_length=200)


def flag_out(row: FlagRow, *, words: bool = False) -> dict[str, Any]:
    """``text`` is null unless the words were asked for."""
    now = datetime.now(UTC)
    since = datetime.fromisoformat(row.created_at)
    standing = urgency.standing(row.flag.priority, row.flag.score, row.gravity, since, now)
    claim = row.claim
    return (
        row.flag.to_json()
        | ({} if words else {"text": None})
        | {
            "id": row.id,
            "conversation_key": row.conversation_key,
            "conversation_id": row.conversation_id,
            "kind": row.kind,
            "channel": row.channel,
            "trade": row.trade,
            "occurred_at": row.occurred_at,
            "state": row.state.value,
            "state_label": STATES[row.state],
            "policy": row.policy,
            "model": row.model,
            "created_at": row.created_at,
            "why_first": standing.why,
            "weight": round(standing.weight, 3),
            "claim": {"person": claim.person_name, "until": claim.until, "mine": claim.mine}
            if claim
            else None,
            "held_until": row.held_until,
            "assigned_to": row.assigned_to,
            "escalated": row.escalated,
            "disputed": row.disputed,
            "decision": row.decision or None,
        }
    )


def page_out(page: Page, *, words: bool = False) -> dict[str, Any]:
    return {
        "total": page.total,
        "next": page.next,
        "items": [flag_out(row, words=words) for row in page.items],
    }


def account_out(account: Account) -> dict[str, Any]:
    return {
        "id": account.person.id,
        "name": account.person.name,
        "roles": sorted(account.person.roles),
        "active": account.active,
        "created_at": account.created_at,
    }


def correction_out(corrected: Corrected) -> dict[str, Any]:
    return asdict(corrected.correction) | {
        "id": corrected.id,
        "person": corrected.person_name,
        "at": corrected.at,
    }


def decision_out(decision: Decision) -> dict[str, Any]:
    return {
        "flag_id": decision.flag_id,
        "answers": dict(decision.answers),
        "outcome": decision.outcome,
        "reason": decision.reason,
        "decided_at": decision.decided_at.isoformat(),
        "from_state": decision.from_state.value,
        "to_state": decision.to_state.value,
        "policy": decision.policy,
        "illness_suspected": decision.illness_suspected,
        "illness_consulted": decision.illness_consulted,
    }


def recorded_out(recorded: Recorded) -> dict[str, Any]:
    return decision_out(recorded.decision) | {"id": recorded.id, "person": recorded.person_name}


def case_out(case: Case) -> dict[str, Any]:
    conversation: Conversation = case.conversation
    return {
        "key": case.key,
        "conversation": conversation.to_json(),
        "trade": case.trade,
        "flags": [flag_out(row, words=True) for row in case.flags],
        "decisions": [recorded_out(d) for d in case.decisions],
        "consultations": [
            {
                "person": c.person_name,
                "consulted": c.consulted,
                "note": c.note,
                "held_on": c.held_on,
                "recorded_at": c.recorded_at,
            }
            for c in case.consultations
        ],
        "earlier": [
            {"key": e.key, "kind": e.kind, "occurred_at": e.occurred_at, "states": dict(e.states)}
            for e in case.earlier
        ],
        "corrections": [correction_out(c) for c in case.corrections],
        "events": [asdict(e) for e in case.events],
    }


#: A condition is met, unmet, or nobody has answered yet, which is not a "no".
MET = {True: "met", False: "unmet", None: "not_evaluated"}


def reason_out(reason: Reason) -> dict[str, Any]:
    return {"clauses": list(reason.clauses), "text": reason.text, "met": MET[reason.met]}


def assessment_out(found: Assessment, tried: tuple[Effect, ...]) -> dict[str, Any]:
    """Questions with what each answer would open and block, outcomes and responses, all with clauses."""
    return {
        "policy": found.policy,
        "category": found.category,
        "route": found.route,
        "questions": [
            {
                "id": q.id,
                "title": q.title,
                "question": q.question,
                "given": q.given,
                "due": q.due,
                "reason": reason_out(q.reason),
                "answers": [
                    {
                        "id": answer,
                        "label": label,
                        "opens": list(effect.opens),
                        "blocks": list(effect.blocks),
                        "waits": list(effect.waits),
                    }
                    for answer, label in q.answers
                    for effect in tried
                    if (effect.question, effect.answer) == (q.id, answer)
                ],
            }
            for q in found.questions
        ],
        "outcomes": [
            {
                "id": o.id,
                "label": o.label,
                "kind": o.kind.value,
                "open": o.open,
                "reasons": [reason_out(r) for r in o.reasons],
            }
            for o in found.outcomes
        ],
        "responses": [
            {
                "id": d.id,
                "title": d.title,
                "side": d.side.value,
                "standing": d.standing.value,
                "owner": d.owner,
                "due_days": d.due_days,
                "approved_by": list(d.approved_by),
                "second_person": d.second_person,
                "reasons": [reason_out(r) for r in d.reasons],
            }
            for d in found.duties
        ],
    }


def step_out(row: StepRow, *, notes: bool = False) -> dict[str, Any]:
    """``notes`` adds the step's record, whose words may speak of the case."""
    step, planned = row.step, row.step.planned
    owner = step.owner_id
    return {
        "id": row.id,
        "conversation_key": row.conversation_key,
        "flag_id": row.flag_id,
        "policy": row.policy,
        "outcome": row.outcome,
        "response": planned.response,
        "title": planned.title,
        "provision": planned.provision,
        "side": planned.side.value,
        "order": planned.order,
        "state": step.state.value,
        "state_label": STEP_STATES[step.state],
        "standing": row.readiness.value,
        "lacking": [{"response": name, "title": title} for name, title in row.lacking],
        "disputed": row.disputed,
        "owner": planned.owner,
        "owner_roles": sorted(planned.owner_roles),
        "assigned_to": {"id": owner, "name": row.people[owner]} if owner else None,
        "approver_roles": sorted(planned.approver_roles),
        "second_person": planned.second_person,
        "due_on": planned.due_on.isoformat(),
        "overdue": step.overdue(datetime.now(UTC).astimezone().date()),
    } | ({"record": _record(row)} if notes else {})


def _record(row: StepRow) -> list[dict[str, Any]]:
    return [
        {
            "act": e.act.value,
            "person": row.people[e.person_id],
            "to": row.people[e.owner_id] if e.owner_id else None,
            "note": e.note,
            "at": e.at.isoformat(),
        }
        for e in row.step.entries
    ]


def policy_out(p: Policy) -> dict[str, Any]:
    exemption = p.exemption
    return {
        "id": p.id,
        "version": p.version,
        "title": p.title,
        "categories": [
            {
                "id": c.id,
                "name": c.name,
                "provision": c.provision,
                "group": c.group.value,
                "threshold": c.threshold,
                "priority": str(c.priority),
                "summary": c.summary,
                "route": c.route,
            }
            for c in p.categories.values()
        ],
        "criteria": [
            {
                "id": c.id,
                "title": c.title,
                "question": c.question,
                "provision": c.provision,
                "answers": [{"id": a.id, "label": a.label} for a in c.answers],
            }
            for c in p.criteria
        ],
        "exemption": None
        if exemption is None
        else {
            "id": exemption.id,
            "question": exemption.question,
            "provision": exemption.provision,
            "answers": [
                {"id": a.id, "label": a.label, "covers": a.covers} for a in exemption.answers
            ],
            "consult": list(exemption.consult),
            "blocks": sorted(exemption.blocks),
            "reason": exemption.reason,
        },
        "outcomes": [
            {
                "id": o.id,
                "label": o.label,
                "final": o.final,
                "kind": o.kind.value,
                "provision": o.provision,
            }
            for o in p.outcomes
        ],
        "responses": [
            {"id": r.id, "title": r.title, "side": r.side.value, "provision": r.provision}
            for r in p.responses
        ],
        "roles": [{"id": r.id, "label": r.label, "held_by": sorted(r.held_by)} for r in p.roles],
    }
