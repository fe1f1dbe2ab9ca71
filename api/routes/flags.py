"""The queue, one flag, one case. Words are shown where they are asked for, and that is recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from screening.records import Kind
from screening.review import FlagState, Person
from screening.store import Filters, Place
from screening.store.queue import LARGEST_PAGE

from ..auth import CaseReader, Reader
from ..schemas import case_out, flag_out, page_out

router = APIRouter(tags=["flags"])


def filters(
    request: Request,
    state: Annotated[tuple[FlagState, ...], Query()] = (FlagState.PROPOSED,),
    category: str | None = None,
    outcome: str | None = None,
    kind: Kind | None = None,
    channel: str | None = None,
    trade: str | None = None,
    since: str | None = None,
    until: str | None = None,
    policy: str | None = None,
    place: Place | None = None,
    mine: bool = False,
) -> Filters:
    """What of the ordinary queue is asked for: what has a route of its own waits in none with others."""
    routed = request.app.state.policy.routed
    return Filters(
        without=tuple(sorted(routed)),
        states=state,
        category=category,
        outcome=outcome,
        kind=kind,
        channel=channel,
        trade=trade,
        since=since,
        until=until,
        policy=policy,
        place=place,
        mine=mine,
    )


Asked = Annotated[Filters, Depends(filters)]


def urgently(asked: Asked) -> Filters:
    """The same of the urgent route, which holds whatever was found for it.

    None of it, rather than everything, where the policy sends nothing that way.
    """
    return replace(asked, only=asked.without or ("",), without=(), all_flags=True)


Urgent = Annotated[Filters, Depends(urgently)]
Words = Annotated[bool, Query(description="Show the flagged words; this is a look on record")]


@router.get("/flags", summary="Flags in the order in which people should look, with the reason")
def flags(
    request: Request,
    caller: Reader,
    asked: Asked,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 50,
    after: str | None = None,
    words: Words = False,
) -> dict[str, Any]:
    """Those with a route of their own, such as words of self-harm, are under ``/v1/flags/urgent``."""
    return _page(request, caller, asked, limit, after, words)


@router.get("/flags/urgent", summary="Flags with a route of their own, which wait in no queue")
def urgent(
    request: Request,
    caller: Reader,
    asked: Urgent,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 50,
    after: str | None = None,
    words: Words = False,
) -> dict[str, Any]:
    """Never a matter of blame: whoever takes one hands it on to those who care."""
    return _page(request, caller, asked, limit, after, words)


def _page(
    request: Request, caller: Person, asked: Filters, limit: int, after: str | None, words: bool
) -> dict[str, Any]:
    store = request.app.state.store
    page = store.flags(asked, viewer=caller, limit=limit, after=after)
    if words:
        store.looked(caller, "queue:", count=len(page.items))
    return page_out(page, words=words)


@router.get("/flags/{flag_id}", summary="One flag")
def flag(request: Request, caller: Reader, flag_id: str, words: Words = False) -> dict[str, Any]:
    store = request.app.state.store
    row = store.flag(flag_id, caller)
    if words:
        store.looked(caller, f"flag:{flag_id}")
    return flag_out(row, words=words)


@router.get("/conversations/{key}", summary="A conversation with everything found and decided")
def case(request: Request, caller: CaseReader, key: str) -> dict[str, Any]:
    """Whoever reads it stands in the audit log."""
    return case_out(request.app.state.store.open_case(key, caller))
