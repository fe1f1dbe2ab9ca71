"""Second readings: a set share of flags is decided by a second person who does not see the first.

Whether both agree says how far the criteria are clear; where they do not, a third person settles it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select

from .. import review
from ..access import Action
from ..agreement import Agreement, agreement
from ..errors import Conflict, PermissionDenied
from ..policy import Policy
from ..review import WITHDRAWN, Decision, FlagState, Person, Role
from . import audit, originals, steps
from . import tables as t
from .flags import DUPLICATE_OF, one_flag
from .identity import allowed, blinded
from .moments import asked, now
from .rows import Dispute, FlagRow, Recorded

#: The reason that stands with the first decision when a third person reopens the flag.
_REOPENED = "二人の確認が分かれたため、三人目が判断し直した"


def awaited_from(flag: FlagRow, person: Person) -> bool:
    """Whether what this person decides now is the second reading of the flag."""
    return (
        flag.second_after is not None
        and flag.second_after != person.id
        and Role.MACHINE not in person.roles
        and blinded(person)
    )


def read_already(connection: Connection, flag_id: str) -> bool:
    query = select(t.second_readings.c.id).where(t.second_readings.c.flag_id == flag_id).limit(1)
    return connection.execute(query).scalar() is not None


def append(connection: Connection, first: Recorded, second: Decision) -> None:
    """Keeps what the second reader gave. The flag stays as the first decision left it."""
    from .decisions import decision_values

    values = decision_values(second) | {"first_id": first.id}
    inserted = connection.execute(t.second_readings.insert().values(values)).inserted_primary_key
    assert inserted is not None
    disputed = first.decision.outcome != second.outcome
    connection.execute(
        t.flags.update()
        .where(t.flags.c.id == second.flag_id)
        .values(second_after=None, disputed=disputed)
    )
    connection.execute(t.claims.delete().where(t.claims.c.flag_id == second.flag_id))
    audit.append(
        connection,
        second.person_id,
        "second_reading",
        f"flag:{second.flag_id}",
        {
            "reading": inserted[0],
            "first": first.id,
            "outcome": second.outcome,
            "agrees": not disputed,
            "digest": audit.decision_digest(values),
        },
        at=second.decided_at,
    )


def latest(connection: Connection, flag_id: str) -> Recorded | None:
    """The last second reading of a flag."""
    query = (
        select(t.people.c.name, t.second_readings)
        .join_from(t.second_readings, t.people)
        .where(t.second_readings.c.flag_id == flag_id)
        .order_by(t.second_readings.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return _recorded(row) if row else None


def _recorded(row: Any) -> Recorded:
    answers = json.loads(row.answers)
    original = answers.pop(DUPLICATE_OF, None)
    return Recorded(
        row.id,
        row.name,
        Decision(
            flag_id=row.flag_id,
            person_id=row.person_id,
            answers=answers,
            duplicate_of=original,
            outcome=row.outcome,
            reason=row.reason,
            decided_at=datetime.fromisoformat(row.decided_at),
            from_state=FlagState.PROPOSED,
            to_state=FlagState(row.to_state),
            policy=row.policy,
        ),
    )


class Readings:
    """Disagreements, and how far readers agree."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(reading=True)

    def disputed(self, person: Person, *, limit: int = 100) -> tuple[Dispute, ...]:
        """Flags whose two readers did not agree, oldest first. Raises PermissionDenied."""
        from . import decisions

        with self._reading.begin() as connection:
            allowed(connection, person, Action.READ_CASE)
            ids = connection.execute(
                select(t.flags.c.id)
                .where(t.flags.c.disputed.is_(True))
                .order_by(t.flags.c.priority, t.flags.c.rank, t.flags.c.id)
                .limit(limit)
            ).scalars()
            found = []
            for flag_id in ids.all():
                first = decisions.latest(connection, flag_id)
                second = latest(connection, flag_id)
                if first and second:
                    found.append(
                        Dispute(one_flag(connection, flag_id, person, now()), first, second)
                    )
        return tuple(found)

    def dispute(self, flag_id: str, person: Person) -> Dispute | None:
        """Both readings of one flag while they disagree, else None. Raises PermissionDenied."""
        return next((d for d in self.disputed(person, limit=1000) if d.flag.id == flag_id), None)

    def resolve(
        self,
        flag_id: str,
        person: Person,
        *,
        policy: Policy,
        answers: Mapping[str, str],
        outcome: str,
        reason: str,
        duplicate_of: str | None = None,
        at: datetime | None = None,
    ) -> Decision:
        """A third person's decision, which stands. The first two stay in the record.

        Raises NotFound, ReviewError, PermissionDenied for one of the two readers, or Conflict where
        nothing is disputed any more; then nothing has changed.
        """
        from . import decisions

        moment = at or now()
        with self._engine.begin() as connection:
            flag = decisions.locked(connection, flag_id)
            actor = allowed(connection, person, Action.RESOLVE)
            first, second = decisions.latest(connection, flag_id), latest(connection, flag_id)
            if not flag.disputed or first is None or second is None:
                raise Conflict(
                    "この候補の不一致は、もう解消しています。内容を読み直してください。",
                    None if awaited_from(flag, actor) else decisions.changed(connection, flag),
                )
            if actor.id in (first.decision.person_id, second.decision.person_id):
                raise PermissionDenied("不一致は、二人とは別の確認者が判断します。")
            suspected, consulted = decisions.illness(connection, policy, flag.conversation_key)
            decided = review.decide(
                policy=policy,
                flag_id=flag_id,
                category=flag.named,
                state=FlagState.PROPOSED,
                person=actor,
                answers=answers,
                outcome=outcome,
                reason=reason,
                now=moment,
                illness_suspected=suspected,
                illness_consulted=consulted,
                duplicate_of=duplicate_of,
            )
            originals.must_be_one(connection, flag, decided.duplicate_of)
            reopened = Decision(
                flag_id=flag_id,
                person_id=actor.id,
                answers={},
                outcome=WITHDRAWN,
                reason=_REOPENED,
                decided_at=moment,
                from_state=flag.state,
                to_state=FlagState.PROPOSED,
                policy=first.decision.policy,
            )
            steps.cancel(connection, flag_id, reopened)
            steps.open_for(connection, policy, flag, decided, category=flag.named)
            decisions.append(connection, flag, reopened, action="reopen")
            decisions.append(connection, flag, decided, action="resolve")
        return decided

    def agreement(
        self, person: Person, *, since: str | None = None, until: str | None = None
    ) -> Agreement:
        """Over second readings given in the period. Nobody is named. Raises PermissionDenied."""
        with self._reading.begin() as connection:
            allowed(connection, person, Action.READ_REPORTS)
            return agreed(connection, since=since, until=until)


def agreed(
    connection: Connection, *, since: str | None = None, until: str | None = None
) -> Agreement:
    """How far readers agree over the second readings given in a period."""
    d, s = t.decisions.c, t.second_readings.c
    query = (
        select(
            d.outcome,
            s.outcome.label("second"),
            d.to_state,
            s.to_state.label("second_state"),
        )
        .join_from(t.second_readings, t.decisions, s.first_id == d.id)
        .order_by(s.id)
    )
    if start := asked(since, "期間の始め"):
        query = query.where(s.decided_at >= start)
    if end := asked(until, "期間の終わり"):
        query = query.where(s.decided_at < end)
    rows = connection.execute(query).all()
    return agreement(
        [(r.outcome, r.second) for r in rows], [(r.to_state, r.second_state) for r in rows]
    )
