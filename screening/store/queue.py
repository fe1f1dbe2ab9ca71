"""Flags in the order in which people should look: by urgency, then as ``screening.urgency`` ranks."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    exists,
    func,
    or_,
    select,
    tuple_,
)

from ..errors import ReviewError
from ..review import FlagState, Person
from . import tables as t
from .events import PASSED
from .flags import PRIORITIES, none_of, one_flag, rows_of, standing
from .identity import blinded
from .moments import asked, kept
from .rows import FlagRow, Page

#: The longest page.
LARGEST_PAGE = 200
ORDER = (t.flags.c.priority, t.flags.c.rank, t.flags.c.id)


class Place(StrEnum):
    """Parts of the record that are looked through on their own."""

    HELD = "held"
    ESCALATED = "escalated"
    DISPUTED = "disputed"
    CLAIMED = "claimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is asked for. ``since`` and ``until`` are ISO 8601 on the conversation's time, ``until``
    itself left out. ``policy`` is a version, or a policy's id for all its versions. ``mine`` asks for
    what the viewer has claimed or was handed. Flags on hold show under their own place only, and
    ``all_flags`` also asks for those that want no review by themselves. ``only`` and ``without`` are
    categories: those with a route of their own (``Policy.routed``) are not to wait among the others.
    ``outcome`` is what was decided. A category is the one that a person has set right, where one has.
    """

    states: tuple[FlagState, ...] = (FlagState.PROPOSED,)
    category: str | None = None
    outcome: str | None = None
    kind: str | None = None
    channel: str | None = None
    trade: str | None = None
    since: str | None = None
    until: str | None = None
    policy: str | None = None
    place: str | None = None
    mine: bool = False
    all_flags: bool = False
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


def cursor(row: FlagRow) -> str:
    """Where the queue goes on after ``row``."""
    place = [PRIORITIES.index(row.flag.priority), row.rank, row.id]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _place(cursor: str) -> tuple[int, float, str]:
    try:
        priority, rank, flag = json.loads(base64.urlsafe_b64decode(cursor))
        return int(priority), float(rank), str(flag)
    except (ValueError, TypeError, binascii.Error):
        raise unreadable() from None


def _precedes(one: Any, other: Any) -> ColumnElement[bool]:
    """Whether a place (priority, rank, id) comes before another; columns or values, one of them columns."""
    return tuple_(*one) < tuple_(*other)


def unreadable() -> ReviewError:
    """For a cursor that nobody gave out."""
    return ReviewError("続きの位置（after）が読めません。一覧の最初から開いてください。")


def claimed_by_another(person: Person, now: datetime) -> ColumnElement[bool]:
    c = t.claims.c
    return exists().where(c.flag_id == t.flags.c.id, c.until > kept(now), c.person_id != person.id)


def _claimed(now: datetime) -> Select[tuple[str]]:
    """The flags that somebody has claimed. Few are: a list of them costs less than asking at each."""
    return select(t.claims.c.flag_id).where(t.claims.c.until > kept(now))


def branches(
    asked_for: Filters, viewer: Person | None, now: datetime
) -> list[list[ColumnElement[bool]]]:
    """The conditions of each part of the answer; a flag belongs to one part at most.

    Each state is a part: asked for with "=", so that the index also gives the order. For somebody who
    reads blind, the flags that await a second reading are one more: they look undecided, whatever was
    decided.
    """
    common = conditions(asked_for, viewer, now)
    f = t.flags.c
    states = tuple(dict.fromkeys(asked_for.states or FlagState))
    parts = [
        # Nobody has decided what is only proposed, so that nothing of it is hidden.
        [f.state == state.value, *([] if state is FlagState.PROPOSED else seen(viewer)), *common]
        for state in states
    ]
    if viewer is not None and blinded(viewer) and FlagState.PROPOSED in states:
        parts.append([f.second_after.is_not(None), f.second_after != viewer.id, *common])
    return parts


def seen(viewer: Person | None) -> list[ColumnElement[bool]]:
    """Which decided flags ``viewer`` may see as such: not those that they are to read blind."""
    if viewer is None or not blinded(viewer):
        return []
    second = t.flags.c.second_after
    return [or_(second.is_(None), second == viewer.id)]


def conditions(
    asked_for: Filters, viewer: Person | None, now: datetime
) -> list[ColumnElement[bool]]:
    """Whatever is asked for but the states."""
    f = t.flags.c
    said: list[ColumnElement[bool]] = []
    if not asked_for.all_flags:
        said.append(f.queued.is_(True))
    for column, wanted in (
        (f.kind, asked_for.kind),
        (f.channel, asked_for.channel),
        (f.trade, asked_for.trade),
    ):
        if wanted:
            said.append(column == wanted)
    if asked_for.category:
        said.append(f.named == asked_for.category)
    if asked_for.only:
        said.append(f.named.in_(sorted(asked_for.only)))
    said += none_of(asked_for.without)
    if asked_for.outcome:
        said.append(f.id.in_(_decided_as(asked_for.outcome)))
    if since := asked(asked_for.since, "期間の始め"):
        said.append(f.happened_at >= since)
    if until := asked(asked_for.until, "期間の終わり"):
        said.append(f.happened_at < until)
    if asked_for.policy:
        versions = f.policy.startswith(f"{asked_for.policy}@", autoescape=True)
        said.append(or_(f.policy == asked_for.policy, versions))
    if asked_for.mine:
        if viewer is None:
            raise ReviewError("「自分の分」は、サインインした人だけが絞り込めます。")
        handed = select(f.id).where(f.assigned_to == viewer.id)
        said.append(f.id.in_(handed.union(_claimed(now).where(t.claims.c.person_id == viewer.id))))
    match asked_for.place:
        case None | "":
            said.append(or_(f.held_until.is_(None), f.held_until <= kept(now)))
        case Place.HELD:
            said.append(f.held_until > kept(now))
        case Place.ESCALATED:
            said.append(f.escalated.is_(True))
        case Place.DISPUTED:
            said.append(f.disputed.is_(True))
        case Place.CLAIMED:
            said.append(f.id.in_(_claimed(now)))
        case other:
            raise ReviewError(f"場所「{other}」はありません。使えるもの：{'、'.join(Place)}。")
    return said


def _decided_as(outcome: str) -> Select[tuple[str]]:
    """The flags whose standing decision has this outcome."""
    d = t.decisions.c
    return select(d.flag_id).where(d.outcome == outcome, standing())


def flags(
    connection: Connection,
    asked_for: Filters,
    *,
    viewer: Person | None,
    limit: int,
    after: str | None,
    now: datetime,
) -> Page:
    """One page of the queue, as ``viewer`` may see it.

    Raises:
        ReviewError: for a cursor or a filter that is not one.
    """
    limit = max(1, min(limit, LARGEST_PAGE))
    place = _place(after) if after else None
    total = 0
    found: list[Any] = []
    for part in branches(asked_for, viewer, now):
        behind = [_precedes(place, ORDER)] if place else []
        ids = _ids(connection, [*part, *behind], limit + 1)
        # What fits on the page need not be counted again.
        whole = place is None and len(ids) <= limit
        total += len(ids) if whole else count(connection, part)
        found += ids
    found.sort(key=lambda row: (row.priority, row.rank, row.id))
    there = rows_of(connection, [row.id for row in found[:limit]], viewer, now)
    rows = tuple(there[row.id] for row in found[:limit])
    return Page(rows, cursor(rows[-1]) if len(found) > limit else None, total)


def count(connection: Connection, said: Sequence[ColumnElement[bool]]) -> int:
    return connection.execute(select(func.count()).select_from(t.flags).where(*said)).scalar_one()


def _ids(connection: Connection, said: Sequence[ColumnElement[bool]], limit: int) -> list[Any]:
    query = select(*ORDER).where(*said).order_by(*ORDER).limit(limit)
    return list(connection.execute(query))


def passed(connection: Connection, key: str, person: Person) -> frozenset[str]:
    """The flags of a conversation that the person has left to others."""
    e = t.flag_events.c
    query = (
        select(e.flag_id)
        .join(t.flags, t.flags.c.id == e.flag_id)
        .where(t.flags.c.conversation_key == key, e.person_id == person.id, e.kind.in_(PASSED))
    )
    return frozenset(connection.execute(query).scalars())


def onward(
    connection: Connection,
    row: FlagRow,
    person: Person,
    *,
    now: datetime,
    asked_for: Filters,
    passing: bool = False,
) -> FlagRow | None:
    """Where a person goes from the conversation of ``row``, in the queue's own order, within what is
    ``asked_for``.

    That is the first flag of the first other conversation that waits: the most urgent one, whatever
    place this one had. ``passing`` this one by without a decision, it is the first behind it, so that
    nobody goes in circles. What others look at or were handed, and what the person has left to others,
    is passed over. None at the end.
    """
    f, first = t.flags.c, t.flags.alias("first")
    free = [
        f.conversation_key != row.conversation_key,
        ~claimed_by_another(person, now),
        *_for_person(t.flags, person),
    ]
    # A conversation stands in the queue where the first of its flags stands that waits for the person.
    c = first.c
    earlier = exists().where(
        c.conversation_key == f.conversation_key,
        c.state == FlagState.PROPOSED.value,
        c.queued.is_(True),
        or_(c.held_until.is_(None), c.held_until <= kept(now)),
        *none_of(asked_for.without, first),
        *([c.named == asked_for.category] if asked_for.category else []),
        *_for_person(first, person),
        # By an expression: SQLite would follow the queue's index up to each flag, not the few flags of
        # its conversation.
        _precedes((c.priority + 0, c.rank, c.id), ORDER),
    )
    wanted = [*free, ~earlier]
    if passing:
        here = [f.conversation_key == row.conversation_key, *_for_person(t.flags, person)]
        own = [
            r
            for part in branches(asked_for, person, now)
            for r in _ids(connection, [*part, *here], 1)
        ]
        places = [(r.priority, r.rank, r.id) for r in own]
        at = (PRIORITIES.index(row.flag.priority), row.rank, row.id)
        # What is cheap to ask comes first.
        wanted.insert(0, _precedes(min([*places, at]), ORDER))
    found: list[Any] = []
    for part in branches(asked_for, person, now):
        found += _ids(connection, [*part, *wanted], 1)
    if not found:
        return None
    best = min(found, key=lambda r: (r.priority, r.rank, r.id))
    return one_flag(connection, best.id, person, now)


def _for_person(flags: FromClause, person: Person) -> list[ColumnElement[bool]]:
    """Whether a flag is nobody else's, and the person has not left it to others."""
    f, e = flags.c, t.flag_events.c
    left = exists().where(e.person_id == person.id, e.kind.in_(PASSED), e.flag_id == f.id)
    return [or_(f.assigned_to.is_(None), f.assigned_to == person.id), ~left]
