"""What was decided, the latest first, for looking something up again and for its report."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from screening.access import Action, may
from screening.policy import Policy
from screening.review import FlagState, Person
from screening.store import FlagRow

from ..auth import Staff
from . import queue, words
from .case import done
from .filters import KEPT, filters_of
from .pages import render
from .record import repeats

router = APIRouter(include_in_schema=False)
_STATES = (FlagState.CONFIRMED, FlagState.DISMISSED, FlagState.ON_HOLD)


@router.get("/decided")
def decided(request: Request, person: Staff) -> Response:
    asked = request.query_params
    policy, store = request.app.state.policy, request.app.state.store
    found = store.decided(
        filters_of(asked, _STATES, routed=policy.routed),
        viewer=person,
        limit=queue.SIZE,
        after=asked.get("after") or None,
    )
    shown = asked.get("words") == "shown" and may(person, Action.READ_CASE)
    if shown and found.items:
        store.looked(person, "queue:", count=sum(1 for f in found.items if f.flag.text))
    kept = {k: asked[k] for k in KEPT if asked.get(k)}
    now = datetime.now(UTC)

    def address(query: dict[str, str]) -> str:
        return f"?{urlencode(query)}"

    return render(
        request,
        "decided.html",
        person=person,
        page="decided",
        notice=done(request, person),
        rows=[
            _row(policy, f, person, now, shown=shown) | original
            for f, original in zip(
                found.items, repeats(store, policy, found.items, person, now), strict=True
            )
        ],
        categories=[c for c in policy.categories.values() if c.id not in policy.routed],
        choices=queue.filter_choices(request),
        chosen={name: asked.get(name, "") for name in KEPT} | {"tab": ""},
        outcomes=[(o.id, o.label) for o in policy.outcomes],
        total=found.total,
        size=queue.SIZE,
        next=address(kept | {"after": found.next}) if found.next else "",
        shown=shown,
        may_open=may(person, Action.READ_CASE),
        toggle=address(kept if shown else kept | {"words": "shown"}),
        filtered=bool(kept),
    )


def _row(
    policy: Policy, flag: FlagRow, person: Person, now: datetime, *, shown: bool
) -> dict[str, Any]:
    """One line: what was decided and when, of what."""
    return queue.row(policy, flag, person, now, shown=shown) | {
        "outcome": words.outcome_label(policy, flag.outcome or ""),
        "decided": words.short(flag.decided_at, now),
        "state": flag.state.value,
        "about": _about(flag),
    }


def _about(flag: FlagRow) -> str:
    """What tells a conversation from its neighbours: its channel, its trade, and where in it the words are."""
    channel = words.CHANNELS.get(flag.channel or "", flag.channel or "")
    if channel in (words.KINDS.get(flag.kind), ""):
        channel = ""
    return "・".join(filter(None, (channel, flag.trade, words.place(flag))))
