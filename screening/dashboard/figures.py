"""The numbers of the dashboard: one value holds them all, from one state of the record."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ..agreement import Agreement
from ..days import begins, day_of
from ..policy import Policy
from ..records import Priority
from ..review import FlagState
from ..sampling import Missed
from ..store import Store
from ..store.checks import estimated
from ..store.engine import snapshot
from ..store.readings import agreed
from ..urgency import PRIORITIES
from . import counts
from .counts import Waiting
from .estimates import Forecast, Share, forecast, percentile, share
from .tables import Cell, Table

#: Days over which arrivals and decisions are averaged for the forecast, where there are so many.
PACE_DAYS = 28
#: The most weeks that are listed although nothing happened in them.
_WEEKS = 520
DETECTORS = {
    "rule": "規則",
    "classifier": "学習した検出器",
    "repetition": "くり返しの検出",
    "conduct": "時間と回数",
    "person": "確認者",
}


@dataclass(frozen=True, slots=True)
class Week:
    """``monday`` begins it; ``per_hundred`` are flags for 100 conversations, None where there was none."""

    monday: date
    conversations: int
    flags: int

    @property
    def per_hundred(self) -> float | None:
        return 100 * self.flags / self.conversations if self.conversations else None


@dataclass(frozen=True, slots=True)
class Wait:
    """Hours to the first decision; None where nothing was decided."""

    priority: Priority
    decided: int
    median: float | None
    slow: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything the dashboard shows, read from one state of the record at ``at``.

    ``since`` is the first day of the period, ``date.min`` for everything. ``pace_days`` are the days
    over which arrivals and decisions were averaged.
    """

    at: datetime
    since: date
    weeks: tuple[Week, ...]
    categories: tuple[tuple[str, Share, int], ...]
    detectors: tuple[tuple[str, Share, int], ...]
    rules: tuple[tuple[str, Share, int], ...]
    waits: tuple[Wait, ...]
    waiting: Waiting
    forecast: Forecast
    pace_days: float
    contacts: tuple[tuple[int, int], ...]
    agreement: Agreement
    missed: Missed

    @property
    def conversations(self) -> int:
        return sum(w.conversations for w in self.weeks)

    @property
    def flags(self) -> int:
        return sum(w.flags for w in self.weeks)

    @property
    def per_hundred(self) -> float | None:
        return 100 * self.flags / self.conversations if self.conversations else None

    @property
    def confirmed(self) -> Share:
        """Of the period's flags that are confirmed or dismissed, those that are confirmed."""
        return share(sum(s.hits for _, s, _ in self.categories), self.judged)

    @property
    def judged(self) -> int:
        return sum(s.of for _, s, _ in self.categories)

    @property
    def repeated(self) -> int:
        """Customers with two or more contacts with a flag."""
        return sum(customers for n, customers in self.contacts if n > 1)

    @property
    def period(self) -> str:
        """The period as people say it."""
        if self.since == date.min:
            return "記録のはじめから今日まで"
        day = self.since
        return f"{day.year}年{day.month}月{day.day}日から今日まで"

    def tables(self, policy: Policy) -> tuple[Table, ...]:
        """In the order of the page; outcomes are called what ``policy`` calls them."""
        flagged = f"{self.period}の会話にある候補"
        judged = "確認した率は、判断済みのうちの該当。線は95％の区間"
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
                f"{self.period}の会話を、あった日（分からないものは記録した日）の、月曜に始まる週に分けた数。"
                "候補は会話と同じ週に数える",
            ),
            Table(
                "forecast",
                "確認待ちの見込み",
                ("何日後", "見込み", "下限95%", "上限95%"),
                tuple(
                    (i, *row)
                    for i, row in enumerate(
                        zip(
                            self.forecast.expected,
                            self.forecast.low,
                            self.forecast.high,
                            strict=True,
                        )
                    )
                ),
                f"いまの確認待ち（後回しを含む）{self.waiting.total}件が、直近{self.pace_days:.0f}日の"
                "一日平均のまま増え減りしたときの数。帯は95％の範囲",
            ),
            Table(
                "categories",
                "区分ごとの、該当と確認した率",
                ("区分", *rated),
                _rated(self.categories),
                f"{flagged}を、いまの区分（人が直したものは、直した区分）で。{judged}",
            ),
            Table(
                "detectors",
                "検出器ごとの、該当と確認した率",
                ("検出器", *rated),
                _rated(self.detectors),
                f"{flagged}。複数の検出器が見つけた候補は、それぞれに数える。{judged}",
            ),
            Table(
                "rules",
                "規則ごとの、該当と確認した率",
                ("規則", *rated),
                _rated(self.rules),
                f"{flagged}。複数の規則が当たった候補は、それぞれに数える",
            ),
            Table(
                "waits",
                "決定までの時間",
                ("優先", "判断済み", "中央値（時間）", "90%が収まる時間"),
                tuple((PRIORITIES[w.priority], w.decided, w.median, w.slow) for w in self.waits),
                f"{flagged}のうち判断済みのものについて、記録されてから最初の決定までの時間",
            ),
            Table(
                "contacts",
                "同じお客様の、候補のある連絡の回数",
                ("連絡の回数", "お客様の数"),
                self.contacts,
                f"{self.period}の会話のうち、お客様が分かり、候補（該当しないとしたものを除く）のあるもの",
            ),
            Table(
                "agreement",
                "二人の確認の一致",
                ("一人目の結論", "二人目の結論", "件数"),
                tuple(
                    (_outcome(policy, first), _outcome(policy, second), n)
                    for (first, second), n in self.agreement.confusion.items()
                ),
                f"{self.period}に二人目が読んだ候補。二人目は一人目の決定を見ずに読む",
            ),
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
                        self.missed.unflagged,
                        self.missed.checked,
                        self.missed.found,
                        self.missed.missed,
                        self.missed.missed_low,
                        self.missed.missed_high,
                        self.missed.recall,
                        self.missed.recall_low,
                        self.missed.recall_high,
                    ),
                ),
                "記録のはじめから今日まで（期間では分けない）。候補のなかった会話からくじで選んだ分を人が読み、"
                f"全体に広げた推定（{self.missed.method}）",
            ),
        )


def _outcome(policy: Policy, outcome: str) -> str:
    known = policy.outcome(outcome)
    return known.label if known else outcome


def _rated(rows: Iterable[tuple[str, Share, int]]) -> tuple[tuple[Cell, ...], ...]:
    return tuple((name, s.share, s.low, s.high, s.hits, s.of, open_) for name, s, open_ in rows)


def figures(
    store: Store,
    policy: Policy,
    *,
    now: datetime,
    days: int | None = 91,
    capacity: float | None = None,
) -> Figures:
    """Counts the last ``days`` days up to ``now``, which carries its zone; None counts everything.

    ``capacity`` is how many flags a day people can decide; None takes the pace of the last 28 days, or
    of those since the first flag came in where they are fewer.
    """
    since, start = date.min, None
    if days is not None:
        since = day_of(now) - timedelta(days=days)
        start = begins(since).isoformat()
    routed = policy.routed
    with snapshot(store.engine).begin() as connection:
        by_day = counts.conversations(connection, since)
        flagged = counts.flags(connection, since, routed)
        states = counts.states(connection, since, routed)
        waits = counts.waits(connection, since, routed)
        waiting = counts.waiting(connection, now, routed)
        begun = counts.begun(connection) or now
        pace_days = min(float(PACE_DAYS), max(1.0, (now - begun) / timedelta(days=1)))
        pace_since = now - timedelta(days=pace_days)
        arrived = counts.arrived(connection, pace_since, routed)
        decided = counts.decided(connection, pace_since, routed)
        repeated = counts.contacts(connection, since, routed)
        agreement = agreed(connection, since=start)
        missed = estimated(connection)
    by_category: dict[str, Counter[str]] = {}
    by_kind: dict[str, Counter[str]] = {}
    by_rule: dict[str, Counter[str]] = {}
    for (category, detectors), found in states.items():
        known = policy.categories.get(category)
        by_category.setdefault(known.name if known else category, Counter()).update(found)
        names = json.loads(detectors)
        for kind in counts.kinds(names):
            by_kind.setdefault(DETECTORS.get(kind, kind), Counter()).update(found)
        for name in dict.fromkeys(names):
            if name.startswith("rule:"):
                by_rule.setdefault(name.removeprefix("rule:"), Counter()).update(found)
    return Figures(
        at=now,
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
            waiting.total,
            arrived / pace_days,
            decided / pace_days if capacity is None else capacity,
        ),
        pace_days=pace_days,
        contacts=tuple(sorted(repeated.items())),
        agreement=agreement,
        missed=missed,
    )


def _weeks(by_day: Mapping[date, int], flagged: Mapping[date, int]) -> tuple[Week, ...]:
    found: dict[date, list[int]] = {}
    for place, days in enumerate((by_day, flagged)):
        for day, n in days.items():
            monday = day - timedelta(days=day.weekday()) if day > date.min else day
            found.setdefault(monday, [0, 0])[place] += n
    known = [monday for monday in found if monday > date.min]
    if known:
        # A week in which nothing happened is a week as well, unless somebody's clock was years off.
        between = min((max(known) - min(known)).days // 7, _WEEKS)
        for back in range(between):
            found.setdefault(max(known) - timedelta(weeks=back), [0, 0])
    return tuple(Week(monday, c, f) for monday, (c, f) in sorted(found.items()))


def _shares(found: Mapping[str, Counter[str]]) -> tuple[tuple[str, Share, int], ...]:
    """The most decided first. A held flag is neither confirmed nor dismissed."""
    rows = []
    for name, states in found.items():
        yes, no = states[FlagState.CONFIRMED.value], states[FlagState.DISMISSED.value]
        rows.append((name, share(yes, yes + no), sum(states.values()) - yes - no))
    return tuple(sorted(rows, key=lambda r: (-r[1].of, -r[2], r[0])))
