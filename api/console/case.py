"""One case: reading it, opening its words, deciding on its flags."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from screening.access import Action, may
from screening.errors import Conflict, NotFound, PermissionDenied, ReviewError
from screening.review import FlagState, Person
from screening.store import Case, FlagRow, Store

from ..auth import Staff
from ..errors import kind_of
from . import sight, view, words
from .consequences import answers_of, outcomes
from .conversation import Segment, marks, segments, veils
from .forms import Checked
from .onward import next_open, page_of
from .pages import go_on, render, settings
from .record import carried, draft, may_withdraw

#: What is chosen where the flag that is repeated is not offered.
_NOT_LISTED = "none"
_UNDONE = "決定直後に画面から取り消した"

router = APIRouter(include_in_schema=False)


def done(request: Request, person: Person, key: str = "") -> dict[str, Any] | None:
    """What was decided or done a moment ago, with the way back; and whether ``key`` is another
    conversation."""
    if said := _SAID.get(request.query_params.get("did", "")):
        return {"kind": "good", "text": said, "undo": None}
    flag_id = request.query_params.get("done")
    if not flag_id:
        return None
    store, policy = request.app.state.store, request.app.state.policy
    try:
        flag = store.flag(flag_id, person)
    except NotFound:
        return None
    case = store.case(flag.conversation_key, person)
    mine = [d for d in case.decisions if d.decision.flag_id == flag_id]
    if not mine:
        return None
    if flag.state is FlagState.PROPOSED:
        text = "決定を取り消しました。答えと理由は下書きに戻してあります。"
        return {"kind": "good", "text": text, "undo": None}
    name = words.category_name(policy, flag.named)
    on = "次の会話に移りました。" if key and flag.conversation_key != key else ""
    return {
        "kind": "good",
        "text": f"「{name}」を「{words.standing(policy, flag)}」と記録しました。{on}",
        "undo": flag_id if may_withdraw(mine[-1], flag, person) else None,
    }


_SAID = {
    "held": "後回しにしました。期限が来ると確認待ちに戻ります。",
    "resumed": "確認待ちに戻しました。",
    "handed": "担当を替えました。",
    "escalated": "承認者に相談しました。承認者の「相談中」の一覧に出ます。",
    "skipped": "ほかの人に任せました。理由は要りません。",
    "corrected": "訂正を記録しました。",
    "missed": "見落としを候補に加えました。",
    "raised": "候補に挙げました。ほかの候補と同じように確認を待ちます。",
    "consulted": "協議を記録しました。",
    "checked": "抜き取りの結果を記録しました。ありがとうございます。",
}


def show(
    request: Request,
    person: Person,
    key: str,
    flag_id: str | None,
    *,
    given: dict[str, str] | None = None,
    beside: dict[str, str] | None = None,
    error: str | None = None,
    status: int = 200,
    opened: tuple[str, ...] = (),
) -> Response:
    """The page of a case. Whatever of the conversation it shows stands in the audit log first.

    What the person has opened stays open while they remain in the conversation. ``given`` is what stood in the
    decision, the draft of one where it is None; ``beside`` what stood in another form of the page.
    """
    store: Store = request.app.state.store
    policy = request.app.state.policy
    case = store.open_case(key, person, words=False)
    if not case.flags:
        raise NotFound("この会話には候補がありません。")
    first = next((f for f in case.flags if f.state is FlagState.PROPOSED), case.flags[0])
    flag = next((f for f in case.flags if f.id == flag_id), first)
    hidden = veils(case)
    before = sight.opened(request, key, hidden)
    asked = request.query_params.get("words")
    now = before | {name for name in opened if name in hidden}
    if asked in ("shown", "veiled"):
        now = frozenset(hidden) if asked == "shown" else frozenset()
    store.looked(person, f"conversation:{key}", count=len(now - before), again=len(now & before))
    given = (given if given is not None else draft(case, flag, person)) | (beside or {})
    again = {} if answers_of(policy, given) else carried(policy, case, flag, person)
    page = render(
        request,
        "case.html",
        person=person,
        status=status,
        page=page_of(policy, case, flag),
        error=error,
        notice=done(request, person, key) if error is None else None,
        **view.case_page(
            request,
            store,
            policy,
            settings(request),
            person,
            case,
            flag,
            again | given,
            carried=again.keys(),
            hidden=hidden,
            opened=now,
            dispute=store.readings.dispute(flag.id, person) if flag.disputed else None,
            claim=_claim(store, flag, person),
        ),
    )
    sight.keep(request, page, key, now, hidden)
    return page


def _claim(store: Store, flag: FlagRow, person: Person) -> str:
    """Says that this person is looking; if somebody else is, who and for how long."""
    if not may(person, Action.WORK) or flag.state not in view.OPEN:
        return ""
    claim = store.work.claim(flag.id, person)
    if claim.mine:
        return ""
    return f"{claim.person_name}さんが確認中です（{words.when(claim.until)[-5:]}まで）。決定はできます。"


@router.get("/cases/{key}")
def case(request: Request, person: Staff, key: str, flag: str | None = None) -> Response:
    return show(request, person, key, flag)


@router.post("/cases/{key}/words")
def open_words(request: Request, person: Staff, form: Checked, key: str) -> Response:
    """Shows one part that was kept from sight; the look is recorded before the words leave."""
    store: Store = request.app.state.store
    name = form.get("part", "")
    if "hx-request" not in request.headers:
        return show(request, person, key, form.get("flag"), opened=(name,))
    found = store.open_case(key, person, words=False)
    hidden = veils(found)
    place = hidden.get(name)
    if place is None:
        raise NotFound("その箇所はありません。")
    store.looked(person, f"conversation:{key}", count=1)
    turn, start, end = place
    opened = sight.opened(request, key, hidden) | {name}
    flag = next((f for f in found.flags if f.id == form.get("flag")), None)
    at: dict[str, Any] = {"flag": {"id": ""}}
    if flag is not None:
        policy = request.app.state.policy
        at = view.cited(store, policy, person, found, flag, hidden, opened)
    part = render(
        request,
        "_words.html",
        person=person,
        segments=_within(found, turn, start, end),
        # With the last part of what the flag points at, its panel says what that is.
        whole=flag is not None and not at["covered"] and view.points_at(found, flag, place),
        **at,
    )
    sight.keep(request, part, key, opened, hidden)
    return part


def _within(case: Case, turn: int, start: int, end: int) -> list[Segment]:
    """The marked words of a part, cut as the bubble cuts them."""
    mine = [m for m in marks(case) if m.turn == turn]
    cut, at = [], 0
    for piece in segments(case.conversation.turns[turn].text, mine, ()):
        a, b = max(at, start), min(at + len(piece.text), end)
        if a < b:
            cut.append(Segment(piece.text[a - at : b - at], piece.flags, False))
        at += len(piece.text)
    return cut


@router.get("/flags/{flag_id}/consequences")
def consequences(request: Request, person: Staff, flag_id: str) -> Response:
    """What the answers given so far would open and block, shown before anything is decided."""
    store, policy = request.app.state.store, request.app.state.policy
    asked = dict(request.query_params)
    flag = store.flag(flag_id, person)
    corrections = store.corrections.of(flag.conversation_key)
    return render(
        request,
        "_outcomes.html",
        person=person,
        given={"outcome": asked.get("outcome", "")},
        swap=True,
        **outcomes(store, policy, person, flag, answers_of(policy, asked), corrections),
    )


@router.post("/flags/{flag_id}/decide")
def decide(request: Request, person: Staff, form: Checked, flag_id: str) -> Response:
    store, policy = request.app.state.store, request.app.state.policy
    flag = store.flag(flag_id, person)
    expected, number = form.get("state", ""), form.get("decision", "")
    answers = answers_of(policy, form)
    settling = form.get("settle") == "1"
    original = form.get("duplicate_of") or None
    repeats = words.duplicates(policy, form.get("outcome", ""))
    if not repeats or original == _NOT_LISTED:
        original = None
    try:
        if repeats and form.get("duplicate_of") == "":
            raise ReviewError("どの候補と重複しているかを選んでください。")
        if settling:
            decision = store.readings.resolve(
                flag_id,
                person,
                policy=policy,
                answers=answers,
                outcome=form.get("outcome", ""),
                reason=form.get("reason", ""),
                duplicate_of=original,
            )
        else:
            decision = store.decide(
                flag_id,
                person,
                policy=policy,
                answers=answers,
                outcome=form.get("outcome", ""),
                reason=form.get("reason", ""),
                expected_state=FlagState(expected) if expected in set(FlagState) else None,
                expected_decision=int(number) if number.isdecimal() else None,
                duplicate_of=original,
            )
    except (ReviewError, Conflict, PermissionDenied) as error:
        status, _ = kind_of(error)
        return show(
            request,
            person,
            flag.conversation_key,
            flag_id,
            given=form,
            error=str(error),
            status=status,
        )
    request.app.state.metrics.decisions.labels(decision.outcome).inc()
    found = store.case(flag.conversation_key, person)
    following = "/disputes" if settling else next_open(request, store, policy, found, flag, person)
    joint = "&" if "?" in following else "?"
    return go_on(request, f"{following}{joint}done={flag_id}")


@router.post("/flags/{flag_id}/withdraw")
def withdraw(request: Request, person: Staff, form: Checked, flag_id: str) -> Response:
    store = request.app.state.store
    flag = store.flag(flag_id, person)
    store.withdraw(flag_id, person, reason=form.get("reason") or _UNDONE)
    return go_on(request, f"/cases/{flag.conversation_key}?flag={flag_id}&done={flag_id}")


@router.post("/cases/{key}/consult")
def consult(request: Request, person: Staff, form: Checked, key: str) -> Response:
    """Records whom somebody talked to about possible symptoms, on which day, and what came of it."""
    try:
        request.app.state.store.consult(
            key,
            person,
            consulted="：".join(
                x for x in (form.get("with", ""), form.get("name", "").strip()) if x
            ),
            note=form.get("note", ""),
            policy=request.app.state.policy,
            held_on=_day(form.get("held_on", "")),
        )
    except ReviewError as error:
        return show(
            request,
            person,
            key,
            form.get("flag"),
            beside={f"consult_{k}": v for k, v in form.items()},
            error=str(error),
            status=kind_of(error)[0],
        )
    query = urlencode({"flag": form.get("flag", ""), "did": "consulted"})
    return RedirectResponse(f"/cases/{key}?{query}", 303)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ReviewError("協議の日は、2026-11-01 のように書いてください。") from None
