"""Second looks: flags that two people saw differently, and conversations in which nothing was found."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from screening.access import Action, require
from screening.errors import Conflict, NotFound, ReviewError
from screening.store import Store
from screening.urgency import PRIORITIES

from ..auth import Staff
from ..errors import kind_of
from . import words
from .conversation import bubbles
from .forms import Checked
from .pages import render, settings

router = APIRouter(include_in_schema=False)


@router.get("/disputes")
def disputes(request: Request, person: Staff) -> Response:
    """Flags that wait for a third person."""
    from .case import done

    store, policy = request.app.state.store, request.app.state.policy
    now = datetime.now(UTC)
    return render(
        request,
        "disputes.html",
        person=person,
        page="disputes",
        notice=done(request, person),
        rows=[
            {
                "id": d.flag.id,
                "key": d.flag.conversation_key,
                "category": words.category_name(policy, d.flag.flag.category),
                "provision": words.clause(
                    policy,
                    d.flag.flag.provision,
                    beside=words.category_name(policy, d.flag.flag.category),
                ),
                "priority": str(d.flag.flag.priority),
                "priority_label": PRIORITIES[d.flag.flag.priority],
                "first": words.outcome_label(policy, d.first.decision.outcome),
                "second": words.outcome_label(policy, d.second.decision.outcome),
                "when": words.short(d.second.decision.decided_at, now),
                "mine": person.id in (d.first.decision.person_id, d.second.decision.person_id),
            }
            for d in store.readings.disputed(person)
        ],
    )


@router.get("/check")
def check(request: Request, person: Staff) -> Response:
    """The next conversation without a flag that was drawn for a look, or the news that none is."""
    from .case import done

    require(person, Action.CHECK)
    store: Store = request.app.state.store
    key = store.checks.next(person) if request.query_params.get("go") else None
    return _check(request, person, key, notice=done(request, person))


def _check(
    request: Request,
    person: Staff,
    key: str | None,
    *,
    notice: dict[str, object] | None = None,
    error: str | None = None,
    status: int = 200,
) -> Response:
    store: Store = request.app.state.store
    shared: dict[str, object] = {
        "page": "check",
        "notice": notice,
        "error": error,
        "estimate": store.checks.estimate(person),
        "left": store.checks.waiting(person),
        "asked": bool(request.query_params.get("go")),
        "conversation": None,
    }
    if key is not None:
        case = store.open_case(key, person, words=False)
        store.looked(person, f"conversation:{key}", count=0)
        conversation = case.conversation
        shared |= {
            "key": key,
            "conversation": words.KINDS.get(str(conversation.kind), ""),
            "when": words.when(conversation.occurred_at),
            "bubbles": bubbles(
                conversation,
                [],
                recording=lambda ms: settings(request).recording(conversation.id, key, ms),
            ),
            "categories": request.app.state.policy.categories.values(),
        }
    return render(request, "check.html", person=person, status=status, **shared)


@router.post("/check/{key}")
def checked(request: Request, person: Staff, form: Checked, key: str) -> Response:
    store: Store = request.app.state.store
    if form.get("found") not in ("yes", "no"):
        return _check(
            request, person, key, error="あったか、なかったかを選んでください。", status=422
        )
    chosen = tuple(name.removeprefix("category-") for name in form if name.startswith("category-"))
    try:
        store.checks.record(
            key,
            person,
            found=form["found"] == "yes",
            categories=chosen,
            note=form.get("note", ""),
        )
    except (ReviewError, Conflict, NotFound) as error:
        return _check(request, person, key, error=str(error), status=kind_of(error)[0])
    return RedirectResponse("/check?go=1&did=checked", 303)
