"""The queue, one flag, one case."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from screening.records import Kind
from screening.review import FlagState
from screening.store.queue import LARGEST_PAGE

from ..auth import Reader, Staff
from ..schemas import case_out, flag_out, page_out

router = APIRouter(tags=["flags"])


@router.get("/flags", summary="Flags in the order in which people should look")
def flags(
    request: Request,
    caller: Reader,
    state: Annotated[tuple[FlagState, ...], Query()] = (FlagState.PROPOSED,),
    category: str | None = None,
    kind: Kind | None = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 50,
    after: str | None = None,
) -> dict[str, Any]:
    page = request.app.state.store.flags(
        states=state, category=category, kind=kind, limit=limit, after=after
    )
    return page_out(page)


@router.get("/flags/{flag_id}", summary="One flag")
def flag(request: Request, caller: Reader, flag_id: str) -> dict[str, Any]:
    return flag_out(request.app.state.store.flag(flag_id))


@router.get("/conversations/{key}", summary="A conversation with everything found and decided")
def case(request: Request, caller: Staff, key: str) -> dict[str, Any]:
    return case_out(request.app.state.store.case(key))
