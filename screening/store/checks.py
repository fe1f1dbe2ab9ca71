"""A random share of the conversations without a flag is looked at by a person, to learn what is missed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, Engine, case, exists, func, or_, select

from ..access import Action
from ..errors import Conflict, NotFound, ReviewError
from ..review import FlagState, Person
from ..sampling import Missed, Stratum, estimate
from . import audit, plan
from . import tables as t
from .identity import allowed
from .moments import kept, now


class Checks:
    """Offers drawn conversations one by one, in the order of their draw, so that none is chosen."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(reading=True)

    def next(self, person: Person) -> str | None:
        """The key of the next conversation to check, kept for this person for a while; else None."""
        with self._engine.begin() as connection:
            actor = allowed(connection, person, Action.CHECK)
            moment = now()
            u = t.unflagged.c
            query = (
                select(u.conversation_key)
                .where(u.drawn.is_(True), ~_checked(), _free(actor, kept(moment)))
                .order_by(case((u.offered_to == actor.id, 0), else_=1), u.place)
                .limit(1)
                .with_for_update(of=t.unflagged, skip_locked=True)
            )
            key: str | None = connection.execute(query).scalar()
            if key is not None:
                minutes = plan.read(connection).claim_minutes
                connection.execute(
                    t.unflagged.update()
                    .where(u.conversation_key == key)
                    .values(
                        offered_to=actor.id, offered_until=kept(moment + timedelta(minutes=minutes))
                    )
                )
            return key

    def waiting(self, person: Person) -> int:
        """How many drawn conversations nobody has checked yet."""
        with self._reading.begin() as connection:
            allowed(connection, person, Action.READ_REPORTS)
            return connection.execute(
                select(func.count())
                .select_from(t.unflagged)
                .where(t.unflagged.c.drawn.is_(True), ~_checked())
            ).scalar_one()

    def record(
        self,
        key: str,
        person: Person,
        *,
        found: bool,
        categories: Sequence[str] = (),
        note: str = "",
    ) -> None:
        """What the person found. ``found``: harassment that should have been flagged.

        Raises NotFound for a conversation that was not drawn, Conflict where somebody has checked it,
        ReviewError where something was found and no category is named.
        """
        if found and not categories:
            raise ReviewError("見落としがあったときは、区分を一つ以上選んでください。")
        with self._engine.begin() as connection:
            actor = allowed(connection, person, Action.CHECK)
            row = connection.execute(
                select(t.unflagged)
                .where(t.unflagged.c.conversation_key == key, t.unflagged.c.drawn.is_(True))
                .with_for_update()
            ).first()
            if row is None:
                raise NotFound("その会話は、抜き取りの確認の対象ではありません。")
            earlier = connection.execute(
                select(t.people.c.name)
                .join_from(t.check_results, t.people)
                .where(t.check_results.c.conversation_key == key)
            ).scalar()
            if earlier is not None:
                raise Conflict(f"この会話は{earlier}さんが確認しました。次の会話へ進んでください。")
            connection.execute(
                t.check_results.insert().values(
                    conversation_key=key,
                    person_id=actor.id,
                    found=found,
                    categories=json.dumps(sorted(set(categories))),
                    note=note.strip(),
                    at=kept(now()),
                )
            )
            audit.append(connection, actor.id, "check", f"conversation:{key}", {"found": found})

    def estimate(self, person: Person) -> Missed:
        """What the checks say about all conversations that came in without a flag.

        A conversation counts as confirmed where a flag that the machine raised was confirmed.
        """
        with self._reading.begin() as connection:
            allowed(connection, person, Action.READ_REPORTS)
            return estimated(connection)


def estimated(connection: Connection) -> Missed:
    """What the checks say, from the first on record to the last."""
    return estimate(_strata(connection), _confirmed(connection))


def _strata(connection: Connection) -> tuple[Stratum, ...]:
    u, r = t.unflagged.c, t.check_results.c
    # Counted only where something could be drawn: a share of 0 says nothing about what it left out.
    rows = connection.execute(
        select(
            u.share,
            func.count(),
            func.count(r.id),
            func.sum(case((r.found.is_(True), 1), else_=0)),
        )
        .select_from(
            t.unflagged.outerjoin(t.check_results, r.conversation_key == u.conversation_key)
        )
        .where(u.share > 0)
        .group_by(u.share)
        .order_by(u.share)
    )
    return tuple(Stratum(total, checked, int(missed or 0)) for _, total, checked, missed in rows)


def _confirmed(connection: Connection) -> int:
    f = t.flags.c
    query = select(func.count(f.conversation_key.distinct())).where(
        f.state == FlagState.CONFIRMED.value,
        f.queued.is_(True),
        ~exists().where(t.unflagged.c.conversation_key == f.conversation_key),
    )
    return connection.execute(query).scalar_one()


def _checked() -> ColumnElement[bool]:
    return exists().where(t.check_results.c.conversation_key == t.unflagged.c.conversation_key)


def _free(person: Person, moment: str) -> ColumnElement[bool]:
    u = t.unflagged.c
    return or_(u.offered_to == person.id, u.offered_to.is_(None), u.offered_until <= moment)
