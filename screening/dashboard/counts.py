"""What the record holds, counted by the database. Days are those of Japan.

A period is counted by when a conversation took place (where that is not known, when it was recorded),
for the conversations and for their flags alike, so that every share has its own whole under it. Flags
that leave for a route of their own (``Policy.routed``) are in no figure but ``Waiting.routed``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, Select, exists, func, literal_column, or_, select

from ..records import Priority
from ..review import FlagState
from ..store import Store
from ..store import tables as t
from ..store.decisions import FINAL
from ..store.flags import none_of
from ..store.moments import kept

PRIORITIES = tuple(Priority)


def conversations(connection: Connection, since: date) -> dict[date, int]:
    """By day: conversations."""
    day = t.conversations.c.day
    return _by_day(connection, select(day, func.count()).where(*_from(day, since)).group_by(day))


def flags(connection: Connection, since: date, routed: Collection[str]) -> dict[date, int]:
    """By day of the conversation: flags that ask for a review."""
    day = t.flags.c.day
    query = select(day, func.count()).where(*_of(since, routed)).group_by(day)
    return _by_day(connection, query)


def _by_day(connection: Connection, query: Select[str, int]) -> dict[date, int]:
    return {date.fromisoformat(day): n for day, n in connection.execute(query)}


def _from(day: ColumnElement[str], since: date) -> list[ColumnElement[bool]]:
    return [day >= since.isoformat()] if since > date.min else []


def _of(since: date, routed: Collection[str]) -> list[ColumnElement[bool]]:
    """Which flags a period has."""
    return [*_from(t.flags.c.day, since), t.flags.c.queued.is_(True), *none_of(routed)]


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
    held = f.held_until > kept(now)
    undecided = f.state == FlagState.PROPOSED.value
    asks = [f.queued.is_(True), *none_of(routed)]
    # In the order of the queue's index, which leads to these alone; the few others are looked for apart.
    found = connection.execute(
        select(f.priority, func.count(), func.count().filter(held))
        .where(undecided, *asks)
        .group_by(f.priority)
    ).all()
    due = or_(f.held_until.is_(None), ~held)
    return Waiting(
        queue=dict.fromkeys(PRIORITIES, 0) | {PRIORITIES[row[0]]: row[1] - row[2] for row in found},
        held=sum(row[2] for row in found),
        routed=_count(connection, f.named.in_(sorted(routed)), undecided, due),
        second=_count(connection, f.second_after.is_not(None), *asks),
    )


def _count(connection: Connection, *said: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(t.flags).where(*said)).scalar_one()


def arrived(connection: Connection, since: datetime, routed: Collection[str]) -> int:
    """Flags recorded since then that ask for a review."""
    f = t.flags.c
    return _count(connection, f.created_at >= kept(since), f.queued.is_(True), *none_of(routed))


def begun(connection: Connection) -> datetime | None:
    """When the first flag was recorded."""
    first = connection.execute(select(func.min(t.flags.c.created_at))).scalar()
    return datetime.fromisoformat(first) if first else None


def decided(connection: Connection, since: datetime, routed: Collection[str]) -> int:
    """Flags on which the first decision was made since then."""
    return _count(connection, t.flags.c.first_decided_at >= kept(since), *none_of(routed))


def waits(
    connection: Connection, since: date, routed: Collection[str]
) -> dict[Priority, list[float]]:
    """By priority, ascending: the hours from a flag's record to its first decision, of the period's flags
    that are confirmed or dismissed now.
    """
    f = t.flags.c
    found: dict[Priority, list[float]] = {p: [] for p in PRIORITIES}
    for priority, created, at in connection.execute(
        select(f.priority, f.created_at, f.first_decided_at).where(
            f.first_decided_at.is_not(None),
            # Less than all the other states: SQLite would look these two up one by one.
            f.state.not_in([s.value for s in FlagState if s not in FINAL]),
            *_of(since, routed),
        )
    ):
        waited = datetime.fromisoformat(at) - datetime.fromisoformat(created)
        found[PRIORITIES[priority]].append(max(0.0, waited.total_seconds() / 3600))
    return {p: sorted(hours) for p, hours in found.items()}


def contacts(connection: Connection, since: date, routed: Collection[str]) -> Counter[int]:
    """How many customers have so many contacts with a flag that nobody dismissed."""
    c, f = t.conversations.c, t.flags.c
    # Nothing but an index is read for a number.
    bad = exists(literal_column("1")).where(
        f.conversation_key == c.key,
        *_of(since, routed),
        f.state != FlagState.DISMISSED.value,
    )
    flagged = (
        select(func.count().label("n"))
        .where(c.customer_id.is_not(None), bad)
        # By an expression: to follow the customers' own index would look flags up in no order at all.
        .group_by(c.customer_id + "")
        .subquery()
    )
    query = select(flagged.c.n, func.count()).group_by(flagged.c.n)
    return Counter({row[0]: row[1] for row in connection.execute(query)})


@dataclass(frozen=True, slots=True)
class Choices:
    """What flags can be filtered by, as far as the record has it."""

    channels: tuple[str, ...]
    trades: tuple[str, ...]
    policies: tuple[str, ...]


def choices(store: Store) -> Choices:
    """The channels, trades and policy versions that flags in the record have."""
    f = t.flags.c
    with store.engine.execution_options(reading=True).begin() as connection:
        rows = connection.execute(select(f.channel, f.trade, f.policy).distinct()).all()
    return Choices(*(tuple(sorted({row[n] for row in rows if row[n]})) for n in range(3)))
