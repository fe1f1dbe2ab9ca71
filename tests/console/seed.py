"""A quarter of a year of a fictional centre, so that every page has something to show."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from corpora.reader import read_corpus
from screening.corrections import Correction, CorrectionKind
from screening.errors import ScreeningError
from screening.policy import load_policy
from screening.review import FlagState, Role
from screening.sampling import Plan
from screening.steps import Act
from screening.store import Store

PASSWORD = "a long pass phrase"
PEOPLE = {
    "確認 花子": [Role.REVIEWER],
    "別の 次郎": [Role.REVIEWER],
    "三好 文": [Role.REVIEWER],
    "承認 一": [Role.APPROVER],
    "監査 律": [Role.AUDITOR],
    "管理 梢": [Role.ADMINISTRATOR],
}


def populate(store: Store, screened, *, busy: bool = True) -> dict[str, object]:
    """People, conversations, and with ``busy`` their decisions, disputes, checks and corrections."""
    people = {
        name: store.people.add_person(name, PASSWORD, roles) for name, roles in PEOPLE.items()
    }
    store.set_plan(Plan(double_share=0.3 if busy else 0, check_share=0.5, claim_minutes=20))
    store.adopt(load_policy())
    trades = {d.id: d.trade for d in read_corpus()}
    now = datetime.now(UTC)
    dated = []
    for i, (conversation, result) in enumerate(screened):
        at = now - timedelta(days=(i * 37) % 80, hours=(i * 5) % 9)
        customer = conversation.customer_id or f"k-{1000 + (i * 7) % 160}"
        channel = "phone" if conversation.kind == "call" else "email"
        dated.append(
            (
                replace(
                    conversation,
                    occurred_at=conversation.occurred_at or at.isoformat(),
                    customer_id=customer,
                    channel=channel,
                ),
                result,
                trades.get(conversation.id),
            )
        )
    for trade in sorted({t for _, _, t in dated}, key=str):
        store.save_many([(c, r) for c, r, t in dated if t == trade], source="seed", trade=trade)
    _spread(store, now)
    if busy:
        _work(store, people, now)
    return people


def _spread(store: Store, now: datetime) -> None:
    """Flags did not all arrive this second."""
    with store.engine.begin() as connection:
        ids = connection.execute(text("SELECT id FROM flags ORDER BY id")).scalars().all()
        for i, flag in enumerate(ids):
            at = now - timedelta(hours=3 + (i * 11) % (24 * 26))
            connection.execute(
                text("UPDATE flags SET created_at = :at WHERE id = :id"),
                {"at": at.isoformat(), "id": flag},
            )


def _work(store: Store, people, now: datetime) -> None:
    policy = load_policy()
    hanako, jiro, fumi = (people[n] for n in ("確認 花子", "別の 次郎", "三好 文"))
    page = store.flags(states=(FlagState.PROPOSED,), limit=200)
    for i, flag in enumerate(page.items):
        if i % 5 >= 3:
            continue
        who = (jiro, fumi)[i % 2]
        waited = timedelta(hours=1 + (i * 7) % 60)
        at = min(now, datetime.fromisoformat(flag.created_at) + waited)
        _decide(store, policy, flag.id, who, flag.flag.category, yes=i % 7 != 0, at=at)
        if flag.doubled:
            other = fumi if who is jiro else jiro
            _decide(
                store,
                policy,
                flag.id,
                other,
                flag.flag.category,
                yes=i % 7 != 0 and i % 4 != 0,
                at=at,
            )
    waiting = store.flags(states=(FlagState.PROPOSED,), limit=40).items
    store.work.escalate(waiting[5].id, jiro, note="判断基準②の当てはめを相談したい")
    store.work.hold(waiting[6].id, jiro, until=now + timedelta(days=2), note="録音を待つ")
    store.work.hand_over(waiting[7].id, jiro, to=hanako.id, note="前の連絡を見た人にお願いします")
    store.work.claim(waiting[2].id, fumi)
    store.corrections.add(
        waiting[8].conversation_key,
        jiro,
        Correction(CorrectionKind.CATEGORY, flag_id=waiting[8].id, category="intimidation"),
        policy=policy,
    )
    # The employee comes first: only where that is recorded does the outside wait for an approval.
    for row in store.steps.waiting(response="staff_care", limit=8):
        store.steps.act(row.id, people["承認 一"], Act.DONE, note="本人から話を聞いた")
    for i in range(12):
        key = store.checks.next(jiro)
        if key is None:
            break
        store.checks.record(key, jiro, found=i == 4, categories=["verbal_abuse"] if i == 4 else ())


def _decide(store, policy, flag_id, who, category, *, yes, at):
    answers = {
        "demand_validity": "no_demand",
        "means_acceptability": "unacceptable" if yes else "acceptable",
    }
    for outcome in (
        "harassment" if yes else "legitimate_complaint",
        "needs_consultation",
        "care_escalation",
    ):
        try:
            store.decide(
                flag_id,
                who,
                policy=policy,
                answers=answers,
                outcome=outcome,
                reason="言葉の中身と前後の流れから、条項に照らして判断した",
                now=at,
            )
        except ScreeningError:
            continue
        return
