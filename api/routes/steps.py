"""What decisions oblige to, each step with its owner, day and clause. A program can do none of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from screening.review import Role
from screening.steps import Act, Readiness

from ..auth import CaseReader, StepActor, StepReader
from ..policy_schemas import step_out
from ..schemas import StepActIn

router = APIRouter(tags=["steps"])


@router.get("/steps", summary="Steps that wait for somebody, the earliest due first")
def waiting(
    request: Request,
    caller: StepReader,
    standing: Readiness | None = None,
    response: str | None = None,
    role: Annotated[tuple[Role, ...], Query()] = (),
    due_by: date | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> list[dict[str, Any]]:
    """``standing``: ``due`` can be done now, ``waiting`` is before an approver, ``blocked`` lacks a step
    before it or a third reader. ``role`` picks those whose owner or approver holds it."""
    found = request.app.state.store.steps.waiting(
        response=response,
        roles=role,
        due_by=due_by,
        readiness=standing,
        viewer=caller,
        limit=limit,
    )
    return [step_out(row) for row in found]


@router.get("/conversations/{key}/steps", summary="A conversation's steps with their record")
def of_case(request: Request, caller: CaseReader, key: str) -> list[dict[str, Any]]:
    """Inside first. Whoever reads a flag blind sees nothing that its first decision led to."""
    found = request.app.state.store.steps.of_case(key, caller)
    return [step_out(row, notes=True) for row in found]


@router.post("/steps/{step_id}/acts", status_code=201, summary="Assign, approve, decline or do it")
def act(request: Request, caller: StepActor, step_id: int, body: StepActIn) -> dict[str, Any]:
    """Where the policy asks for a second person, whoever decided cannot also approve."""
    row = request.app.state.store.steps.act(
        step_id, caller, Act(body.act.value), note=body.note, owner_id=body.owner_id
    )
    return step_out(row)
