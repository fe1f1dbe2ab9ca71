"""Second readings, checks of what was not flagged, corrections, and what they say."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from screening import labels, rehearsal
from screening.corrections import Correction
from screening.errors import ReviewError
from screening.records import Kind
from screening.sampling import Plan

from ..auth import CaseReader, Labeller, Planner, Reporter, Reviewer
from ..schemas import (
    CheckIn,
    CorrectionIn,
    DecisionIn,
    PlanIn,
    correction_out,
    decision_out,
    flag_out,
    recorded_out,
)

router = APIRouter(tags=["quality"])


@router.get("/disagreements", summary="Flags whose two readers did not agree")
def disagreements(request: Request, caller: CaseReader) -> list[dict[str, Any]]:
    return [
        {
            "flag": flag_out(d.flag),
            "first": recorded_out(d.first),
            "second": recorded_out(d.second),
        }
        for d in request.app.state.store.readings.disputed(caller)
    ]


@router.post(
    "/flags/{flag_id}/resolutions",
    status_code=201,
    summary="Settle a disagreement as a third reviewer",
)
def resolve(request: Request, caller: Reviewer, flag_id: str, body: DecisionIn) -> dict[str, Any]:
    state = request.app.state
    decision = state.store.readings.resolve(
        flag_id,
        caller,
        policy=state.policy,
        answers=body.answers,
        outcome=body.outcome,
        reason=body.reason,
        duplicate_of=body.duplicate_of,
    )
    return decision_out(decision)


@router.get("/reports/agreement", summary="How far first and second readers agree")
def agreement(
    request: Request, caller: Reporter, since: str | None = None, until: str | None = None
) -> dict[str, Any]:
    found = request.app.state.store.readings.agreement(caller, since=since, until=until)
    confusion = [
        {"first": first, "second": second, "count": count}
        for (first, second), count in found.confusion.items()
    ]
    return {
        "pairs": found.pairs,
        "equal": found.equal,
        "krippendorff_alpha": found.alpha,
        "krippendorff_alpha_result": found.alpha_result,
        "confusion": confusion,
    }


@router.get("/reports/missed", summary="What the checks say was missed, and the recall")
def missed(request: Request, caller: Reporter) -> dict[str, Any]:
    store = request.app.state.store
    return asdict(store.checks.estimate(caller)) | {"waiting": store.checks.waiting(caller)}


@router.get(
    "/reports/thresholds",
    summary="What other thresholds would have meant: flags a day, and the precision on decisions",
)
def thresholds(
    request: Request,
    caller: Reporter,
    category: str | None = None,
    threshold: Annotated[tuple[float, ...], Query(description="0 to 1, repeatable")] = (),
) -> dict[str, Any]:
    """``flags_a_day`` is null below the policy's threshold, where the record is silent. ``precision``
    is the share found among those judged, with its interval at 95 %."""
    state = request.app.state
    policy = state.policy
    if category is not None and category not in policy.categories:
        known = ", ".join(policy.categories)
        raise ReviewError(f"区分「{category}」はこの方針にありません。使える区分: {known}")
    if not all(0 <= value <= 1 for value in threshold):
        raise ReviewError("しきい値は 0 から 1 の数で指定してください。")
    past, days = state.store.shadow.past(caller)
    rows = rehearsal.simulate(
        [p for p in past if category in (None, p.category)],
        threshold or rehearsal.THRESHOLDS,
        days=days,
        floor={c.id: c.threshold for c in policy.categories.values()},
    )
    return {"policy": policy.version, "days": days, "rows": [asdict(row) for row in rows]}


@router.post(
    "/checks/next",
    summary="The next drawn conversation to check",
    responses={204: {"description": "Nothing is left to check"}},
)
def next_check(request: Request, caller: Reviewer) -> Any:
    key = request.app.state.store.checks.next(caller)
    return {"conversation_key": key} if key else Response(status_code=204)


@router.post("/checks/{key}", status_code=201, summary="Record what a check found")
def check(request: Request, caller: Reviewer, key: str, body: CheckIn) -> dict[str, bool]:
    request.app.state.store.checks.record(
        key, caller, found=body.found, categories=body.categories, note=body.note
    )
    return {"recorded": True}


@router.post("/conversations/{key}/corrections", status_code=201, summary="Set something right")
def correct(request: Request, caller: Reviewer, key: str, body: CorrectionIn) -> dict[str, Any]:
    """``missed`` also puts a flag before people; its identifier is in the answer."""
    state = request.app.state
    correction = Correction(**body.model_dump())
    return correction_out(state.store.corrections.add(key, caller, correction, policy=state.policy))


@router.get("/corrections/export", summary="Decided conversations in the corpus's format")
def export(request: Request, caller: Labeller) -> dict[str, Any]:
    """As ``screening corrections export`` writes them to files."""
    found = [d for d in request.app.state.store.corrections.decided(caller) if labels.ready(d)]
    key = request.app.state.secret
    texts = [(d.conversation.kind, labels.document(d, key=key)) for d in found]
    return {
        "dialogues": [text for kind, text in texts if text and kind is Kind.CALL],
        "emails": [text for kind, text in texts if text and kind is Kind.EMAIL],
        "golden": [row for d in found for row in labels.golden(d)],
        "unusable": sum(text is None for _, text in texts),
    }


@router.get("/plan", summary="How much is looked at twice")
def plan(request: Request, caller: Reporter) -> dict[str, Any]:
    return asdict(request.app.state.store.plan())


@router.put("/plan", summary="Set how much is looked at twice, from now on")
def set_plan(request: Request, caller: Planner, body: PlanIn) -> dict[str, Any]:
    wanted = Plan(**body.model_dump())
    request.app.state.store.set_plan(wanted, caller)
    return asdict(wanted)
