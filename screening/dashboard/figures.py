"""The tables of the dashboard: one value holds them all, and each can be written as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ..policy import Policy
from ..records import Priority
from ..review import FlagState
from ..store import Store
from . import counts
from .estimates import Forecast, Share, forecast, percentile, share

#: Days over which arrivals and decisions are averaged for the forecast.
PACE_DAYS = 28
PRIORITIES = {Priority.URGENT: "緊急", Priority.HIGH: "優先", Priority.NORMAL: "通常"}
DETECTORS = {
    "rule": "規則",
    "classifier": "学習した検出器",
    "repetition": "くり返しの検出",
    "conduct": "時間と回数",
}
Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """``title`` and ``columns`` are Japanese, for people; ``rows`` hold plain values."""

    id: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def csv(self) -> str:
        """RFC 4180 with a byte-order mark, without which spreadsheets misread Japanese."""
        out = io.StringIO(newline="")
        out.write("\ufeff")
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(self.columns)
        writer.writerows([_cell(c) for c in row] for row in self.rows)
        return out.getvalue()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    # A cell that begins like a formula would be one in a spreadsheet.
    return f"'{text}" if isinstance(value, str) and text[:1] in "=+-@\t\r" else text


@dataclass(frozen=True, slots=True)
class Week:
    """``monday`` begins it; ``per_hundred`` are flags for 100 conversations."""

    monday: date
    conversations: int
    flags: int

    @property
    def per_hundred(self) -> float:
        return 100 * self.flags / self.conversations if self.conversations else 0.0


@dataclass(frozen=True, slots=True)
class Wait:
    """Hours to the first decision; None where nothing was decided."""

    priority: Priority
    decided: int
    median: float | None
    slow: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything the dashboard counts itself. ``since`` is the first day that was counted."""

    since: date
    weeks: tuple[Week, ...]
    categories: tuple[tuple[str, Share, int], ...]
    detectors: tuple[tuple[str, Share, int], ...]
    rules: tuple[tuple[str, Share, int], ...]
    waits: tuple[Wait, ...]
    waiting: Mapping[Priority, int]
    forecast: Forecast
    contacts: tuple[tuple[int, int], ...]

    def tables(self) -> tuple[Table, ...]:
        """In the order of the page."""
        rated = ("確認した率", "下限95%", "上限95%", "該当", "判断済み", "未判断")
        return (
            Table(
                "weeks",
                "会話100件あたりの候補",
                ("週の初日", "会話", "候補", "100件あたり"),
                tuple(
                    (w.monday.isoformat(), w.conversations, w.flags, w.per_hundred)
                    for w in self.weeks
                ),
            ),
            Table(
                "categories",
                "区分ごとの、該当と確認した率",
                ("区分", *rated),
                _rated(self.categories),
            ),
            Table(
                "detectors",
                "検出器ごとの、該当と確認した率",
                ("検出器", *rated),
                _rated(self.detectors),
            ),
            Table("rules", "規則ごとの、該当と確認した率", ("規則", *rated), _rated(self.rules)),
            Table(
                "waits",
                "決定までの時間",
                ("優先", "決定した候補", "中央値（時間）", "90%が収まる時間"),
                tuple((PRIORITIES[w.priority], w.decided, w.median, w.slow) for w in self.waits),
            ),
            Table(
                "forecast",
                "確認待ちの見込み",
                ("何日後", "見込み", "下限95%", "上限95%"),
                tuple(
                    (i, e, lo, hi)
                    for i, (e, lo, hi) in enumerate(
                        zip(
                            self.forecast.expected,
                            self.forecast.low,
                            self.forecast.high,
                            strict=True,
                        )
                    )
                ),
            ),
            Table(
                "contacts",
                "同じお客様の、候補のある連絡の回数",
                ("連絡の回数", "お客様の数"),
                self.contacts,
            ),
        )


def _rated(rows: Iterable[tuple[str, Share, int]]) -> tuple[tuple[Cell, ...], ...]:
    return tuple((name, s.share, s.low, s.high, s.hits, s.of, open_) for name, s, open_ in rows)


def figures(
    store: Store,
    policy: Policy,
    *,
    now: datetime,
    days: int = 91,
    capacity: float | None = None,
) -> Figures:
    """Counts the last ``days`` days up to ``now``, which carries its zone.

    ``capacity`` is how many flags a day people can decide; None takes the pace of the last 28 days.
    """
    since = (now - timedelta(days=days)).date()
    pace_since = (now - timedelta(days=PACE_DAYS)).date().isoformat()
    with store.engine.execution_options(reading=True).begin() as connection:
        by_day = counts.conversations(connection, since.isoformat())
        flagged = counts.flags(connection, since.isoformat())
        states = counts.states(connection, since.isoformat())
        decided, waits = counts.decisions(connection, min(since.isoformat(), pace_since))
        waiting = counts.waiting(connection)
        arrived = counts.arrived(connection, pace_since)
        repeated = counts.contacts(connection, since.isoformat())
    by_category: dict[str, Counter[str]] = {}
    by_kind: dict[str, Counter[str]] = {}
    by_rule: dict[str, Counter[str]] = {}
    for (category, detectors), found in states.items():
        known = policy.categories.get(category)
        by_category.setdefault(known.name if known else category, Counter()).update(found)
        for kind in counts.kinds(detectors):
            by_kind.setdefault(DETECTORS.get(kind, kind), Counter()).update(found)
        for name in json.loads(detectors):
            if name.startswith("rule:"):
                by_rule.setdefault(name.removeprefix("rule:"), Counter()).update(found)
    return Figures(
        since=since,
        weeks=_weeks(by_day, flagged),
        categories=_shares(by_category),
        detectors=_shares(by_kind),
        rules=_shares(by_rule),
        waits=tuple(
            Wait(p, len(hours), percentile(hours, 0.5), percentile(hours, 0.9))
            for p, hours in waits.items()
        ),
        waiting=waiting,
        forecast=forecast(
            sum(waiting.values()),
            sum(arrived.values()) / PACE_DAYS,
            sum(n for day, n in decided.items() if day >= pace_since) / PACE_DAYS
            if capacity is None
            else capacity,
        ),
        contacts=tuple(sorted(repeated.items())),
    )


def _weeks(by_day: Mapping[str, int], flagged: Mapping[str, int]) -> tuple[Week, ...]:
    found: dict[date, list[int]] = {}
    for day, conversations in by_day.items():
        at = date.fromisoformat(day)
        week = found.setdefault(at - timedelta(days=at.weekday()), [0, 0])
        week[0] += conversations
        week[1] += flagged.get(day, 0)
    return tuple(Week(monday, c, f) for monday, (c, f) in sorted(found.items()))


def _shares(found: Mapping[str, Counter[str]]) -> tuple[tuple[str, Share, int], ...]:
    """The most decided first. A held flag is neither confirmed nor dismissed."""
    rows = []
    for name, states in found.items():
        yes, no = states[FlagState.CONFIRMED.value], states[FlagState.DISMISSED.value]
        rows.append((name, share(yes, yes + no), sum(states.values()) - yes - no))
    return tuple(sorted(rows, key=lambda r: (-r[1].of, -r[2], r[0])))
