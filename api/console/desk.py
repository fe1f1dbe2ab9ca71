"""The consultation desk, one click away from everywhere, and the policy to read.

The lines open to anybody in Japan, as their operators publish them: よりそいホットライン (一般社団法人
社会的包摂サポートセンター, https://www.since2011.net/yorisoi/), free of charge at any hour, with a number of
its own for Iwate, Miyagi and Fukushima; 総合労働相談コーナー (厚生労働省,
https://www.mhlw.go.jp/general/seido/chihou/kaiketu/soudan.html), free and without an appointment at the
labour bureaus and at labour standards inspection offices. A site checks them as it checks its own.
"""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from fastapi import APIRouter, Request, Response

from screening.access import Action, may
from screening.policy import Group, Side
from screening.urgency import PRIORITIES

from ..auth import Staff
from . import words
from .pages import render, settings

router = APIRouter(include_in_schema=False)
#: Name, how to reach it, and for what.
PUBLIC_LINES = (
    (
        "よりそいホットライン",
        "0120-279-338（岩手・宮城・福島からは 0120-279-226）",
        "24時間・無料。つらいとき、だれかに話したいとき",
    ),
    (
        "総合労働相談コーナー",
        "各都道府県の労働局・労働基準監督署などの中",
        "予約なし・無料。職場の困りごと。ハラスメントの相談も受けています",
    ),
)


@router.get("/desk")
def desk(request: Request, person: Staff) -> Response:
    """Whom to turn to, and what one may do about what one has to read."""
    policy, chosen = request.app.state.policy, settings(request)
    promised = {
        clause.number: clause
        for r in policy.responses
        if r.side is Side.INTERNAL
        and (clause := policy.basis.get(r.provision))
        and clause.published
    }
    return render(
        request,
        "desk.html",
        person=person,
        page="desk",
        settings=chosen,
        back=_back(request),
        promised=list(promised.values()),
        lines=PUBLIC_LINES,
        rest_minutes=policy.reading.rest_minutes,
        may_set=may(person, Action.MANAGE_PEOPLE),
    )


def _back(request: Request) -> str:
    """The page of the console that one came from, or the queue."""
    came = urlsplit(request.headers.get("referer", ""))
    if came.netloc != request.url.netloc or came.path in ("", "/desk", "/login"):
        return "/"
    return urlunsplit(("", "", came.path, came.query, ""))


@router.get("/policy")
def policy_page(request: Request, person: Staff) -> Response:
    policy = request.app.state.policy
    return render(
        request,
        "policy.html",
        person=person,
        page="policy",
        policy=policy,
        labels=PRIORITIES,
        gravity={c.id: words.gravity(policy, c.id)[0] for c in policy.categories.values()},
        groups={g: g.value for g in Group},
    )
