"""Decisions, taken by people through the core, which refuses everybody and everything else."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from screening.errors import ReviewError
from screening.policy import conclude

from ..auth import CaseReader, Reviewer
from ..schemas import ConsultationIn, DecisionIn, WithdrawalIn, decision_out

router = APIRouter(tags=["decisions"])


@router.post("/flags/{flag_id}/decisions", status_code=201, summary="Decide on a flag")
def decide(request: Request, caller: Reviewer, flag_id: str, body: DecisionIn) -> dict[str, Any]:
    state = request.app.state
    decision = state.store.decide(
        flag_id,
        caller,
        policy=state.policy,
        answers=body.answers,
        outcome=body.outcome,
        reason=body.reason,
        expected_state=body.expected_state,
    )
    state.metrics.decisions.labels(decision.outcome).inc()
    return decision_out(decision)


@router.post(
    "/flags/{flag_id}/withdrawals", status_code=201, summary="Take back one's own latest decision"
)
def withdraw(
    request: Request, caller: Reviewer, flag_id: str, body: WithdrawalIn
) -> dict[str, Any]:
    return decision_out(request.app.state.store.withdraw(flag_id, caller, reason=body.reason))


@router.get(
    "/flags/{flag_id}/consequences",
    summary="What answers would open and block, before anything is decided",
)
def consequences(request: Request, caller: CaseReader, flag_id: str) -> dict[str, Any]:
    """Each criterion is a query parameter with the answer as its value."""
    state = request.app.state
    names = {criterion.id for criterion in state.policy.criteria}
    answers = {k: v for k, v in request.query_params.items() if v}
    if unknown := sorted(set(answers) - names):
        raise ReviewError(
            f"判断基準「{unknown[0]}」はありません。使える名前: {', '.join(sorted(names))}"
        )
    row = state.store.flag(flag_id, caller)
    suspected, consulted = state.store.illness(state.policy, row.conversation_key)
    conclusion = conclude(
        state.policy,
        row.flag.category,
        answers,
        illness_suspected=suspected,
        illness_consulted=consulted,
    )
    return {
        "open": list(conclusion.open),
        "blocked": dict(conclusion.blocked),
        "missing": list(conclusion.missing),
    }


@router.post(
    "/conversations/{key}/consultations",
    status_code=201,
    summary="Record with whom possible symptoms were talked over",
)
def consult(request: Request, caller: Reviewer, key: str, body: ConsultationIn) -> dict[str, Any]:
    request.app.state.store.consult(key, caller, consulted=body.consulted, note=body.note)
    return {"recorded": True}
