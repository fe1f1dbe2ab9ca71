"""What a reviewer does with a flag short of deciding it, and what they set right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from screening.corrections import Correction, CorrectionKind
from screening.errors import Conflict, ReviewError
from screening.records import Conversation, Speaker
from screening.store import Case, Store

from ..auth import Staff
from ..errors import kind_of
from .case import show
from .forms import Checked
from .onward import next_open, url

router = APIRouter(include_in_schema=False)
#: For how long a flag may be put aside with one click, in hours.


@router.post("/flags/{flag_id}/work")
def work(request: Request, person: Staff, form: Checked, flag_id: str) -> Response:
    """Puts aside, hands over, escalates, skips, or takes over; then the next flag comes."""
    store: Store = request.app.state.store
    flag = store.flag(flag_id, person)
    what, note = form.get("do", ""), form.get("note", "")
    try:
        match what:
            case "held":
                hours = form.get("hours", "24")
                until = datetime.now(UTC) + timedelta(hours=int(hours) if hours.isdigit() else 24)
                store.work.hold(flag_id, person, until=until, note=note)
            case "resumed":
                store.work.resume(flag_id, person)
            case "handed":
                store.work.hand_over(flag_id, person, to=form.get("to", ""), note=note)
            case "escalated":
                store.work.escalate(flag_id, person, note=note)
            case "skipped":
                store.work.skip(flag_id, person)
            case "taken":
                store.work.claim(flag_id, person, take=True)
            case _:
                raise ReviewError("その操作はありません。画面を読み直してください。")
    except (ReviewError, Conflict) as error:
        return show(
            request,
            person,
            flag.conversation_key,
            flag_id,
            error=str(error),
            status=kind_of(error)[0],
        )
    if what in ("resumed", "taken"):
        onward = url(flag)
    else:
        onward = next_open(
            request,
            store,
            request.app.state.policy,
            store.case(flag.conversation_key, person),
            flag,
            person,
        )
    joint = "&" if "?" in onward else "?"
    return RedirectResponse(f"{onward}{joint}did={what}", 303)


@router.post("/cases/{key}/corrections")
def correct(request: Request, person: Staff, form: Checked, key: str) -> Response:
    """Sets the words, the category or the speaker right, or adds a flag that was missed."""
    store: Store = request.app.state.store
    flag_id = form.get("flag") or None
    case = store.case(key, person)
    kind = form.get("kind", "")
    try:
        if kind not in set(CorrectionKind):
            raise ReviewError("何を訂正するかを選んでください。")
        store.corrections.add(
            key,
            person,
            _correction(CorrectionKind(kind), form, flag_id, case),
            policy=request.app.state.policy,
        )
    except (ReviewError, Conflict) as error:
        return show(
            request,
            person,
            key,
            flag_id,
            error=str(error),
            status=kind_of(error)[0],
        )
    did = "missed" if kind == CorrectionKind.MISSED else "corrected"
    return RedirectResponse(f"/cases/{key}?{urlencode({'flag': flag_id or '', 'did': did})}", 303)


@router.post("/cases/{key}/raised")
def raised(request: Request, person: Staff, form: Checked, key: str) -> Response:
    """A reviewer's own flag: conduct that no list names, in the words that were said and with a reason."""
    store: Store = request.app.state.store
    flag_id = form.get("flag") or None
    number = form.get("turn", "")
    try:
        conversation = store.case(key, person).conversation
        turn, start, end = locate(
            conversation, int(number) - 1 if number.isdecimal() else None, form.get("said", "")
        )
        made = store.raise_flag(
            key,
            person,
            policy=request.app.state.policy,
            turn=turn,
            start=start,
            end=end,
            reason=form.get("reason", ""),
        )
    except (ReviewError, Conflict) as error:
        return show(
            request,
            person,
            key,
            flag_id,
            error=str(error),
            status=kind_of(error)[0],
        )
    return RedirectResponse(f"/cases/{key}?{urlencode({'flag': made, 'did': 'raised'})}", 303)


def _correction(
    kind: CorrectionKind, form: dict[str, str], flag_id: str | None, case: Case
) -> Correction:
    number = form.get("turn", "")
    turn = int(number) - 1 if number.isdigit() else None
    said = form.get("said", "")
    start = end = None
    found = next((x.flag for x in case.flags if x.id == flag_id), None)
    if kind is CorrectionKind.SPAN and form.get("back") and found is not None:
        # Back to where the machine found it.
        turn, start, end = found.turn, found.start, found.end
    elif kind in (CorrectionKind.SPAN, CorrectionKind.MISSED) and (said or turn is not None):
        turn, start, end = locate(case.conversation, turn, said)
    chosen = form.get("speaker", "")
    return Correction(
        kind=kind,
        flag_id=None if kind in (CorrectionKind.MISSED, CorrectionKind.SPEAKER) else flag_id,
        turn=turn,
        start=start,
        end=end,
        category=form.get("category") or None,
        speaker=Speaker(chosen) if chosen in set(Speaker) else None,
        note=form.get("note", ""),
    )


def locate(conversation: Conversation, turn: int | None, said: str) -> tuple[int, int, int]:
    """Where the given words stand: in the given turn, or in the only one that has them.

    Raises ReviewError where they stand nowhere, or at more than one place.
    """
    if not said.strip():
        raise ReviewError("正しい箇所の言葉を、会話のとおりに書いてください。")
    turns = range(len(conversation.turns)) if turn is None else [turn]
    found = [
        (number, at)
        for number in turns
        if 0 <= number < len(conversation.turns)
        for at in _places(conversation.turns[number].text, said)
    ]
    if not found:
        raise ReviewError("その言葉は見つかりません。会話のとおりに写してください。")
    if len(found) > 1:
        raise ReviewError(
            f"その言葉は{len(found)}か所にあります。発話の番号を選ぶか、前後も含めてください。"
        )
    number, at = found[0]
    return number, at, at + len(said)


def _places(text: str, said: str) -> list[int]:
    return [i for i in range(len(text)) if text.startswith(said, i)]
