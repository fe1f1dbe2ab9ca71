"""What the record holds, counted by the database. Days are those of Japan.

A period is counted by when a conversation took place (where that is not known, when it was recorded),
for the conversations and for their flags alike, so that every share has its own whole under it. Flags
that leave for a route of their own (``Policy.routed``) are in no figure but ``Waiting.routed``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    case,
    func,
    or_,
    select,
)

from ..records import Priority
from ..review import FlagState
from ..store import Store
from ..store import tables as t
from ..store.flags import none_of
from ..store.moments import kept, utc

PRIORITIES = tuple(Priority)
JAPAN = timezone(timedelta(hours=9))
_FINAL = (FlagState.CONFIRMED.value, FlagState.DISMISSED.value)


def begins(day: date) -> str:
    """The moment at which a day begins in Japan, as the record keeps moments."""
    if day.year < 2:
        return ""
    return kept(datetime(day.year, day.month, day.day, tzinfo=JAPAN))


def _pairs(connection: Connection, query: Select[Any, int]) -> dict[Any, int]:
    """The rows of a query of two columns, the second of which is a count."""
    return {row[0]: row[1] for row in connection.execute(query)}


def conversations(connection: Connection, since: date) -> dict[date, int]:
    """By day: conversations."""
    at = func.coalesce(t.conversations.c.occurred_at, t.conversations.c.created_at)
    # Nearly all times are Japan's or in UTC: counted by day and by hour, without a row for each.
    place = case(
        (at.like("%+09:00"), func.substr(at, 1, 10)),
        (or_(at.like("%+00:00"), at.like("%Z")), func.substr(at, 1, 13, type_=String) + "+00:00"),
        else_=at,
    ).label("place")
    # A day earlier than asked for, as text: no zone is further away than that.
    early = "" if since.year < 2 else (since - timedelta(days=1)).isoformat()
    days: Counter[date] = Counter()
    for text, n in connection.execute(
        select(place, func.count()).where(at >= early).group_by("place")
    ):
        day = _day(text)
        if day >= since:
            days[day] += n
    return dict(days)


def _day(text: str) -> date:
    """The day in Japan of a day, an hour in UTC, or a whole time."""
    if len(text) == 10:
        return date.fromisoformat(text)
    moment = utc(text)
    return datetime.fromisoformat(moment).astimezone(JAPAN).date() if moment else date.min


def flags(connection: Connection, since: date, routed: Collection[str]) -> dict[date, int]:
    """By day of the conversation: flags that ask for a review."""
    f = t.flags.c
    hour = func.substr(f.happened_at, 1, 13).label("hour")
    days: Counter[date] = Counter()
    for at, n in connection.execute(
        select(hour, func.count()).where(*_of(since, routed)).group_by("hour")
    ):
        days[datetime.fromisoformat(f"{at}+00:00").astimezone(JAPAN).date()] += n
    return dict(days)


def _of(since: date, routed: Collection[str]) -> list[ColumnElement[bool]]:
    """Which flags a period has."""
    f = t.flags.c
    said: list[ColumnElement[bool]] = [f.queued.is_(True)]
    if start := begins(since):
        said.append(f.happened_at >= start)
    return [*said, *none_of(routed)]


def states(
    connection: Connection, since: date, routed: Collection[str]
) -> dict[tuple[str, str], Counter[str]]:
    """By category (as set right) and detectors (as the record has them): how many are in which state."""
    found: dict[tuple[str, str], Counter[str]] = {}
    f = t.flags.c
    for category, detectors, state, n in connection.execute(
        select(f.named, f.detectors, f.state, func.count())
        .where(*_of(since, routed))
        .group_by(f.named, f.detectors, f.state)
    ):
        found.setdefault((category, detectors), Counter())[state] += n
    return found


def kinds(detectors: Iterable[str]) -> list[str]:
    """The kinds of detectors, each once: rule, classifier, repetition, conduct."""
    return list(dict.fromkeys(name.partition(":")[0] for name in detectors))


@dataclass(frozen=True, slots=True)
class Waiting:
    """Flags nobody has decided: in the queue by priority, put aside (``held``), or on a route of their
    own (``routed``). ``second`` are decided and wait for a second reader; they are in no other number.
    """

    queue: Mapping[Priority, int]
    held: int
    routed: int
    second: int

    @property
    def total(self) -> int:
        """The queue with what was put aside."""
        return sum(self.queue.values()) + self.held


def waiting(connection: Connection, now: datetime, routed: Collection[str]) -> Waiting:
    """Whatever waits for a person now, from the first day on record."""
    f = t.flags.c
    held = func.coalesce(f.held_until, "") > kept(now)
    apart = f.named.in_(sorted(routed))

    queued = and_(f.queued.is_(True), *none_of(routed))

    def those(*said: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count().filter(*said)

    found = connection.execute(
        select(f.priority, those(queued, ~held), those(queued, held), those(apart, ~held))
        .where(f.state == FlagState.PROPOSED.value)
        .group_by(f.priority)
    ).all()
    queue = dict.fromkeys(PRIORITIES, 0) | {PRIORITIES[row[0]]: row[1] for row in found}
    # Few wait for a second reading and an index leads to them, if nothing else is asked of the rest.
    second = connection.execute(
        select(those(queued)).where(f.second_after.is_not(None))
    ).scalar_one()
    return Waiting(queue, sum(row[2] for row in found), sum(row[3] for row in found), second)


def arrived(connection: Connection, since: datetime, routed: Collection[str]) -> int:
    """Flags recorded since then that ask for a review."""
    f = t.flags.c
    return connection.execute(
        select(func.count())
        .select_from(t.flags)
        .where(f.created_at >= kept(since), f.queued.is_(True), *none_of(routed))
    ).scalar_one()


def begun(connection: Connection) -> datetime | None:
    """When the first flag was recorded."""
    first = connection.execute(select(func.min(t.flags.c.created_at))).scalar()
    return datetime.fromisoformat(first) if first else None


def decided(connection: Connection, since: datetime, routed: Collection[str]) -> int:
    """Flags on which the first decision was made since then."""
    d, f = t.decisions.c, t.flags.c
    apart = select(f.id).where(f.named.in_(sorted(routed)))
    first = (
        select(func.min(d.decided_at).label("at"))
        .where(d.flag_id.not_in(apart))
        .group_by(d.flag_id)
        .having(func.min(d.decided_at) >= since.astimezone(UTC).isoformat())
        .subquery()
    )
    return connection.execute(select(func.count()).select_from(first)).scalar_one()


def waits(
    connection: Connection, since: date, routed: Collection[str]
) -> dict[Priority, list[float]]:
    """By priority, ascending: the hours from a flag's record to its first decision, of the period's flags
    that are confirmed or dismissed now.
    """
    f, d = t.flags.c, t.decisions.c
    # By the flag's own decisions, not through a list of everybody's.
    first = (
        select(func.min(d.decided_at)).where(d.flag_id == f.id).correlate(t.flags).scalar_subquery()
    )
    found: dict[Priority, list[float]] = {p: [] for p in PRIORITIES}
    for priority, created, at in connection.execute(
        select(f.priority, f.created_at, first).where(
            *_of(since, routed), f.state.in_(sorted(_FINAL))
        )
    ):
        waited = datetime.fromisoformat(at) - datetime.fromisoformat(created)
        found[PRIORITIES[priority]].append(max(0.0, waited.total_seconds() / 3600))
    return {p: sorted(hours) for p, hours in found.items()}


def contacts(connection: Connection, since: date, routed: Collection[str]) -> Counter[int]:
    """How many customers have so many contacts with a flag that nobody dismissed."""
    c, f = t.conversations.c, t.flags.c
    bad = (
        select(f.id)
        .where(
            f.conversation_key == c.key,
            *_of(since, routed),
            f.state != FlagState.DISMISSED.value,
        )
        .exists()
    )
    flagged = (
        select(func.count().label("n"))
        .where(c.customer_id.is_not(None), bad)
        # By an expression: to follow the customers' own index would look flags up in no order at all.
        .group_by(c.customer_id + "")
        .subquery()
    )
    return Counter(_pairs(connection, select(flagged.c.n, func.count()).group_by(flagged.c.n)))


@dataclass(frozen=True, slots=True)
class Choices:
    """What flags can be filtered by, as far as the record has it."""

    channels: tuple[str, ...]
    trades: tuple[str, ...]
    policies: tuple[str, ...]


def choices(store: Store) -> Choices:
    """The channels, trades and policy versions that flags in the record have."""
    with store.engine.execution_options(reading=True).begin() as connection:
        found = [
            tuple(
                sorted(
                    value
                    for value in connection.execute(select(column).distinct()).scalars()
                    if value
                )
            )
            for column in (t.flags.c.channel, t.flags.c.trade, t.flags.c.policy)
        ]
    return Choices(*found)
