"""The console's addresses. Every action is a form, so that it works without scripts as well."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, FastAPI, Form, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from screening.errors import Conflict, NotFound, PermissionDenied, ReviewError
from screening.policy import Group
from screening.review import STATES, FlagState, Person
from screening.store import Store

from ..auth import Staff
from ..errors import kind_of
from . import views, words
from .pages import render

#: Lines of the queue on one page.
SIZE = 50
_DECIDED = (FlagState.CONFIRMED, FlagState.DISMISSED, FlagState.ON_HOLD)
_UNDONE = "決定直後に画面から取り消した"

router = APIRouter(include_in_schema=False)


async def _form(request: Request) -> dict[str, str]:
    form = await request.form()
    return {k: v for k, v in form.items() if isinstance(v, str)}


def _checked(request: Request, form: Annotated[dict[str, str], Depends(_form)]) -> dict[str, str]:
    """A form with the session's CSRF token."""
    request.app.state.auth.check_csrf(request, form.get("csrf"))
    return form


Checked = Annotated[dict[str, str], Depends(_checked)]


def install(app: FastAPI) -> None:
    app.include_router(router)


@router.get("/static/htmx.min.js")
def htmx() -> Response:
    """The package's own file, so that its version is the installed one."""
    from importlib import resources

    file = resources.files("js_lib_htmx") / "static" / "htmx" / "htmx.min.js"
    return FileResponse(str(file), media_type="text/javascript")


@router.get("/login")
def login_page(request: Request, next: str = "/") -> Response:
    return render(
        request, "login.html", next=next, name="", demo=getattr(request.app.state, "demo", None)
    )


@router.post("/login")
def login(
    request: Request,
    name: Annotated[str, Form()],
    password: Annotated[str, Form()],
    next: Annotated[str, Form()] = "/",
) -> Response:
    # Other sites cannot post here with effect: the answer's cookie is SameSite=Strict.
    try:
        person = request.app.state.store.people.authenticate(name, password)
    except PermissionDenied as error:
        return render(
            request,
            "login.html",
            status=403,
            next=next,
            name=name,
            error=str(error),
            demo=getattr(request.app.state, "demo", None),
        )
    local = next.startswith("/") and not next.startswith(("//", "/\\"))
    response = RedirectResponse(next if local else "/", 303)
    request.app.state.auth.sign_in(response, person)
    return response


@router.post("/logout")
def logout(request: Request, form: Checked) -> Response:
    response = RedirectResponse("/login", 303)
    request.app.state.auth.sign_out(request, response)
    return response


def _list(
    request: Request,
    person: Person,
    states: tuple[FlagState, ...],
    *,
    page: str,
    heading: str,
    empty: str,
    notice: dict[str, Any] | None = None,
) -> Response:
    asked = request.query_params
    policy, store = request.app.state.policy, request.app.state.store
    category, kind = asked.get("category") or None, asked.get("kind") or None
    found = store.flags(
        states=states, category=category, kind=kind, limit=SIZE, after=asked.get("after") or None
    )
    following = {"category": category, "kind": kind, "after": found.next}
    return render(
        request,
        "queue.html",
        person=person,
        page=page,
        heading=heading,
        empty=empty,
        notice=notice,
        rows=[views.row(policy, f) for f in found.items],
        categories=policy.categories.values(),
        chosen={"category": category, "kind": kind},
        total=found.total,
        size=SIZE,
        next=urlencode({k: v for k, v in following.items() if v}) if found.next else "",
    )


@router.get("/")
def queue(request: Request, person: Staff) -> Response:
    return _list(
        request,
        person,
        (FlagState.PROPOSED,),
        page="queue",
        heading="確認待ち",
        empty="確認待ちの候補はありません。",
        notice=_done(request, person),
    )


@router.get("/decided")
def decided(request: Request, person: Staff) -> Response:
    return _list(
        request,
        person,
        _DECIDED,
        page="decided",
        heading="決定済み",
        empty="決定済みの候補はまだありません。",
    )


@router.get("/policy")
def policy_page(request: Request, person: Staff) -> Response:
    policy = request.app.state.policy
    return render(
        request,
        "policy.html",
        person=person,
        page="policy",
        policy=policy,
        labels=words.PRIORITIES,
        groups={g: g.value for g in Group},
    )


def _done(request: Request, person: Person) -> dict[str, Any] | None:
    """What was decided a moment ago, with the way back."""
    flag_id = request.query_params.get("done")
    if not flag_id:
        return None
    store, policy = request.app.state.store, request.app.state.policy
    try:
        flag = store.flag(flag_id)
    except NotFound:
        return None
    mine = [d for d in store.case(flag.conversation_key).decisions if d.decision.flag_id == flag_id]
    if not mine:
        return None
    undo = views.may_withdraw(mine[-1], flag, person)
    if flag.state is FlagState.PROPOSED:
        return {
            "kind": "good",
            "text": "決定を取り消しました。確認待ちに戻っています。",
            "undo": None,
        }
    name = (
        policy.categories[flag.flag.category].name
        if flag.flag.category in policy.categories
        else ""
    )
    text = f"「{name}」を「{STATES[flag.state]}」と記録しました。"
    return {"kind": "good", "text": text, "undo": flag_id if undo else None}


def _case(
    request: Request,
    person: Person,
    key: str,
    flag_id: str | None,
    *,
    given: dict[str, str] | None = None,
    error: str | None = None,
    status: int = 200,
) -> Response:
    store: Store = request.app.state.store
    policy = request.app.state.policy
    case = store.case(key)
    if not case.flags:
        raise NotFound("この会話には候補がありません。")
    first = next((f for f in case.flags if f.state is FlagState.PROPOSED), case.flags[0])
    flag = next((f for f in case.flags if f.id == flag_id), first)
    return render(
        request,
        "case.html",
        person=person,
        status=status,
        page="queue",
        error=error,
        notice=_done(request, person) if error is None else None,
        **views.case_page(store, policy, person, case, flag, given or {}),
    )


@router.get("/cases/{key}")
def case(request: Request, person: Staff, key: str, flag: str | None = None) -> Response:
    return _case(request, person, key, flag)


@router.get("/flags/{flag_id}/consequences")
def consequences(request: Request, person: Staff, flag_id: str) -> Response:
    """What the answers given so far would open and block, shown before anything is decided."""
    store, policy = request.app.state.store, request.app.state.policy
    known = {c.id for c in policy.criteria}
    asked = dict(request.query_params)
    answers = {k: v for k, v in asked.items() if k in known and v}
    shown = views.outcomes(store, policy, store.flag(flag_id), answers)
    given = {"outcome": asked.get("outcome", "")}
    return render(request, "_outcomes.html", person=person, given=given, **shown)


@router.post("/flags/{flag_id}/decide")
def decide(request: Request, person: Staff, form: Checked, flag_id: str) -> Response:
    store, policy = request.app.state.store, request.app.state.policy
    flag = store.flag(flag_id)
    known = {c.id for c in policy.criteria}
    expected = form.get("state", "")
    try:
        decision = store.decide(
            flag_id,
            person,
            policy=policy,
            answers={k: v for k, v in form.items() if k in known and v},
            outcome=form.get("outcome", ""),
            reason=form.get("reason", ""),
            expected_state=FlagState(expected) if expected in set(FlagState) else None,
        )
    except (ReviewError, Conflict, PermissionDenied) as error:
        status, _ = kind_of(error)
        return _case(
            request,
            person,
            flag.conversation_key,
            flag_id,
            given=form,
            error=str(error),
            status=status,
        )
    request.app.state.metrics.decisions.labels(decision.outcome).inc()
    onward = views.next_open(store, store.case(flag.conversation_key), flag)
    joint = "&" if "?" in onward else "?"
    return RedirectResponse(f"{onward}{joint}done={flag_id}", 303)


@router.post("/flags/{flag_id}/withdraw")
def withdraw(request: Request, person: Staff, form: Checked, flag_id: str) -> Response:
    store = request.app.state.store
    flag = store.flag(flag_id)
    store.withdraw(flag_id, person, reason=form.get("reason") or _UNDONE)
    return RedirectResponse(f"/cases/{flag.conversation_key}?flag={flag_id}&done={flag_id}", 303)


@router.post("/cases/{key}/consult")
def consult(request: Request, person: Staff, form: Checked, key: str) -> Response:
    request.app.state.store.consult(
        key, person, consulted=form.get("with", ""), note=form.get("note", "")
    )
    return RedirectResponse(f"/cases/{key}?{urlencode({'flag': form.get('flag', '')})}", 303)
