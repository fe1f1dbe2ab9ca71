"""The audit log, for auditors and administrators."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from screening.access import Action, require
from screening.report import actors
from screening.review import Person

from ..auth import Staff
from . import words
from .forms import Checked
from .pages import render

router = APIRouter(include_in_schema=False)
SIZE = 100
#: What a reader sees for an action; one that is not here is shown as it stands.
ACTIONS = {
    "begin": "記録の開始",
    "look": "言葉を見た",
    "decide": "決定",
    "withdraw": "決定の取り消し",
    "second_reading": "二人目の確認",
    "reopen": "食い違いで開き直し",
    "resolve": "食い違いの判断",
    "consult": "協議の記録",
    "correct": "訂正",
    "check": "抜き取りの確認",
    "raise_flag": "候補を挙げた",
    "step": "対応の記録",
    "taken": "確認の引き取り",
    "held": "後回し",
    "resumed": "後回しの解除",
    "handed": "担当替え",
    "escalated": "承認者への相談",
    "skipped": "ほかの人に任せた",
    "sign_in": "サインイン",
    "sign_out": "サインアウト",
    "sign_in_failed": "サインインの失敗",
    "add_person": "人の登録",
    "set_roles": "役割の変更",
    "deactivate": "利用の停止",
    "activate": "利用の再開",
    "set_password": "パスワードの変更",
    "revoke_session": "セッションの取り消し",
    "revoke_sessions": "セッションの取り消し",
    "add_key": "APIキーの発行",
    "revoke_key": "APIキーの取り消し",
    "plan": "抜き取りと二重確認の割合",
    "export": "訂正の書き出し",
}
_SUBJECTS = {
    "flag": "候補",
    "conversation": "会話",
    "person": "人",
    "queue": "一覧",
    "plan": "設定",
    "step": "対応",
    "key": "APIキー",
}


@router.get("/audit")
def log(request: Request, person: Staff) -> Response:
    return _log(request, person, None)


@router.post("/audit/verify")
def verify(request: Request, person: Staff, form: Checked) -> Response:
    """Walks the whole chain and holds every decision against it."""
    found = request.app.state.store.audit.verify(None, person)
    return _log(request, person, found)


def _log(request: Request, person: Person, verified: Any) -> Response:
    require(person, Action.READ_AUDIT)
    store, asked = request.app.state.store, request.query_params
    before = asked.get("before", "")
    entries = store.audit.entries(
        person,
        before=int(before) if before.isdigit() and len(before) < 18 else None,
        limit=SIZE + 1,
        action=asked.get("action") or None,
    )
    now = datetime.now(UTC)
    names = actors(store, person)
    return render(
        request,
        "audit.html",
        person=person,
        page="audit",
        verified=verified,
        head=str(store.audit.head(person)),
        actions=ACTIONS,
        chosen=asked.get("action", ""),
        entries=[
            {
                "seq": e.seq,
                "when": words.short(e.at, now),
                "who": names.get(e.actor, e.actor),
                "action": ACTIONS.get(e.action, e.action),
                "subject": _subject(e.subject),
                "link": _link(e.subject),
                "hash": e.hash[:12],
            }
            for e in entries[:SIZE]
        ],
        more=entries[SIZE - 1].seq if len(entries) > SIZE else 0,
    )


def _subject(subject: str) -> str:
    kind, _, name = subject.partition(":")
    return f"{_SUBJECTS.get(kind, kind)} {name[:8]}".strip()


def _link(subject: str) -> str:
    kind, _, name = subject.partition(":")
    return f"/cases/{name}" if kind == "conversation" and name.isalnum() else ""
