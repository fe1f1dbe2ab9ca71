"""Accounts, for administrators: who may sign in, with which roles, and which browsers are signed in."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from screening.access import ROLES, Action, require
from screening.errors import ReviewError
from screening.review import Person, Role

from ..auth import Staff
from . import words
from .forms import Checked
from .pages import render

router = APIRouter(include_in_schema=False)
#: The roles that a person can have.
GIVEN = tuple(r for r in Role if r is not Role.MACHINE)


@router.get("/people")
def people(request: Request, person: Staff) -> Response:
    return _people(request, person)


def _people(
    request: Request, person: Person, *, error: str | None = None, status: int = 200
) -> Response:
    require(person, Action.MANAGE_PEOPLE)
    store, now = request.app.state.store, datetime.now(UTC)
    open_sessions: dict[str, list[dict[str, object]]] = {}
    for s in store.people.sessions(person, token=request.app.state.auth.token(request)):
        open_sessions.setdefault(s.person_id, []).append(
            {"id": s.id, "opened": words.short(s.opened_at, now), "current": s.current}
        )
    return render(
        request,
        "people.html",
        person=person,
        page="people",
        status=status,
        error=error,
        roles=[(r.value, ROLES[r]) for r in GIVEN],
        accounts=[
            {
                "id": a.person.id,
                "name": a.person.name,
                "roles": {r.value for r in a.person.roles},
                "active": a.active,
                "sessions": open_sessions.get(a.person.id, []),
            }
            for a in store.people.everyone(person)
        ],
    )


@router.post("/people")
def change(request: Request, person: Staff, form: Checked) -> Response:
    """Adds somebody, or changes roles, access or the password of somebody."""
    book, who = request.app.state.store.people, form.get("id", "")
    roles = [r for r in GIVEN if form.get(f"role-{r.value}")]
    try:
        match form.get("do"):
            case "add":
                book.add_person(form.get("name", ""), form.get("password", ""), roles, person)
            case "roles":
                book.set_roles(who, roles, person)
            case "deactivate" | "activate" as what:
                book.set_active(who, what == "activate", person)
            case "password":
                book.set_password(who, form.get("password", ""), person)
            case "revoke":
                book.revoke_session(form.get("session", ""), person)
            case _:
                raise ReviewError("その操作はありません。画面を読み直してください。")
    except ReviewError as error:
        return _people(request, person, error=str(error), status=422)
    return RedirectResponse("/people", 303)
