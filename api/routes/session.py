"""Signing in and out for front ends other than the console."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from ..auth import Anyone
from ..schemas import SignIn

router = APIRouter(tags=["session"])


@router.post("/session", status_code=201, summary="Sign in; sets the session cookie")
def sign_in(request: Request, response: Response, body: SignIn) -> dict[str, Any]:
    """The answer's ``csrf`` goes into ``X-CSRF-Token`` of every request that changes something."""
    person = request.app.state.store.people.authenticate(body.name, body.password)
    csrf = request.app.state.auth.sign_in(response, person)
    return {"name": person.name, "roles": sorted(person.roles), "csrf": csrf}


@router.get("/session", summary="Who is signed in")
def who(request: Request, caller: Anyone) -> dict[str, Any]:
    return {"name": caller.name, "roles": sorted(caller.roles)}


@router.delete("/session", status_code=204, summary="Sign out")
def sign_out(request: Request, response: Response, caller: Anyone) -> None:
    request.app.state.auth.sign_out(request, response)
