"""The queue, one flag, one case. Words are shown where they are asked for, and that is recorded."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from screening.records import Kind
from screening.review import FlagState
from screening.store import Filters, Place
from screening.store.queue import LARGEST_PAGE

from ..auth import CaseReader, Reader
from ..schemas import case_out, flag_out, page_out

router = APIRouter(tags=["flags"])


def filters(
    state: Annotated[tuple[FlagState, ...], Query()] = (FlagState.PROPOSED,),
    category: str | None = None,
    kind: Kind | None = None,
    channel: str | None = None,
    trade: str | None = None,
    since: str | None = None,
    until: str | None = None,
    policy: str | None = None,
    place: Place | None = None,
    mine: bool = False,
) -> Filters:
    """What of the queue is asked for."""
    return Filters(
        states=state,
        category=category,
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
