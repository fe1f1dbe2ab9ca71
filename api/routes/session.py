"""Signing in and out for front ends other than the console."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response

from ..auth import Anyone, Staff
from ..schemas import PasswordIn, SignIn

router = APIRouter(tags=["session"])


@router.post("/session", status_code=201, summary="Sign in; sets the session cookie")
def sign_in(request: Request, response: Response, body: SignIn) -> dict[str, Any]:
    """The answer's ``csrf`` goes into ``X-CSRF-Token`` of every request that changes something."""
    address = request.client.host if request.client else None
    person = request.app.state.store.people.authenticate(body.name, body.password, address)
    csrf = request.app.state.auth.sign_in(response, person)
    return {"name": person.name, "roles": sorted(person.roles), "csrf": csrf}


@router.get("/session", summary="Who is signed in")
def who(request: Request, caller: Anyone) -> dict[str, Any]:
    return {"name": caller.name, "roles": sorted(caller.roles)}


@router.delete("/session", status_code=204, summary="Sign out")
def sign_out(request: Request, response: Response, caller: Anyone) -> None:
    request.app.state.auth.sign_out(request, response)


@router.get("/sessions", summary="Open sessions: one's own, or all of them for an administrator")
def sessions(request: Request, caller: Staff, person: str | None = None) -> list[dict[str, Any]]:
    state = request.app.state
    found = state.store.people.sessions(caller, person, token=state.auth.token(request))
    return [asdict(session) for session in found]


@router.delete("/sessions/{session_id}", status_code=204, summary="End one session at once")
def revoke(request: Request, caller: Staff, session_id: str) -> None:
    request.app.state.store.people.revoke_session(session_id, caller)


@router.put("/password", status_code=204, summary="Change one's own password; ends all sessions")
def password(request: Request, caller: Staff, body: PasswordIn) -> None:
    request.app.state.store.people.set_password(caller.id, body.password, caller, old=body.old)
