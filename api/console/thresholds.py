"""What another threshold would have meant: flags a day, and how many of them people found to be right."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter, Request, Response

from screening.dashboard import Share
from screening.errors import NotFound
from screening.policy import Policy
from screening.rehearsal import THRESHOLDS, Past, simulate
from screening.review import Person

from ..auth import Staff
from . import charts
from .pages import render

router = APIRouter(include_in_schema=False)
#: The age up to which the record's scores may be used again: reading them goes through every flag.
PAST_SECONDS = 60.0


def _past(request: Request, person: Person) -> tuple[list[Past], float]:
    known: dict[str, tuple[float, list[Past], float]] = request.app.state.past
    kept = known.get(person.id)
    if kept is None or time.monotonic() - kept[0] > PAST_SECONDS:
        known.clear()
        kept = (time.monotonic(), *request.app.state.store.shadow.past(person))
        known[person.id] = kept
    return kept[1], kept[2]


@router.get("/numbers/thresholds")
def thresholds(request: Request, person: Staff, category: str = "") -> Response:
    """Refused by the core to whoever reads no reports. Nothing is changed here: the policy is a document."""
    policy: Policy = request.app.state.policy
    if category and category not in policy.categories:
        raise NotFound("その区分はこの方針にありません。")
    past, days = _past(request, person)
    recorded = {p.category for p in past}
    names = [c for c in policy.categories.values() if c.id in recorded]
    chosen = policy.categories.get(category) or (names[0] if names else None)
    rows = []
    if chosen is not None:
        rows = _rows(policy, chosen.id, past, days)
    return render(
        request,
        "thresholds.html",
        person=person,
        page="numbers",
        categories=names,
        chosen=chosen,
        days=f"{days:.0f}",
        rows=rows,
        charts={
            "flags": charts.columns(
                "しきい値ごとの、一日の候補",
                [(r["label"], r["a_day"]) for r in rows],
                "一日に、件",
            ),
            "precision": charts.shares(
                "しきい値ごとの、適合率",
                [(f"{r['label']}以上", r["share"]) for r in rows],
            ),
        },
    )


def _rows(policy: Policy, category: str, past: list[Past], days: float) -> list[dict[str, Any]]:
    """One line for each threshold, the one in force among them."""
    now = policy.categories[category].threshold
    found = simulate(
        [p for p in past if p.category == category],
        sorted({now, *(t for t in THRESHOLDS if t > now)}),
        days=days,
        floor={category: now},
    )
    return [
        {
            "label": f"{t.threshold * 100:.0f}%",
            "now": t.threshold == now,
            "a_day": t.flags_a_day,
            "judged": t.judged,
            "found": t.found,
            "share": Share(t.found, t.judged, t.precision, *(t.interval or (None, None))),
        }
        for t in found
    ]
