"""What the record holds, counted by the database. Days are those written in the record."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, func, select

from ..records import Priority
from ..review import FlagState
from ..store import Store
from ..store import tables as t

#: The day of a conversation: when it took place, or where that is not known, when it was recorded.
DAY: ColumnElement[str] = func.substr(
    func.coalesce(t.conversations.c.occurred_at, t.conversations.c.created_at), 1, 10
)
PRIORITIES = tuple(Priority)


def _pairs(connection: Connection, query: Select[Any, int]) -> dict[Any, int]:
    """The rows of a query of two columns, the second of which is a count."""
    return {row[0]: row[1] for row in connection.execute(query)}


def conversations(connection: Connection, since: str) -> dict[str, tuple[int, int]]:
    """By day: conversations, and flags among them that ask for a review."""
    counted = _pairs(connection, select(DAY, func.count()).where(since <= DAY).group_by(DAY))
    flagged = _pairs(
        connection,
        select(DAY, func.count())
        .select_from(t.flags.join(t.conversations))
        .where(since <= DAY, t.flags.c.queued.is_(True))
        .group_by(DAY),
    )
    return {day: (n, flagged.get(day, 0)) for day, n in sorted(counted.items())}


def states(connection: Connection, since: str) -> dict[tuple[str, str], Counter[str]]:
    """By category and detectors (as they stand in the record): how many flags are in which state."""
    found: dict[tuple[str, str], Counter[str]] = {}
    f = t.flags.c
    for category, detectors, state, n in connection.execute(
        select(f.category, f.detectors, f.state, func.count())
        .select_from(t.flags.join(t.conversations))
        .where(since <= DAY, f.queued.is_(True))
        .group_by(f.category, f.detectors, f.state)
    ):
        found.setdefault((category, detectors), Counter())[state] += n
    return found


def kinds(detectors: str) -> Iterator[str]:
    """The kinds of detector in a record's list, each once: rule, classifier, repetition, conduct."""
    yield from dict.fromkeys(name.partition(":")[0] for name in json.loads(detectors))


def waiting(connection: Connection) -> dict[Priority, int]:
    """Flags that wait for a person now."""
    f = t.flags.c
    by_number = _pairs(
        connection,
        select(f.priority, func.count())
        .where(f.state == FlagState.PROPOSED.value, f.queued.is_(True))
        .group_by(f.priority),
    )
    return {p: by_number.get(i, 0) for i, p in enumerate(PRIORITIES)}


def arrived(connection: Connection, since: str) -> dict[str, int]:
    """By day: flags recorded that ask for a review."""
    day = func.substr(t.flags.c.created_at, 1, 10)
    return _pairs(
        connection,
        select(day, func.count())
        .where(t.flags.c.created_at >= since, t.flags.c.queued.is_(True))
        .group_by(day),
    )


def decided(connection: Connection, since: str) -> dict[str, int]:
    """By day: flags decided for the first time."""
    first = _first()
    day = func.substr(first.c.at, 1, 10)
    return _pairs(
        connection,
        select(day, func.count()).select_from(first).where(first.c.at >= since).group_by(day),
    )


def hours_to_decision(connection: Connection, since: str) -> dict[Priority, list[float]]:
    """By priority, ascending: hours from a flag's record to its first decision."""
    first = _first()
    found: dict[Priority, list[float]] = {p: [] for p in PRIORITIES}
    for priority, created, at in connection.execute(
        select(t.flags.c.priority, t.flags.c.created_at, first.c.at)
        .join(first, first.c.flag_id == t.flags.c.id)
        .where(first.c.at >= since)
    ):
        waited = datetime.fromisoformat(at) - datetime.fromisoformat(created)
        found[PRIORITIES[priority]].append(max(0.0, waited.total_seconds() / 3600))
    return {p: sorted(hours) for p, hours in found.items()}


def contacts(connection: Connection, since: str) -> Counter[int]:
    """How many customers have so many contacts with a flag that nobody dismissed."""
    c, f = t.conversations.c, t.flags.c
    flagged = (
        select(c.customer_id, func.count(func.distinct(c.key)).label("n"))
        .select_from(t.flags.join(t.conversations))
        .where(
            since <= DAY,
            c.customer_id.is_not(None),
            f.queued.is_(True),
            f.state != FlagState.DISMISSED.value,
        )
        .group_by(c.customer_id)
        .subquery()
    )
    return Counter(_pairs(connection, select(flagged.c.n, func.count()).group_by(flagged.c.n)))


def _first() -> Subquery:
    """The time of the first decision on each flag."""
    d = t.decisions.c
    return select(d.flag_id, func.min(d.decided_at).label("at")).group_by(d.flag_id).subquery()


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
