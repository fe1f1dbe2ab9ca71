"""The dashboard: numbers about flags and conversations, each with its chart, its table and a CSV.

Every number of a page comes from one state of the record (``Figures``), and the CSV that its links lead
to from the same one, as long as that is kept.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from fastapi import APIRouter, Request, Response

from screening.access import Action, require
from screening.agreement import Agreement
from screening.dashboard import Figures, figures
from screening.days import JAPAN
from screening.errors import NotFound
from screening.policy import Policy
from screening.records import Priority
from screening.review import Person
from screening.urgency import PRIORITIES

from ..auth import Staff
from . import charts, words
from .pages import render

router = APIRouter(include_in_schema=False)
#: Days, None for everything, as an address has them and as people say them.
PERIODS: tuple[tuple[str, int | None, str], ...] = (
    ("28", 28, "4週間"),
    ("91", 91, "3か月"),
    ("365", 365, "1年"),
    ("all", None, "すべて"),
)
DEFAULT = "91"
#: Seconds for which figures are shown again, and how many earlier ones are kept for their CSV.
FIGURES_SECONDS, KEPT = 30.0, 16
#: Lines of a chart; the table has them all.
_MOST = 12
#: Under so many days on record a pace is no forecast.
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Shown:
    """Figures as they were shown: ``number`` names them in the addresses of their CSV."""

    number: str
    days: str
    capacity: str
    figures: Figures


@dataclass(slots=True)
class Shelf:
    """The latest figures: counting goes through every flag, and a page and its CSV must agree."""

    _kept: dict[str, tuple[float, Shown]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def find(self, number: str) -> Shown | None:
        with self._lock:
            found = self._kept.get(number)
        return found[1] if found else None

    def fresh(self, days: str, capacity: str) -> Shown | None:
        """The same figures, counted no longer than ``FIGURES_SECONDS`` ago."""
        now = time.monotonic()
        with self._lock:
            for at, shown in reversed(self._kept.values()):
                if (shown.days, shown.capacity) == (days, capacity) and now - at <= FIGURES_SECONDS:
                    return shown
        return None

    def put(self, shown: Shown) -> None:
        with self._lock:
            self._kept[shown.number] = (time.monotonic(), shown)
            while len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]

    def stale(self) -> None:
        """Something was decided: nothing is fresh any more, but CSVs of what is on a screen remain."""
        with self._lock:
            self._kept = {n: (float("-inf"), shown) for n, (_, shown) in self._kept.items()}


def _shown(request: Request, person: Person) -> Shown:
    require(person, Action.READ_REPORTS)
    asked = request.query_params
    shelf: Shelf = request.app.state.figures
    if (kept := shelf.find(asked.get("figures", ""))) is not None:
        return kept
    days = next((d for d, _, _ in PERIODS if d == asked.get("days")), "")
    given = asked.get("capacity", "")
    capacity = given if given.isdecimal() and len(given) <= 6 else ""
    found = _counted(request, days or DEFAULT, capacity)
    if not days and not found.figures.conversations:
        # Nothing in three months: an archive was read in, and its own time is what there is to see.
        found = _counted(request, "all", capacity)
    return found


def _counted(request: Request, days: str, capacity: str) -> Shown:
    state = request.app.state
    found: Shown | None = state.figures.fresh(days, capacity)
    if found is None:
        now = datetime.now(UTC)
        counted = figures(
            state.store,
            state.policy,
            now=now,
            days=next(n for d, n, _ in PERIODS if d == days),
            capacity=float(capacity) if capacity else None,
        )
        found = Shown(f"{now:%Y%m%d%H%M%S%f}", days, capacity, counted)
        state.figures.put(found)
    return found


@router.get("/numbers")
def numbers(request: Request, person: Staff) -> Response:
    shown = _shown(request, person)
    found, policy = shown.figures, request.app.state.policy
    tables = {t.id: t for t in found.tables(policy)}
    return render(
        request,
        "numbers.html",
        person=person,
        page="numbers",
        shown=shown,
        found=found,
        periods=PERIODS,
        at=words.short(found.at, found.at),
        by_priority=[(PRIORITIES[p], found.waiting.queue[p]) for p in Priority],
        tables=tables,
        young=found.pace_days < _WEEK,
        charts=_charts(found),
        confusion=_confusion(policy, found.agreement),
        waits=[
            (PRIORITIES[w.priority], w.decided, _hours(w.median), _hours(w.slow))
            for w in found.waits
        ],
    )


def _charts(found: Figures) -> dict[str, Any]:
    return {
        "weeks": charts.columns(
            "会話100件あたりの候補",
            [(f"{w.monday.month}/{w.monday.day}", w.per_hundred or 0.0) for w in found.weeks[-26:]],
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
    }


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


@router.get("/numbers/{table}.csv")
def table_csv(request: Request, person: Staff, table: str) -> Response:
    shown = _shown(request, person)
    tables = shown.figures.tables(request.app.state.policy)
    chosen = next((t for t in tables if t.id == table), None)
    if chosen is None:
        raise NotFound("その表はありません。")
    at = shown.figures.at.astimezone(JAPAN)
    headers = {"content-disposition": f'attachment; filename="{table}-{at:%Y%m%d-%H%M}.csv"'}
    return Response(chosen.csv(), media_type="text/csv; charset=utf-8", headers=headers)
