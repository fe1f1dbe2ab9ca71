"""What the record holds, counted by the database. Days are those of Japan, or those written in the record."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
_JAPAN = timedelta(hours=9)


def _pairs(connection: Connection, query: Select[Any, int]) -> dict[Any, int]:
    """The rows of a query of two columns, the second of which is a count."""
    return {row[0]: row[1] for row in connection.execute(query)}


def conversations(connection: Connection, since: str) -> dict[str, int]:
    """By day: conversations."""
    return _pairs(connection, select(DAY, func.count()).where(since <= DAY).group_by(DAY))


def flags(connection: Connection, since: str) -> dict[str, int]:
    """By day in Japan of the conversation: flags that ask for a review."""
    happened = t.flags.c.happened_at
    hour = func.substr(happened, 1, 13)
    days: Counter[str] = Counter()
    for at, n in connection.execute(
        select(hour, func.count())
        .where(t.flags.c.queued.is_(True), happened >= _begins(since))
        .group_by(hour)
    ):
        days[(datetime.fromisoformat(at) + _JAPAN).date().isoformat()] += n
    return dict(days)


def states(connection: Connection, since: str) -> dict[tuple[str, str], Counter[str]]:
    """By category and detectors (as they stand in the record): how many flags are in which state."""
    found: dict[tuple[str, str], Counter[str]] = {}
    f = t.flags.c
    for category, detectors, state, n in connection.execute(
        select(f.category, f.detectors, f.state, func.count())
        .where(f.queued.is_(True), f.happened_at >= _begins(since))
        .group_by(f.category, f.detectors, f.state)
    ):
        found.setdefault((category, detectors), Counter())[state] += n
    return found


def _begins(day: str) -> str:
    """The moment at which a day begins in Japan, as the record keeps moments."""
    return (datetime.fromisoformat(day).replace(tzinfo=UTC) - _JAPAN).isoformat(
        timespec="microseconds"
    )


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


def decisions(
    connection: Connection, since: str
) -> tuple[dict[str, int], dict[Priority, list[float]]]:
    """First decisions on flags: by day, and by priority the hours since the flag's record, ascending."""
    first = _first()
    days: Counter[str] = Counter()
    found: dict[Priority, list[float]] = {p: [] for p in PRIORITIES}
    for priority, created, at in connection.execute(
        select(t.flags.c.priority, t.flags.c.created_at, first.c.at)
        .join(first, first.c.flag_id == t.flags.c.id)
        .where(first.c.at >= since)
    ):
        days[at[:10]] += 1
        waited = datetime.fromisoformat(at) - datetime.fromisoformat(created)
        found[PRIORITIES[priority]].append(max(0.0, waited.total_seconds() / 3600))
    return dict(days), {p: sorted(hours) for p, hours in found.items()}


def contacts(connection: Connection, since: str) -> Counter[int]:
    """How many customers have so many contacts with a flag that nobody dismissed."""
    c, f = t.conversations.c, t.flags.c
    # Not the bare column: it would have SQLite walk the rows in the order of the keys' own index.
    key = func.coalesce(f.conversation_key, "").label("conversation_key")
    keys = (
        select(key)
        .where(
            f.queued.is_(True),
            f.state != FlagState.DISMISSED.value,
            f.happened_at >= _begins(since),
        )
        .distinct()
        .subquery()
    )
    flagged = (
        select(func.count().label("n"))
        .select_from(keys.join(t.conversations, c.key == keys.c.conversation_key))
        .where(c.customer_id.is_not(None))
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
