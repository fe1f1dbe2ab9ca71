"""What comes in and goes out over ``/v1``. Conversations are checked by the core, not here."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from screening.records import Conversation
from screening.review import STATES, Decision, FlagState
from screening.store import Case, FlagRow, Page, Recorded

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
    """A decision. The core checks it: all criteria answered, an open outcome, a reason."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "answers": {"demand_validity": "valid", "means_acceptability": "unacceptable"},
                "outcome": "harassment",
                "reason": "返金の求めは妥当だが、家族への害をほのめかしており②-2に当たる",
                "expected_state": "proposed",
            }
        },
    )
    answers: dict[str, str]
    outcome: str
    reason: str = Field(max_length=4000)
    expected_state: FlagState | None = None


class WithdrawalIn(_In):
    reason: str = Field(max_length=4000)


class ConsultationIn(_In):
    consulted: str = Field(max_length=200)
    note: str = Field(max_length=4000)


def flag_out(row: FlagRow) -> dict[str, Any]:
    return row.flag.to_json() | {
        "id": row.id,
        "conversation_key": row.conversation_key,
        "conversation_id": row.conversation_id,
        "kind": row.kind,
        "occurred_at": row.occurred_at,
        "state": row.state.value,
        "state_label": STATES[row.state],
        "policy": row.policy,
        "model": row.model,
        "created_at": row.created_at,
    }


def page_out(page: Page) -> dict[str, Any]:
    return {
        "total": page.total,
        "next": page.next,
        "items": [flag_out(row) for row in page.items],
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
    return decision_out(recorded.decision) | {"person": recorded.person_name}


def case_out(case: Case) -> dict[str, Any]:
    conversation: Conversation = case.conversation
    return {
        "key": case.key,
        "conversation": conversation.to_json(),
        "flags": [flag_out(row) for row in case.flags],
        "decisions": [recorded_out(d) for d in case.decisions],
        "consultations": [
            {
                "person": c.person_name,
                "consulted": c.consulted,
                "note": c.note,
                "recorded_at": c.recorded_at,
            }
            for c in case.consultations
        ],
        "earlier": [
            {"key": e.key, "kind": e.kind, "occurred_at": e.occurred_at, "states": dict(e.states)}
            for e in case.earlier
        ],
    }
