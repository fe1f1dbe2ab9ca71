"""What was decided, the latest decision first."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from ..errors import ReviewError
from ..review import WITHDRAWN, Person
from . import tables as t
from .flags import FLAG_COLUMNS, JOINED, flag_row
from .queue import LARGEST_PAGE, Filters, branches
from .rows import DecidedPage, DecidedRow


def flags(
    connection: Connection,
    asked_for: Filters,
    *,
    viewer: Person | None,
    limit: int,
    after: str | None,
    now: datetime,
) -> DecidedPage:
    """One page of decided flags as ``viewer`` may see it; ``after`` goes on behind an earlier page.

    Raises:
        ReviewError: for a place that is none, or a filter that is not one.
    """
    place = _place(after) if after else None
    limit = max(1, min(limit, LARGEST_PAGE))
    (conditions, *_) = branches(asked_for, viewer, now)
    total = connection.execute(
        select(func.count()).select_from(t.flags).where(*conditions)
    ).scalar_one()
    d, later = t.decisions.c, t.decisions.alias("later")
    # From the newest decision backwards, each flag at the last one made on it.
    standing = ~select(later.c.id).where(later.c.flag_id == d.flag_id, later.c.id > d.id).exists()
    query = (
        select(d.id, d.flag_id, d.decided_at, d.outcome)
        .join_from(t.decisions, t.flags, t.flags.c.id == d.flag_id)
        .where(*conditions, standing, d.outcome != WITHDRAWN)
        .order_by(d.decided_at.desc(), d.id.desc())
        .limit(limit + 1)
    )
    if place is not None:
        at, number = place
        earlier = or_(d.decided_at < at, and_(d.decided_at == at, d.id < number))
        query = query.where(earlier)
    found = connection.execute(query).all()
    shown = found[:limit]
    rows = {
        row.id: flag_row(row, viewer, now)
        for row in connection.execute(
            select(*FLAG_COLUMNS)
            .select_from(JOINED)
            .where(t.flags.c.id.in_([row.flag_id for row in shown]))
        )
    }
    return DecidedPage(
        tuple(DecidedRow(rows[row.flag_id], row.decided_at, row.outcome) for row in shown),
        f"{shown[-1].decided_at}~{shown[-1].id}" if len(found) > limit else None,
        total,
    )


def _place(after: str) -> tuple[str, int]:
    at, _, number = after.partition("~")
    try:
        datetime.fromisoformat(at)
        return at, int(number)
    except ValueError:
        raise ReviewError(
            "続きの位置（after）が読めません。一覧の最初から開いてください。"
        ) from None
