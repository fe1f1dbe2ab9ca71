"""Flags in the order in which people should look: most urgent, then surest, then oldest."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from ..errors import ReviewError
from ..review import FlagState
from . import tables as t
from .conversations import FLAG_COLUMNS, JOINED, PRIORITIES, flag_row
from .rows import FlagRow, Page

#: The longest page.
LARGEST_PAGE = 200


def cursor(row: FlagRow) -> str:
    """Where the queue goes on after ``row``."""
    place = [PRIORITIES.index(row.flag.priority), row.flag.score, row.created_at, row.id]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _place(cursor: str) -> tuple[int, float, str, str]:
    try:
        priority, score, created, flag = json.loads(base64.urlsafe_b64decode(cursor))
        return int(priority), float(score), str(created), str(flag)
    except (ValueError, TypeError, binascii.Error):
        raise ReviewError(
            "続きの位置（after）が読めません。一覧の最初から開いてください。"
        ) from None


def flags(
    connection: Connection,
    *,
    states: tuple[FlagState, ...],
    category: str | None,
    kind: str | None,
    limit: int,
    after: str | None,
    all_flags: bool,
    only: Collection[str] = (),
    without: Collection[str] = (),
) -> Page:
    """One page of the queue; ``all_flags`` also lists those that ask for no review by themselves.

    ``only`` and ``without`` are categories: those with a route of their own (``Policy.routed``) are
    not to wait among the others.

    Raises:
        ReviewError: for a cursor that is not one.
    """
    f = t.flags.c
    asked: list[ColumnElement[bool]] = [f.state.in_([s.value for s in states])] if states else []
    if not all_flags:
        asked.append(f.queued.is_(True))
    if category:
        asked.append(f.category == category)
    source = t.flags.join(t.conversations) if kind else t.flags
    if only:
        asked.append(f.category.in_(sorted(only)))
    if without:
        asked.append(f.category.not_in(sorted(without)))
    if kind:
        asked.append(t.conversations.c.kind == kind)
    total = connection.execute(select(func.count()).select_from(source).where(*asked)).scalar_one()
    if after:
        priority, score, created, flag_id = _place(after)
        asked.append(
            or_(
                f.priority > priority,
                and_(f.priority == priority, f.score < score),
                and_(f.priority == priority, f.score == score, f.created_at > created),
                and_(
                    f.priority == priority,
                    f.score == score,
                    f.created_at == created,
                    f.id > flag_id,
                ),
            )
        )
    limit = max(1, min(limit, LARGEST_PAGE))
    found = connection.execute(
        select(*FLAG_COLUMNS)
        .select_from(JOINED)
        .where(*asked)
        .order_by(f.priority, f.score.desc(), f.created_at, f.id)
        .limit(limit + 1)
    ).all()
    rows = tuple(flag_row(row) for row in found[:limit])
    more = cursor(rows[-1]) if len(found) > limit else None
    return Page(rows, more, total)


def following(
    connection: Connection, row: FlagRow, *, without: Collection[str] = ()
) -> FlagRow | None:
    """The first flag after ``row`` that waits for a person and is not of the same conversation."""
    after: str | None = cursor(row)
    while after:
        page = flags(
            connection,
            states=(FlagState.PROPOSED,),
            category=None,
            kind=None,
            limit=LARGEST_PAGE,
            after=after,
            all_flags=False,
            without=without,
        )
        for item in page.items:
            if item.conversation_key != row.conversation_key:
                return item
        after = page.next
    return None
