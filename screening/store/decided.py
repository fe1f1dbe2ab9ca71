"""What was decided, the latest decision first."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, exists, select, tuple_

from ..review import Person
from . import tables as t
from .flags import rows_of, standing
from .queue import LARGEST_PAGE, Filters, conditions, count, seen, unreadable
from .rows import Page


def flags(
    connection: Connection,
    asked_for: Filters,
    *,
    viewer: Person | None,
    limit: int,
    after: str | None,
    now: datetime,
) -> Page:
    """One page of decided flags as ``viewer`` may see it; ``after`` goes on behind an earlier page.

    Raises:
        ReviewError: for a place that is none, or a filter that is not one.
    """
    limit = max(1, min(limit, LARGEST_PAGE))
    f, d = t.flags.c, t.decisions.c
    wanted = [
        f.state.in_([state.value for state in asked_for.states]),
        *seen(viewer),
        *conditions(asked_for, viewer, now),
    ]
    # From the newest decision backwards, as far as the page goes: each flag is asked for its decision.
    query = (
        select(d.id, d.flag_id, d.decided_at)
        .where(exists().where(f.id == d.flag_id, *wanted), standing())
        .order_by(d.decided_at.desc(), d.id.desc())
        .limit(limit + 1)
    )
    if after:
        query = query.where(tuple_(d.decided_at, d.id) < _place(after))
    found = connection.execute(query).all()
    there = rows_of(connection, [row.flag_id for row in found[:limit]], viewer, now)
    items = tuple(there[row.flag_id] for row in found[:limit])
    more = len(found) > limit
    return Page(
        items,
        f"{items[-1].decided_at}~{items[-1].decision}" if more else None,
        count(connection, wanted) if more or after else len(items),
    )


def _place(after: str) -> tuple[str, int]:
    at, _, number = after.partition("~")
    try:
        datetime.fromisoformat(at)
        return at, int(number)
    except ValueError:
        raise unreadable() from None
