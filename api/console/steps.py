"""What decisions oblige to: steps that wait for their owner or for an approval, and their record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from screening.access import Action, may, require
from screening.days import day_of
from screening.errors import PermissionDenied, ReviewError
from screening.policy import Policy, Side
from screening.report import StepLine
from screening.review import Person
from screening.steps import STATES, Act, Readiness, StepState
from screening.store import StepRow, Store

from ..auth import Staff
from ..errors import kind_of
from . import words
from .forms import Checked
from .pages import render

router = APIRouter(include_in_schema=False)
ACTS = {
    Act.ASSIGN: "担当を決めた",
    Act.APPROVE: "承認した",
    Act.DECLINE: "見送った",
    Act.DONE: "行った",
    Act.CANCEL: "取り消した",
}
#: Lines of the page: what waits for an approval, then the rest, each the earliest due first.
SIZE = 100
_SIDES = {Side.INTERNAL: "社内", Side.EXTERNAL: "社外"}
#: What a form may ask for; cancelling follows from taking the decision back.
_ASKED = frozenset([Act.APPROVE, Act.DECLINE, Act.DONE])


@router.get("/steps")
def steps(request: Request, person: Staff) -> Response:
    return _steps(request, person)


def _steps(
    request: Request, person: Person, *, error: str | None = None, status: int = 200
) -> Response:
    require(person, Action.READ_STEPS)
    store: Store = request.app.state.store
    asked = request.query_params.get("all")
    roles = () if asked else sorted(person.roles)
    # What waits for an approval holds others up, and must not drown in what is merely due.
    found = list(
        {
            found.id: found
            for readiness in (Readiness.WAITING, None)
            for found in store.steps.waiting(
                roles=roles, readiness=readiness, viewer=person, limit=SIZE
            )
        }.values()
    )[:SIZE]
    now = datetime.now(UTC)
    return render(
        request,
        "steps.html",
        person=person,
        page="steps",
        status=status,
        error=error,
        every=bool(asked),
        more=len(found) == SIZE,
        notice={"kind": "good", "text": "記録しました。", "undo": None}
        if request.query_params.get("did")
        else None,
        may_open=may(person, Action.READ_CASE),
        # What somebody can do now comes before what waits for something else.
        rows=[
            row(request.app.state.policy, r, person, now)
            for r in sorted(found, key=lambda r: r.readiness is Readiness.BLOCKED)
        ],
    )


def row(policy: Policy, found: StepRow, person: Person, now: datetime) -> dict[str, Any]:
    """One step with what has been recorded of it."""
    step, planned = found.step, found.step.planned
    offered = step.state is StepState.OFFERED
    return {
        "id": found.id,
        "key": found.conversation_key,
        "flag": found.flag_id,
        "case": f"{words.KINDS.get(found.kind, found.kind)}・{words.short(found.occurred_at, now)}",
        "category": words.category_name(policy, found.category),
        "title": planned.title,
        "provision": planned.provision,
        "side": _SIDES[planned.side],
        "state": STATES[step.state],
        "due": words.brief_day(planned.due_on, now),
        "overdue": step.overdue(day_of(now)),
        "owner": found.people.get(step.owner_id or "", planned.owner),
        "lacking": [title for _, title in found.lacking],
        "disputed": found.disputed,
        "blocked": found.readiness is Readiness.BLOCKED,
        "offered": offered,
        "second": offered and planned.second_person and person.id in step.decided_by,
        "record": [
            f"{words.short(line.at, now)} {line.person}が{line.what}"
            + (f"：{line.note}" if line.note else "")
            for line in (recorded(found) if may(person, Action.READ_CASE) else ())
        ],
    }


def recorded(found: StepRow) -> list[StepLine]:
    """The lines of a step's record, oldest first."""
    return [
        StepLine(found.people.get(e.person_id, ""), ACTS[e.act], e.note, e.at)
        for e in found.step.entries
    ]


@router.post("/steps/{step_id}")
def act(request: Request, person: Staff, form: Checked, step_id: int) -> Response:
    """Approves, declines or records a step; the rules of the core decide who may."""
    store: Store = request.app.state.store
    try:
        what = Act(form.get("do", ""))
        if what not in _ASKED:
            raise ValueError(what)
    except ValueError:
        return _steps(request, person, error="その操作はありません。", status=422)
    try:
        store.steps.act(step_id, person, what, note=form.get("note", ""))
    except (ReviewError, PermissionDenied) as error:
        return _steps(request, person, error=str(error), status=kind_of(error)[0])
    return RedirectResponse("/steps?did=1", 303)
