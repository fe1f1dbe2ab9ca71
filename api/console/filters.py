"""What a list is narrowed to, and keeping to it while a person works through it.

The browser keeps the filters of the list that a person came from in a cookie that no script reads: names of
categories, kinds and channels, and days; nothing of any conversation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Request, Response

from screening.errors import ReviewError
from screening.policy import Policy
from screening.review import FlagState
from screening.store.queue import Filters, Place

from . import words

COOKIE = "screening_list"
KEPT = ("category", "kind", "channel", "trade", "since", "until", "policy", "outcome")


def filters_of(
    asked: Any,
    states: tuple[FlagState, ...],
    *,
    routed: frozenset[str] = frozenset(),
    care: bool = False,
) -> Filters:
    """The filters of an address; ``care`` asks for what is ``routed``, otherwise that is left out.

    Raises ReviewError for a date that is none.
    """
    given = {name: asked.get(name) or None for name in KEPT}
    tab = asked.get("tab", "")
    until = _day(given.pop("until"), "期間の終わり")
    since = _day(given.pop("since"), "期間の始め")
    return replace(
        Filters(),
        **given,
        states=states,
        since=since.isoformat() if since else None,
        # The last day itself belongs to the period.
        until=(until + timedelta(days=1)).isoformat() if until else None,
        place=tab if tab in set(Place) else None,
        mine=tab == "mine",
        # Where a policy sends nothing that way, the list is empty.
        only=tuple(routed) or ("",) if care else (),
        without=() if care else tuple(routed),
        all_flags=care,
    )


def _day(text: str | None, what: str) -> datetime | None:
    try:
        return words.day(text) if text else None
    except ValueError:
        raise ReviewError(f"{what}は、2026-11-01 のように書いてください。") from None


def keep(request: Request, response: Response, chosen: Mapping[str, str]) -> None:
    """Has the browser keep what the list of what waits is narrowed to."""
    if chosen:
        secure = request.url.scheme == "https"
        response.set_cookie(
            COOKIE, urlencode(chosen), httponly=True, samesite="strict", secure=secure, path="/"
        )
    elif COOKIE in request.cookies:
        response.delete_cookie(COOKIE, path="/")


def kept(request: Request) -> dict[str, str]:
    """What the list was narrowed to that the person came from."""
    said = parse_qsl(request.cookies.get(COOKIE, ""))
    return {name: value for name, value in said if name in KEPT}


def within(request: Request, policy: Policy) -> Filters:
    """The same as filters; none where they cannot be read."""
    try:
        return filters_of(kept(request), (FlagState.PROPOSED,), routed=policy.routed)
    except ReviewError:
        return filters_of({}, (FlagState.PROPOSED,), routed=policy.routed)


def back(request: Request) -> str:
    """The address of that list."""
    chosen = kept(request)
    return f"/?{urlencode(chosen)}" if chosen else "/"
