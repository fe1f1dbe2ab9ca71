"""Decisions, taken by people through the core, which refuses everybody and everything else."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from screening.errors import ReviewError
from screening.policy import Policy, conclude

from ..auth import CaseReader, Reviewer
from ..policy_schemas import assessment_out
from ..schemas import (
    ConsultationIn,
    DecisionIn,
    OwnFlagIn,
    WithdrawalIn,
    decision_out,
    flag_out,
)

router = APIRouter(tags=["decisions"])


@router.post(
    "/flags/{flag_id}/decisions",
    status_code=201,
    summary="Decide on a flag",
    responses={409: {"description": "Somebody was first: ``current`` says who, when and what"}},
)
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
        expected_decision=body.expected,
        duplicate_of=body.duplicate_of,
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
    """Each criterion is a query parameter with the answer as its value. Outcomes of the kinds error,
    duplicate and staff need none of what is ``missing``."""
    state = request.app.state
    answers = answers_in(request, state.policy)
    row = state.store.flag(flag_id, caller)
    suspected, consulted = state.store.illness(state.policy, row.conversation_key)
    conclusion = conclude(
        state.policy,
        row.named,
        answers,
        illness_suspected=suspected,
        illness_consulted=consulted,
    )
    return {
        "open": list(conclusion.open),
        "blocked": dict(conclusion.blocked),
        "missing": list(conclusion.missing),
    }


@router.get("/flags/{flag_id}/originals", summary="Which flags this one may be a duplicate of")
def originals(request: Request, caller: CaseReader, flag_id: str) -> list[dict[str, Any]]:
    """Those of its conversation, then those of the same customer's others, the newest first."""
    return [flag_out(row) for row in request.app.state.store.originals(flag_id, caller)]


@router.post(
    "/conversations/{key}/consultations",
    status_code=201,
    summary="Record with whom possible symptoms were talked over",
)
def consult(request: Request, caller: Reviewer, key: str, body: ConsultationIn) -> dict[str, Any]:
    """It ends the wait that the policy's exemption demands: it counts with those whom it names."""
    state = request.app.state
    state.store.consult(
        key,
        caller,
        consulted=body.consulted,
        note=body.note,
        policy=state.policy,
        held_on=body.held_on,
    )
    return {"recorded": True}


@router.get(
    "/flags/{flag_id}/assessment",
    summary="Which questions are due, what each answer opens and blocks, and what follows",
)
def assessment(
    request: Request, caller: CaseReader, flag_id: str, outcome: str | None = None
) -> dict[str, Any]:
    """Each criterion, and the exemption's question, is a query parameter with the answer as its value.

    ``outcome`` asks what would follow it; without one the responses follow the decision that stands.
    """
    state = request.app.state
    found, tried = state.store.assessment(
        flag_id,
        caller,
        policy=state.policy,
        answers=answers_in(request, state.policy, "outcome"),
        outcome=outcome or None,
    )
    return assessment_out(found, tried)


@router.post(
    "/conversations/{key}/flags",
    status_code=201,
    summary="Raise words that stand on no list; they wait like any other flag",
)
def raise_flag(request: Request, caller: Reviewer, key: str, body: OwnFlagIn) -> dict[str, Any]:
    state = request.app.state
    flag_id = state.store.raise_flag(key, caller, policy=state.policy, **body.model_dump())
    return flag_out(state.store.flag(flag_id, caller))


def answers_in(request: Request, policy: Policy, *others: str) -> dict[str, str]:
    """The answers among the query parameters; ``others`` are parameters of another meaning.

    Raises:
        ReviewError: for a parameter that is no question of the policy.
    """
    names = [criterion.id for criterion in policy.criteria]
    if policy.exemption is not None:
        names.append(policy.exemption.id)
    answers = {k: v for k, v in request.query_params.items() if v and k not in others}
    if unknown := sorted(set(answers) - set(names)):
        raise ReviewError(f"判断基準「{unknown[0]}」はありません。使える名前: {', '.join(names)}")
    return answers
