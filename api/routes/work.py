"""What people do with a flag short of deciding it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response

from ..auth import Reviewer
from ..schemas import EscalationIn, HandOverIn, HoldIn, flag_out
from .flags import Asked, Urgent

router = APIRouter(tags=["work"])


@router.post(
    "/flags/next",
    summary="Claim the first flag that waits and is for the caller",
    responses={204: {"description": "Nothing waits"}},
)
def next_flag(request: Request, caller: Reviewer, asked: Asked) -> Any:
    """As the console goes on: what the caller has skipped, or put before the approvers, is not theirs
    any more; it waits for others, and the list of ``place=escalated`` still has it.
    """
    row = request.app.state.store.work.next(caller, asked)
    return flag_out(row) if row else Response(status_code=204)


@router.post(
    "/flags/urgent/next",
    summary="Claim the first flag on the urgent route",
    responses={204: {"description": "Nothing waits"}},
)
def next_urgent(request: Request, caller: Reviewer, asked: Urgent) -> Any:
    row = request.app.state.store.work.next(caller, asked)
    return flag_out(row) if row else Response(status_code=204)


@router.post("/flags/{flag_id}/claim", summary="Say that one is looking; never keeps others out")
def claim(request: Request, caller: Reviewer, flag_id: str, take: bool = False) -> dict[str, Any]:
    """``mine`` is false where somebody else is looking; ``take`` takes it over."""
    return asdict(request.app.state.store.work.claim(flag_id, caller, take=take))


@router.delete("/flags/{flag_id}/claim", status_code=204, summary="Let go of one's own claim")
def release(request: Request, caller: Reviewer, flag_id: str) -> None:
    request.app.state.store.work.release(flag_id, caller)


@router.post("/flags/{flag_id}/hold", status_code=204, summary="Put aside until a time")
def hold(request: Request, caller: Reviewer, flag_id: str, body: HoldIn) -> None:
    request.app.state.store.work.hold(flag_id, caller, until=body.until, note=body.note)


@router.delete("/flags/{flag_id}/hold", status_code=204, summary="Bring back before its time")
def resume(request: Request, caller: Reviewer, flag_id: str) -> None:
    request.app.state.store.work.resume(flag_id, caller)


@router.post("/flags/{flag_id}/handovers", status_code=204, summary="Give to another reviewer")
def hand_over(request: Request, caller: Reviewer, flag_id: str, body: HandOverIn) -> None:
    request.app.state.store.work.hand_over(flag_id, caller, to=body.to, note=body.note)


@router.post("/flags/{flag_id}/escalations", status_code=204, summary="Put before the approvers")
def escalate(request: Request, caller: Reviewer, flag_id: str, body: EscalationIn) -> None:
    request.app.state.store.work.escalate(flag_id, caller, note=body.note)


@router.post("/flags/{flag_id}/skips", status_code=204, summary="Leave to others, without a reason")
def skip(request: Request, caller: Reviewer, flag_id: str) -> None:
    request.app.state.store.work.skip(flag_id, caller)


@router.get("/reviewers", summary="To whom a flag may be handed over")
def reviewers(request: Request, caller: Reviewer) -> list[dict[str, str]]:
    found = request.app.state.store.work.reviewers(caller)
    return [{"id": person.id, "name": person.name} for person in found]
