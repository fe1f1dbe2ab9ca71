"""A conversation under another policy: what it would flag, ask and open. Nothing is kept or changed."""

from __future__ import annotations

from functools import lru_cache

from fastapi import APIRouter, Request, Response

from screening.errors import NotFound
from screening.policy import Policy, assess, load_policy, shipped
from screening.records import Flag
from screening.store import Store
from screening.urgency import PRIORITIES

from ..auth import Staff
from . import consequences, words
from .pages import render

router = APIRouter(include_in_schema=False)


@lru_cache(maxsize=8)
def _policy(name: str) -> Policy:
    return load_policy(name)


def others() -> list[tuple[str, str]]:
    """Id and title of every policy under which a conversation can be looked at."""
    return [(name, _policy(name).title) for name in shipped()]


@router.get("/cases/{key}/under/{name}")
def under(request: Request, person: Staff, key: str, name: str) -> Response:
    """No words are shown; whoever looks stands in the audit log all the same."""
    if name not in shipped():
        raise NotFound("その方針はありません。")
    store: Store = request.app.state.store
    active, other = request.app.state.policy, _policy(name)
    case = store.open_case(key, person, words=False)
    store.looked(person, f"conversation:{key}", count=0)
    found = request.app.state.screener.with_policy(other).screen(case.conversation)
    flagged = [f.category for f in found.flags]
    consulted = [c.consulted for c in case.consultations]
    return render(
        request,
        "under.html",
        person=person,
        page="queue",
        key=key,
        policy=other,
        policies=[p for p in others() if p[0] != active.id],
        asks=other.needs_review(found.flags),
        now=[_row(active, x.flag) for x in case.flags],
        active=active,
        then=[
            _row(other, flag)
            | {
                "outcomes": [
                    {
                        "label": o.label,
                        "open": o.open,
                        "conditions": [consequences.condition(r) for r in o.reasons],
                    }
                    for o in assessed.outcomes
                ],
                "route": words.outcome_label(other, assessed.route) if assessed.route else "",
            }
            | consequences.questions(assessed, other)
            for flag in found.flags
            for assessed in [assess(other, flag.category, {}, flagged=flagged, consulted=consulted)]
        ],
    )


def _row(policy: Policy, flag: Flag) -> dict[str, object]:
    category = policy.categories.get(flag.category)
    clause = policy.basis.get(flag.provision)
    return {
        "category": words.category_name(policy, flag.category),
        "provision": flag.provision,
        "clause": clause.title if clause else "",
        "place": f"{flag.turn + 1}番の発話" if flag.turn is not None else "会話全体",
        "size": len(flag.text),
        "score": flag.score,
        "priority": str(flag.priority),
        "priority_label": PRIORITIES[flag.priority],
        "opens": category is not None and category.opens_review,
    }
