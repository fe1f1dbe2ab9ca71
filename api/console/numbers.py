"""The dashboard: numbers about flags and conversations, each with its chart, its table and a CSV."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from screening.access import Action, require
from screening.agreement import Agreement
from screening.dashboard import Figures, Table, figures
from screening.errors import NotFound
from screening.policy import Policy
from screening.records import Priority
from screening.review import Person
from screening.sampling import Missed

from ..auth import Staff
from . import charts, words
from .pages import render

router = APIRouter(include_in_schema=False)
PERIODS = ((28, "4週間"), (91, "3か月"), (365, "1年"))
#: The age up to which the figures may be shown again, and how many kinds of them are kept.
FIGURES_SECONDS, _KEPT = 30.0, 16
#: Lines of a chart; the table has them all.
_MOST = 12


def _counted(request: Request, person: Person) -> tuple[Figures, Agreement, Missed, int, str]:
    require(person, Action.READ_REPORTS)
    asked = request.query_params
    days = next((d for d, _ in PERIODS if str(d) == asked.get("days")), 91)
    given = asked.get("capacity", "")
    capacity = float(given) if given.isdigit() and len(given) <= 6 else None
    store, now = request.app.state.store, datetime.now(UTC)
    found = _figures(request, now, days, capacity)
    since = (now - timedelta(days=days)).isoformat()
    agreement = store.readings.agreement(person, since=since)
    return found, agreement, store.checks.estimate(person), days, given if capacity else ""


def _figures(request: Request, now: datetime, days: int, capacity: float | None) -> Figures:
    """Counted again after half a minute: it goes through every flag, and names nobody."""
    known: dict[tuple[int, float | None], tuple[float, Figures]] = request.app.state.figures
    at, found = known.get((days, capacity), (0.0, None))
    if found is None or time.monotonic() - at > FIGURES_SECONDS:
        found = figures(
            request.app.state.store, request.app.state.policy, now=now, days=days, capacity=capacity
        )
        if len(known) >= _KEPT:
            known.clear()
        known[days, capacity] = (time.monotonic(), found)
    return found


@router.get("/numbers")
def numbers(request: Request, person: Staff) -> Response:
    found, agreement, missed, days, capacity = _counted(request, person)
    policy: Policy = request.app.state.policy
    confirmed = sum(s.hits for _, s, _ in found.categories)
    settled = sum(s.of for _, s, _ in found.categories)
    conversations = sum(w.conversations for w in found.weeks)
    flags = sum(w.flags for w in found.weeks)
    tables = {t.id: t for t in (*found.tables(), *_more(policy, agreement, missed))}
    return render(
        request,
        "numbers.html",
        person=person,
        page="numbers",
        days=days,
        periods=PERIODS,
        capacity=capacity,
        by_priority=[(words.PRIORITIES[p], found.waiting[p]) for p in Priority],
        waiting_total=sum(found.waiting.values()),
        conversations=conversations,
        flags=flags,
        per_hundred=100 * flags / conversations if conversations else None,
        confirmed=confirmed,
        settled=settled,
        missed=missed,
        agreement=agreement,
        forecast=found.forecast,
        tables=tables,
        charts={
            "weeks": charts.columns(
                "会話100件あたりの候補",
                [(f"{w.monday.month}/{w.monday.day}", w.per_hundred) for w in found.weeks[-26:]],
                "週ごと、件",
            ),
            "categories": charts.shares(
                "区分ごとの、該当と確認した率", [(n, s) for n, s, _ in found.categories[:_MOST]]
            ),
            "detectors": charts.shares(
                "検出器ごとの、該当と確認した率", [(n, s) for n, s, _ in found.detectors]
            ),
            "forecast": charts.backlog("確認待ちの見込み", found.forecast),
            "contacts": charts.columns(
                "候補のある連絡の回数ごとの、お客様の数",
                [(f"{n}回", customers) for n, customers in found.contacts[:12]],
                "人",
            ),
        },
        confusion=_confusion(policy, agreement),
        waits=[
            (words.PRIORITIES[w.priority], w.decided, _hours(w.median), _hours(w.slow))
            for w in found.waits
        ],
    )


def _hours(hours: float | None) -> str:
    if hours is None:
        return "―"
    if hours < 1:
        return f"{hours * 60:.0f}分"
    return f"{hours:.1f}時間" if hours < 48 else f"{hours / 24:.1f}日"


def _confusion(policy: Policy, agreement: Agreement) -> dict[str, Any]:
    """What the first reader concluded against what the second did, by outcome."""
    used = [o.id for o in policy.outcomes if any(o.id in pair for pair in agreement.confusion)]
    return {
        "labels": [words.outcome_label(policy, o) for o in used],
        "rows": [
            (
                words.outcome_label(policy, first),
                [(agreement.confusion.get((first, second), 0), first == second) for second in used],
            )
            for first in used
        ],
    }


def _more(policy: Policy, agreement: Agreement, missed: Missed) -> tuple[Table, ...]:
    return (
        Table(
            "missed",
            "見逃しの推定",
            (
                "候補のない会話",
                "確かめた会話",
                "見つかった見逃し",
                "見逃しの推定",
                "下限95%",
                "上限95%",
                "再現率",
                "再現率の下限",
                "再現率の上限",
            ),
            (
                (
                    missed.unflagged,
                    missed.checked,
                    missed.found,
                    missed.missed,
                    missed.missed_low,
                    missed.missed_high,
                    missed.recall,
                    missed.recall_low,
                    missed.recall_high,
                ),
            ),
        ),
        Table(
            "agreement",
            "二人の確認の一致",
            ("一人目の結論", "二人目の結論", "件数"),
            tuple(
                (words.outcome_label(policy, a), words.outcome_label(policy, b), n)
                for (a, b), n in agreement.confusion.items()
            ),
        ),
    )


@router.get("/numbers/{table}.csv")
def table_csv(request: Request, person: Staff, table: str) -> Response:
    found, agreement, missed, _, _ = _counted(request, person)
    tables = (*found.tables(), *_more(request.app.state.policy, agreement, missed))
    chosen = next((t for t in tables if t.id == table), None)
    if chosen is None:
        raise NotFound("その表はありません。")
    headers = {"content-disposition": f'attachment; filename="{table}.csv"'}
    return Response(chosen.csv(), media_type="text/csv; charset=utf-8", headers=headers)
