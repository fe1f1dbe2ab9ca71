"""The policy in force, as programs read it, and a conversation under another one."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fastapi import APIRouter, Request

from screening.errors import NotFound
from screening.policy import Policy, assess, effects, load_policy, shipped

from ..auth import Anyone, CaseReader
from ..policy_schemas import assessment_out, policy_out

router = APIRouter(tags=["policy"])


@router.get("/policy", summary="Categories, questions, outcomes and responses in force")
def policy(request: Request, caller: Anyone) -> dict[str, Any]:
    return policy_out(request.app.state.policy)


@router.get("/policies", summary="The policies under which a conversation can be looked at")
def policies(request: Request, caller: Anyone) -> list[dict[str, Any]]:
    return [{"id": p.id, "version": p.version, "title": p.title} for p in map(_shipped, shipped())]


@router.get(
    "/conversations/{key}/views/{policy_id}",
    summary="A conversation under another policy; nothing is kept and no decision changes",
)
def view(request: Request, caller: CaseReader, key: str, policy_id: str) -> dict[str, Any]:
    """Whoever looks stands in the audit log, for flags show words."""
    if policy_id not in shipped():
        raise NotFound(f"その方針はありません。使える方針: {', '.join(shipped())}")
    state = request.app.state
    other = _shipped(policy_id)
    case = state.store.open_case(key, caller)
    conversation = case.conversation
    result = state.screener.with_policy(other).screen(
        conversation, history=state.store.history(conversation)
    )
    flagged = [flag.category for flag in result.flags]
    consulted = [c.consulted for c in case.consultations]
    return {
        "key": key,
        "policy": other.version,
        "screening": result.to_json(),
        "assessments": [
            assessment_out(
                assess(other, name, {}, flagged=flagged, consulted=consulted),
                effects(other, name, {}, flagged=flagged, consulted=consulted),
            )
            for name in dict.fromkeys(flagged)
        ],
    }


@lru_cache(maxsize=8)
def _shipped(policy_id: str) -> Policy:
    return load_policy(policy_id)


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request, caller: Anyone) -> dict[str, Any]:
    schema: dict[str, Any] = request.app.openapi()
    return schema
