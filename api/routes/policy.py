"""The policy in force, as programs read it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from ..auth import Anyone

router = APIRouter(tags=["policy"])


@router.get("/policy", summary="Categories, criteria and outcomes in force")
def policy(request: Request, caller: Anyone) -> dict[str, Any]:
    p = request.app.state.policy
    return {
        "id": p.id,
        "version": p.version,
        "title": p.title,
        "categories": [
            {
                "id": c.id,
                "name": c.name,
                "provision": c.provision,
                "group": c.group.value,
                "threshold": c.threshold,
                "priority": str(c.priority),
                "summary": c.summary,
            }
            for c in p.categories.values()
        ],
        "criteria": [
            {
                "id": c.id,
                "title": c.title,
                "question": c.question,
                "answers": [{"id": a.id, "label": a.label} for a in c.answers],
            }
            for c in p.criteria
        ],
        "outcomes": [{"id": o.id, "label": o.label, "final": o.final} for o in p.outcomes],
    }


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request, caller: Anyone) -> dict[str, Any]:
    schema: dict[str, Any] = request.app.openapi()
    return schema
