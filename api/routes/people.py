"""Accounts and keys, for administrators."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from ..auth import Administrator
from ..schemas import KeyIn, PersonChange, PersonIn, account_out

router = APIRouter(tags=["people"])


@router.get("/people", summary="All accounts")
def everyone(request: Request, caller: Administrator) -> list[dict[str, Any]]:
    return [account_out(a) for a in request.app.state.store.people.everyone(caller)]


@router.post("/people", status_code=201, summary="Add a person")
def add(request: Request, caller: Administrator, body: PersonIn) -> dict[str, Any]:
    person = request.app.state.store.people.add_person(
        body.name, body.password, body.roles, by=caller
    )
    return {"id": person.id, "name": person.name, "roles": sorted(person.roles)}


@router.patch(
    "/people/{person_id}", status_code=204, summary="Change roles, password or whether active"
)
def change(request: Request, caller: Administrator, person_id: str, body: PersonChange) -> None:
    people = request.app.state.store.people
    if body.roles is not None:
        people.set_roles(person_id, body.roles, caller)
    if body.password is not None:
        people.set_password(person_id, body.password, caller)
    if body.active is not None:
        people.set_active(person_id, body.active, caller)


@router.delete("/people/{person_id}/sessions", summary="End all of a person's sessions")
def sign_out(request: Request, caller: Administrator, person_id: str) -> dict[str, int]:
    return {"ended": request.app.state.store.people.revoke_all(person_id, caller)}


@router.get("/keys", summary="Keys of programs, without their secrets")
def keys(request: Request, caller: Administrator) -> list[dict[str, Any]]:
    found = request.app.state.store.people.keys(caller)
    return [
        {"prefix": k.prefix, "name": k.name, "created_at": k.created_at, "revoked_at": k.revoked_at}
        for k in found
    ]


@router.post("/keys", status_code=201, summary="Make a key; its secret is shown this once")
def add_key(request: Request, caller: Administrator, body: KeyIn) -> dict[str, str]:
    return {"key": request.app.state.store.people.add_api_key(body.name, by=caller)}


@router.delete("/keys/{prefix}", status_code=204, summary="Stop a key for good")
def revoke_key(request: Request, caller: Administrator, prefix: str) -> None:
    request.app.state.store.people.revoke_key(prefix, caller)
