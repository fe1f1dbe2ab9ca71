"""The consultation desk, one click away from everywhere, and the policy to read."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from screening.policy import Group, Side

from ..auth import Staff
from . import words
from .pages import render, settings

router = APIRouter(include_in_schema=False)


@router.get("/desk")
def desk(request: Request, person: Staff) -> Response:
    """Whom to turn to, and what one may do about what one has to read."""
    policy, chosen = request.app.state.policy, settings(request)
    steps = [
        (policy.basis[r.provision].title, r.title)
        for r in policy.responses
        if r.side is Side.INTERNAL and (c := policy.basis.get(r.provision)) and c.published
    ]
    return render(request, "desk.html", person=person, page="desk", settings=chosen, steps=steps)


@router.get("/policy")
def policy_page(request: Request, person: Staff) -> Response:
    policy = request.app.state.policy
    return render(
        request,
        "policy.html",
        person=person,
        page="policy",
        policy=policy,
        labels=words.PRIORITIES,
        gravity={c.id: words.gravity(policy, c.id)[0] for c in policy.categories.values()},
        groups={g: g.value for g in Group},
    )
