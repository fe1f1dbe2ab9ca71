"""The lists: what waits, in the order in which people should look, and what was decided."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from screening.access import Action, may
from screening.dashboard import Choices, choices
from screening.policy import Policy
from screening.review import FlagState, Person, Role
from screening.store import FlagRow
from screening.store.queue import Place
from screening.urgency import PRIORITIES, standing

from ..auth import Staff
from . import filters, words
from .case import done
from .filters import KEPT, filters_of
from .pages import render
from .record import repeats

#: The age up to which the values of the filters may be shown again.
CHOICES_SECONDS = 60.0
#: Lines on one page.
SIZE = 50
_DECIDED = (FlagState.CONFIRMED, FlagState.DISMISSED, FlagState.ON_HOLD)
_TABS = (
    ("", "すべて"),
    ("mine", "自分の分"),
    (Place.HELD.value, "後回し"),
    (Place.ESCALATED.value, "相談中"),
    (Place.CLAIMED.value, "確認中"),
)
#: What a list says where nothing stands on it, by its tab.
_EMPTY = {
    "": "いま確認を待っている候補はありません。新しい会話が検査されると、ここに並びます。",
    "mine": "自分あての候補はありません。だれかが担当を替えると、ここに届きます。",
    Place.HELD.value: "後回しにした候補はありません。後回しにすると、期限までここに置かれます。",
    Place.ESCALATED.value: "承認者に相談している候補はありません。",
    Place.CLAIMED.value: "いまだれかが開いている候補はありません。",
}
_LISTS = {"queue": _TABS, "care": (("", "まだの分"), ("handed", "引き継いだ分"))}

router = APIRouter(include_in_schema=False)


@router.get("/")
def queue(request: Request, person: Staff) -> Response:
    return _list(
        request,
        person,
        page="queue",
        heading="確認待ち",
        states=(FlagState.PROPOSED,),
        empty=_EMPTY.get(request.query_params.get("tab", ""), _EMPTY[""]),
    )


@router.get("/care")
def care(request: Request, person: Staff) -> Response:
    """What has a route of its own and waits in no queue of harassment: words of self-harm above all."""
    handed = request.query_params.get("tab") == "handed"
    return _list(
        request,
        person,
        page="care",
        heading="ケアへ引き継ぐもの",
        states=_DECIDED if handed else (FlagState.PROPOSED,),
        empty="引き継いだものはまだありません。"
        if handed
        else "いま、ケアへ引き継ぐものはありません。",
    )


def _list(
    request: Request,
    person: Person,
    *,
    page: str,
    heading: str,
    states: tuple[FlagState, ...],
    empty: str,
) -> Response:
    asked = request.query_params
    policy, store = request.app.state.policy, request.app.state.store
    found = store.flags(
        filters_of(asked, states, routed=policy.routed, care=page == "care"),
        viewer=person,
        limit=SIZE,
        after=asked.get("after") or None,
    )
    counted: dict[str, Any] = {}
    if page == "queue" and not any(asked.get(name) for name in (*KEPT, "tab")):
        counted["waiting"] = found.total
    shown = asked.get("words") == "shown" and may(person, Action.READ_CASE)
    if shown and found.items:
        store.looked(person, "queue:", count=sum(1 for f in found.items if f.flag.text))
    kept = {k: asked[k] for k in (*KEPT, "tab") if asked.get(k)}
    now = datetime.now(UTC)
    answer = render(
        request,
        "queue.html",
        person=person,
        page=page,
        heading=heading,
        empty=empty,
        notice=done(request, person),
        rows=[
            row(policy, f, person, now, shown=shown) | original
            for f, original in zip(
                found.items, repeats(store, policy, found.items, person, now), strict=True
            )
        ],
        categories=[
            c for c in policy.categories.values() if (c.id in policy.routed) == (page == "care")
        ],
        choices=filter_choices(request),
        chosen={name: asked.get(name, "") for name in (*KEPT, "tab")},
        tabs=[
            (name, label, _address({**kept, "tab": name})) for name, label in _LISTS.get(page, ())
        ],
        total=found.total,
        size=SIZE,
        next=_address(kept | {"after": found.next}) if found.next else "",
        shown=shown,
        may_open=may(person, Action.READ_CASE),
        toggle=_address(kept if shown else kept | {"words": "shown"}),
        filtered=any(asked.get(name) for name in KEPT),
        # An address of nothing but "?" keeps the page and drops its query.
        clear=_address({"tab": asked.get("tab", "")}),
        routed_names="・".join(words.category_name(policy, name) for name in sorted(policy.routed)),
        may_work=Role.REVIEWER in person.roles,
        **counted,
    )
    if page == "queue":
        filters.keep(request, answer, {k: asked[k] for k in KEPT if asked.get(k)})
    return answer


def filter_choices(request: Request) -> Choices:
    """What can be filtered by, looked up again after a minute: it goes through every flag."""
    known: tuple[float, Choices] | None = getattr(request.app.state, "choices", None)
    if known is None or time.monotonic() - known[0] > CHOICES_SECONDS:
        known = (time.monotonic(), choices(request.app.state.store))
        request.app.state.choices = known
    return known[1]


def _address(query: dict[str, str]) -> str:
    return f"?{urlencode({k: v for k, v in query.items() if v})}"


def row(
    policy: Policy, flag: FlagRow, person: Person, now: datetime, *, shown: bool
) -> dict[str, Any]:
    """One line: why first, how grave, and only then how many words wait behind it."""
    f = flag.flag
    since = words.moment(flag.created_at) or now
    place = standing(f.priority, f.score, flag.gravity, since, now)
    # What is nobody's fault has no gravity.
    grave, dots = ("", 0) if flag.named in policy.routed else words.gravity(policy, flag.named)
    category = policy.categories.get(flag.named)
    name = words.category_name(policy, flag.named)
    return {
        "id": flag.id,
        "conversation_key": flag.conversation_key,
        "priority": str(f.priority),
        "priority_label": PRIORITIES[f.priority],
        "gravity": grave,
        "dots": dots,
        "category_name": name,
        "clause": words.clause(
            policy, category.provision if category else f.provision, beside=name
        ),
        "text": words.shortened(f.text, 60) if shown else "",
        "full": f.text if shown else "",
        "size": len(f.text),
        "evidence": "・".join(f"{n + 1}番" for n in f.evidence) if f.turn is None else "",
        "why": words.gist(words.reason(f.why, shown=shown), words.place(flag)),
        "order": place.why,
        "kind_label": words.KINDS.get(flag.kind, flag.kind),
        "when": words.short(flag.occurred_at, now) if flag.occurred_at else "日時不明",
        "waited": words.ago(now - since),
        "score": f.score,
        "state_label": "" if flag.state is FlagState.PROPOSED else words.standing(policy, flag),
        "tags": list(_tags(flag, person, now)),
    }


def _tags(flag: FlagRow, person: Person, now: datetime) -> Iterator[str]:
    """What is going on with a flag: who has it open, whom it was given to, and until when it rests."""
    if flag.claim is not None:
        left = words.ago((words.moment(flag.claim.until) or now) - now)
        who = "自分" if flag.claim.mine else f"{flag.claim.person_name}さん"
        yield f"確認中：{who}・あと{left}"
    if flag.escalated:
        yield "承認者に相談中"
    if flag.assigned_to:
        yield "自分あて" if flag.assigned_to == person.id else "担当あり"
    if flag.held_until and (words.moment(flag.held_until) or now) > now:
        yield f"{words.short(flag.held_until, now)}まで後回し"
