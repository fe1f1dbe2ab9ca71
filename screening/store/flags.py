"""Flags as they are read back, with the claim and the standing decision on each."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, exists, func, select

from ..errors import NotFound
from ..records import Flag, Priority
from ..review import WITHDRAWN, FlagState, Person
from . import tables as t
from .identity import blinded
from .moments import kept
from .rows import Claim, FlagRow

PRIORITIES = tuple(Priority)

_HOLDER = t.people.alias("holder")
LAST = t.decisions.alias("last")
#: Where the answers of a decision also keep which flag it repeats; no policy can name a question so.
DUPLICATE_OF = ":duplicate_of"

#: What a ``FlagRow`` is read from.
FLAG_COLUMNS = (
    *t.flags.c,
    t.conversations.c.external_id,
    t.conversations.c.occurred_at,
    t.screenings.c.model,
    t.claims.c.person_id.label("claimed_by"),
    t.claims.c.until.label("claimed_until"),
    _HOLDER.c.name.label("claimed_name"),
    LAST.c.id.label("decision"),
    LAST.c.outcome,
    LAST.c.answers,
    LAST.c.decided_at,
)
JOINED = (
    t.flags.join(t.conversations)
    .join(t.screenings, t.flags.c.screening_id == t.screenings.c.id)
    .outerjoin(t.claims, t.claims.c.flag_id == t.flags.c.id)
    .outerjoin(_HOLDER, _HOLDER.c.id == t.claims.c.person_id)
    .outerjoin(
        LAST,
        and_(
            # Said twice, so that PostgreSQL looks a flag's own decisions up instead of reading them all.
            LAST.c.flag_id == t.flags.c.id,
            LAST.c.id
            == select(func.max(t.decisions.c.id))
            .where(t.decisions.c.flag_id == t.flags.c.id)
            .correlate(t.flags)
            .scalar_subquery(),
        ),
    )
)


def standing() -> ColumnElement[bool]:
    """Whether a decision is the last one on its flag."""
    later = t.decisions.alias("later")
    d = t.decisions.c
    return ~exists().where(later.c.flag_id == d.flag_id, later.c.id > d.id)


def none_of(categories: Collection[str], flags: FromClause = t.flags) -> list[ColumnElement[bool]]:
    """Flags of other categories, as set right. Plain comparisons: a list would cost SQLite more a row."""
    return [flags.c.named != category for category in sorted(categories)]


def flag_row(row: Any, viewer: Person | None = None, at: datetime | None = None) -> FlagRow:
    """``viewer`` sees a flag that waits for a second, blind reading as if nobody had decided it.

    A claim counts while it has not run out ``at`` that time.
    """
    blind = (
        viewer is not None
        and blinded(viewer)
        and row.second_after is not None
        and row.second_after != viewer.id
    )
    claim = None
    if row.claimed_by is not None and (at is None or row.claimed_until > kept(at)):
        mine = viewer is not None and viewer.id == row.claimed_by
        claim = Claim(row.id, row.claimed_by, row.claimed_name, row.claimed_until, mine)
    decided = not blind and row.outcome not in (None, WITHDRAWN)
    return FlagRow(
        id=row.id,
        conversation_key=row.conversation_key,
        conversation_id=row.external_id,
        kind=row.kind,
        occurred_at=row.occurred_at,
        flag=Flag(
            category=row.category,
            provision=row.provision,
            turn=None if row.turn < 0 else row.turn,
            start=row.start,
            end=row.end,
            text=row.text,
            score=row.score,
            detectors=tuple(json.loads(row.detectors)),
            why=row.why,
            priority=PRIORITIES[row.priority],
            evidence=tuple(json.loads(row.evidence)),
        ),
        state=FlagState.PROPOSED if blind else FlagState(row.state),
        queued=row.queued,
        policy=row.policy,
        model=row.model,
        created_at=row.created_at,
        gravity=row.gravity,
        rank=row.rank,
        channel=row.channel,
        trade=row.trade,
        doubled=row.doubled,
        second_after=None if blind else row.second_after,
        disputed=row.disputed,
        escalated=row.escalated,
        held_until=row.held_until,
        assigned_to=row.assigned_to,
        claim=claim,
        decision=0 if blind else row.decision or 0,
        outcome=row.outcome if decided else None,
        decided_at=row.decided_at if decided else None,
        duplicate_of=json.loads(row.answers).get(DUPLICATE_OF) if decided else None,
        named=row.named,
    )


def one_flag(
    connection: Connection,
    flag_id: str,
    viewer: Person | None = None,
    at: datetime | None = None,
) -> FlagRow:
    """Raises NotFound."""
    query = select(*FLAG_COLUMNS).select_from(JOINED).where(t.flags.c.id == flag_id)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound("その候補は記録にありません。")
    return flag_row(row, viewer, at)


def rows_of(
    connection: Connection,
    ids: Collection[str],
    viewer: Person | None = None,
    at: datetime | None = None,
) -> dict[str, FlagRow]:
    """Many flags in one query, by their id; what is not on record is left out."""
    if not ids:
        return {}
    query = select(*FLAG_COLUMNS).select_from(JOINED).where(t.flags.c.id.in_(ids))
    return {row.id: flag_row(row, viewer, at) for row in connection.execute(query)}
