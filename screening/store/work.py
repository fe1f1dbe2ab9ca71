"""What people do with a flag short of deciding it, each in the record: nothing here changes a state.

A claim says who is looking and runs out by itself; it never keeps anybody from deciding. Skipping
counts for nothing in any report.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, exists, select

from ..access import Action
from ..errors import Conflict, ReviewError
from ..review import Person, Role
from . import audit, plan
from . import tables as t
from .decisions import FINAL, changed, locked
from .events import PASSED, EventKind
from .flags import one_flag
from .identity import allowed
from .moments import kept, now
from .queue import ORDER, Filters, branches, claimed_by_another, passed
from .readings import awaited_from
from .rows import Claim, FlagRow

#: How often the next flag is looked for where others take it in the same moment.
_TRIES = 20
#: Of the flags that were handed to one person, so many are looked at for the next one.
_HANDED = 500
#: The longest time a flag may be put aside at once.
LONGEST_HOLD = timedelta(days=31)


def _note(
    connection: Connection,
    flag_id: str,
    kind: EventKind,
    person: Person,
    *,
    note: str = "",
    to: str | None = None,
    until: str | None = None,
) -> None:
    connection.execute(
        t.flag_events.insert().values(
            flag_id=flag_id,
            kind=kind.value,
            person_id=person.id,
            to_id=to,
            until=until,
            note=note.strip(),
            at=kept(now()),
        )
    )
    detail = {k: v for k, v in (("to", to), ("until", until)) if v}
    audit.append(connection, person.id, kind.value, f"flag:{flag_id}", detail)


class Work:
    """Claims and events. Every method raises PermissionDenied for who may not review."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(reading=True)

    def claim(self, flag_id: str, person: Person, *, take: bool = False) -> Claim:
        """Says that the person is looking at the flag, or who else is: then ``mine`` is False.

        With ``take`` the flag is taken over from the other. Raises NotFound.
        """
        with self._engine.begin() as connection:
            actor = allowed(connection, person, Action.WORK)
            flag = locked(connection, flag_id)
            return _claim(connection, flag, actor, take=take)

    def release(self, flag_id: str, person: Person) -> None:
        """Ends the person's own claim; somebody else's stays."""
        with self._engine.begin() as connection:
            actor = allowed(connection, person, Action.WORK)
            connection.execute(
                t.claims.delete().where(
                    t.claims.c.flag_id == flag_id, t.claims.c.person_id == actor.id
                )
            )

    def next(self, person: Person, filters: Filters | None = None) -> FlagRow | None:
        """Claims the first flag that waits and is for this person: handed to them, or else nobody's.

        Flags that others have claimed or were handed, that are put aside, or that the person has
        skipped or asked the approvers about, are passed over. None where nothing is left.
        """
        wanted = filters or Filters()
        for _ in range(_TRIES):
            with self._engine.begin() as connection:
                actor = allowed(connection, person, Action.WORK)
                moment = now()
                flag_id = _first(connection, wanted, actor, moment)
                if flag_id is None:
                    return None
                claim = _claim(connection, locked(connection, flag_id), actor, take=False)
                if claim.mine:
                    return one_flag(connection, flag_id, actor, moment)
        return None

    def hold(self, flag_id: str, person: Person, *, until: datetime, note: str = "") -> None:
        """Puts an open flag aside until a time with its zone; anybody may still decide it.

        Raises NotFound, Conflict where it was decided, ReviewError for a time that is past or too far.
        """
        with self._engine.begin() as connection:
            actor = self._open(connection, flag_id, person)
            if until.utcoffset() is None or not now() < until <= now() + LONGEST_HOLD:
                raise ReviewError(
                    f"後回しの期限は、今から{LONGEST_HOLD.days}日以内の、時差のある日時にしてください。"
                )
            _set(connection, flag_id, held_until=kept(until))
            _let_go(connection, flag_id, actor)
            _note(connection, flag_id, EventKind.HELD, actor, note=note, until=kept(until))

    def resume(self, flag_id: str, person: Person) -> None:
        """Puts a flag that was put aside back into the queue."""
        with self._engine.begin() as connection:
            actor = self._open(connection, flag_id, person)
            _set(connection, flag_id, held_until=None)
            _note(connection, flag_id, EventKind.RESUMED, actor)

    def hand_over(self, flag_id: str, person: Person, *, to: str, note: str = "") -> None:
        """Gives an open flag to another reviewer. Raises NotFound, Conflict or ReviewError."""
        with self._engine.begin() as connection:
            actor = self._open(connection, flag_id, person)
            other = connection.execute(
                select(t.people).where(t.people.c.id == to, t.people.c.active.is_(True))
            ).first()
            if other is None or Role.REVIEWER not in other.roles.split(","):
                raise ReviewError("担当にできるのは、確認者の役割を持つ人だけです。")
            _set(connection, flag_id, assigned_to=to, held_until=None)
            _let_go(connection, flag_id, actor)
            _note(connection, flag_id, EventKind.HANDED, actor, note=note, to=to)

    def escalate(self, flag_id: str, person: Person, *, note: str) -> None:
        """Puts an open flag before the approvers with a word why. Raises as ``hand_over``."""
        with self._engine.begin() as connection:
            actor = self._open(connection, flag_id, person)
            if not note.strip():
                raise ReviewError("何を相談したいかを書いてください。")
            _set(connection, flag_id, escalated=True)
            _note(connection, flag_id, EventKind.ESCALATED, actor, note=note)

    def skip(self, flag_id: str, person: Person) -> None:
        """Leaves a flag to others; no reason is asked for, and nobody counts."""
        with self._engine.begin() as connection:
            actor = self._open(connection, flag_id, person)
            if (
                connection.execute(
                    select(t.flags.c.assigned_to).where(t.flags.c.id == flag_id)
                ).scalar()
                == actor.id
            ):
                _set(connection, flag_id, assigned_to=None)
            _let_go(connection, flag_id, actor)
            _note(connection, flag_id, EventKind.SKIPPED, actor)

    def passed(self, key: str, person: Person) -> frozenset[str]:
        """The flags of a conversation that the person has left to others."""
        with self._reading.begin() as connection:
            return passed(connection, key, person)

    def reviewers(self, person: Person) -> tuple[Person, ...]:
        """To whom a flag may be handed over, by name; the person themselves is left out."""
        with self._reading.begin() as connection:
            actor = allowed(connection, person, Action.WORK)
            rows = connection.execute(
                select(t.people).where(t.people.c.active.is_(True)).order_by(t.people.c.name)
            ).all()
        found = (Person(r.id, r.name, frozenset(map(Role, r.roles.split(",")))) for r in rows)
        return tuple(p for p in found if Role.REVIEWER in p.roles and p.id != actor.id)

    def _open(self, connection: Connection, flag_id: str, person: Person) -> Person:
        actor = allowed(connection, person, Action.WORK)
        flag = locked(connection, flag_id)
        if flag.state in FINAL and not awaited_from(flag, actor):
            raise Conflict(
                "この候補はもう決定されています。内容を読み直してください。",
                changed(connection, flag),
            )
        return actor


def _set(connection: Connection, flag_id: str, **values: Any) -> None:
    connection.execute(t.flags.update().where(t.flags.c.id == flag_id).values(values))


def _let_go(connection: Connection, flag_id: str, person: Person) -> None:
    connection.execute(
        t.claims.delete().where(t.claims.c.flag_id == flag_id, t.claims.c.person_id == person.id)
    )


def _claim(connection: Connection, flag: FlagRow, person: Person, *, take: bool) -> Claim:
    """The flag's row is locked, so that two claims of it follow each other."""
    moment = now()
    query = (
        select(t.claims, t.people.c.name)
        .join_from(t.claims, t.people)
        .where(t.claims.c.flag_id == flag.id)
    )
    there: Row[Any] | None = connection.execute(query).first()
    if there is not None and there.person_id != person.id and there.until > kept(moment):
        if not take:
            return Claim(flag.id, there.person_id, there.name, there.until, False)
        _note(connection, flag.id, EventKind.TAKEN, person)
    until = kept(moment + timedelta(minutes=plan.read(connection).claim_minutes))
    values = {"person_id": person.id, "until": until}
    if there is None:
        connection.execute(t.claims.insert().values(flag_id=flag.id, **values))
    else:
        connection.execute(t.claims.update().where(t.claims.c.flag_id == flag.id).values(values))
    return Claim(flag.id, person.id, person.name, until, True)


def _first(connection: Connection, wanted: Filters, person: Person, moment: datetime) -> str | None:
    f, e = t.flags.c, t.flag_events.c
    left = exists().where(e.person_id == person.id, e.kind.in_(PASSED), e.flag_id == f.id)
    free = and_(~claimed_by_another(person, moment), ~left)
    handed = connection.execute(
        select(f.id).where(f.assigned_to == person.id).limit(_HANDED)
    ).scalars()
    parts = [f.assigned_to.is_(None)]
    if ids := handed.all():
        parts.insert(0, f.id.in_(ids))
    for whose in parts:
        found = []
        for part in branches(wanted, person, moment):
            query = (
                select(f.priority, f.rank, f.id)
                .where(*part, free, whose)
                .order_by(*ORDER)
                .limit(1)
                .with_for_update(of=t.flags, skip_locked=True)
            )
            if row := connection.execute(query).first():
                found.append(row)
        if found:
            first: str = min(found, key=lambda r: (r.priority, r.rank, r.id)).id
            return first
    return None
