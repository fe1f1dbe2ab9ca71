"""The audit log, for who has to prove that the record stands."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from screening.audit import read_head

from ..auth import Auditor
from ..schemas import VerificationIn

router = APIRouter(tags=["audit"])


@router.get("/audit", summary="Entries of the audit log, newest first")
def entries(
    request: Request,
    caller: Auditor,
    before: int | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    actor: str | None = None,
    action: str | None = None,
    subject: str | None = None,
) -> list[dict[str, Any]]:
    found = request.app.state.store.audit.entries(
        caller, before=before, limit=limit, actor=actor, action=action, subject=subject
    )
    return [asdict(entry) for entry in found]


@router.get("/audit/head", summary="The newest entry, to be kept elsewhere")
def head(request: Request, caller: Auditor) -> dict[str, str]:
    return {"head": str(request.app.state.store.audit.head(caller))}


@router.post("/audit/verifications", summary="Walk the whole chain")
def verify(request: Request, caller: Auditor, body: VerificationIn) -> dict[str, Any]:
    """With a ``head`` that was kept, a cut-off tail is found as well."""
    kept = read_head(body.head) if body.head else None
    found = request.app.state.store.audit.verify(kept, caller)
    return {
        "ok": found.ok,
        "entries": found.entries,
        "head": str(found.head),
        "problems": list(found.problems),
    }
