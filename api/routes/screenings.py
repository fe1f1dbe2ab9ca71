"""Screening one conversation, with and without keeping it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request, Response

from screening import records
from screening.intake import conversation_from_json

from ..auth import Deliverer
from ..schemas import CONVERSATION_EXAMPLES

router = APIRouter(tags=["screening"])
Conversation = Annotated[dict[str, Any], Body(openapi_examples=CONVERSATION_EXAMPLES)]


@router.post("/screenings", summary="Screen one conversation; nothing is kept")
def screen(request: Request, body: Conversation, caller: Deliverer) -> dict[str, Any]:
    conversation = conversation_from_json(body)
    result = _screened(request, conversation)
    request.app.state.metrics.screened(conversation, result)
    answer: dict[str, Any] = result.to_json()
    return answer


@router.post(
    "/conversations",
    summary="Screen one conversation and put its flags before people",
    status_code=201,
    responses={200: {"description": "It was kept already; nothing has changed"}},
)
def keep(
    request: Request,
    response: Response,
    body: Conversation,
    caller: Deliverer,
    trade: Annotated[str | None, Query(max_length=60)] = None,
) -> dict[str, Any]:
    """``trade`` is the line of business, by which the queue can be filtered."""
    conversation = conversation_from_json(body)
    result = _screened(request, conversation)
    saved = request.app.state.store.save(
        conversation, result, source=f"api:{caller.id}", trade=trade
    )
    if saved.created:
        request.app.state.metrics.screened(conversation, result)
    else:
        response.status_code = 200
    return {
        "key": saved.key,
        "created": saved.created,
        "flag_ids": list(saved.flag_ids),
        "screening": result.to_json(),
    }


def _screened(request: Request, conversation: records.Conversation) -> records.ScreeningResult:
    """With the customer's earlier contacts on record, so that their number counts."""
    state = request.app.state
    history = state.store.history(conversation)
    result: records.ScreeningResult = state.screener.screen(conversation, history=history)
    return result
