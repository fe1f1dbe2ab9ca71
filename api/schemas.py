"""What comes in and goes out over ``/v1``. Conversations are checked by the core, not here."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from screening import urgency
from screening.corrections import CorrectionKind
from screening.records import Conversation, Speaker
from screening.review import STATES, Decision, FlagState, Role
from screening.steps import Act
from screening.store import Account, Case, Corrected, FlagRow, Page, Recorded
from screening.veils import veiled

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
    """A decision. The core checks it: all that is asked answered, an open outcome, a reason.

    A flag with a route of its own asks nothing, and an outcome of the kinds error, duplicate and staff
    needs no answers: ``answers`` may be left out. ``duplicate_of`` is the
    flag that this one repeats, of the same conversation or of the same customer's others.

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
    answers: dict[str, str] = {}
    outcome: str
    reason: str = Field(max_length=4000)
    duplicate_of: str | None = Field(default=None, max_length=64)
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
    """``text`` is null, and ``why`` quotes nothing, unless the words were asked for."""
    now = datetime.now(UTC)
    since = datetime.fromisoformat(row.created_at)
    standing = urgency.standing(row.flag.priority, row.flag.score, row.gravity, since, now)
    claim = row.claim
    return (
        row.flag.to_json()
        | ({} if words else {"text": None, "why": veiled(row.flag.why)})
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
            "outcome": row.outcome,
            "duplicate_of": row.duplicate_of,
            "category_now": row.named,
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
        "duplicate_of": decision.duplicate_of,
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
            {
                "key": e.key,
                "kind": e.kind,
                "occurred_at": e.occurred_at,
                "states": dict(e.states),
                "outcomes": {k or "proposed": n for k, n in e.outcomes.items()},
            }
            for e in case.earlier
        ],
        "corrections": [correction_out(c) for c in case.corrections],
        "events": [asdict(e) for e in case.events],
    }
