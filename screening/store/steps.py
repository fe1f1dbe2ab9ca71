"""What decisions oblige to: steps with owner, day, approval and record, in order; nothing is edited.

A step belongs to the decision behind it. Where several flags of one conversation lead to the same
response, the first that stands is the one to be done; when its decision is taken back before that, the
next takes its place. Whoever reads a flag blind sees nothing that its first decision led to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    select,
)

from .. import steps as core
from ..access import Action
from ..errors import NotFound, ReviewError
from ..policy import Policy, Side
from ..review import Decision, Person, Role
from ..steps import FINISHED, Act, Entry, Readiness, Step, StepState
from . import audit
from . import tables as t
from .identity import allowed, hidden_from, known
from .rows import FlagRow
from .step_rows import StepRow, leading, step_entries, steps, steps_of


def open_for(
    connection: Connection, policy: Policy, flag: FlagRow, decision: Decision, *, category: str
) -> None:
    """Writes down the steps that a decision leads to; those of an earlier, held decision stay.

    ``category`` is the flag's, as a reviewer may have set it right.
    """
    standing = {
        row.step.planned.response
        for row in steps_of(connection, flag.conversation_key)
        if row.flag_id == flag.id and row.step.state is not StepState.CANCELLED
    }
    for planned in core.plan(policy, category, decision):
        if planned.response in standing:
            continue
        connection.execute(
            steps.insert().values(
                conversation_key=flag.conversation_key,
                flag_id=flag.id,
                decided_by=decision.person_id,
                policy=decision.policy,
                outcome=decision.outcome,
                response=planned.response,
                title=planned.title,
                provision=planned.provision,
                side=planned.side.value,
                position=planned.order,
                owner=planned.owner,
                owner_roles=",".join(sorted(planned.owner_roles)),
                approver_roles=",".join(sorted(planned.approver_roles)),
                second_person=planned.second_person,
                requires=json.dumps(planned.requires, ensure_ascii=False),
                due_on=planned.due_on.isoformat(),
                created_at=decision.decided_at.astimezone(UTC).isoformat(),
            )
        )


def cancel(connection: Connection, flag_id: str, withdrawal: Decision) -> None:
    """Ends what a decision that is taken back had led to; what is done stays on record as done."""
    key = connection.execute(
        select(t.flags.c.conversation_key).where(t.flags.c.id == flag_id)
    ).scalar_one()
    for row in steps_of(connection, key):
        if row.flag_id == flag_id and row.step.state not in FINISHED:
            _write(
                connection,
                row.id,
                Entry(Act.CANCEL, withdrawal.person_id, withdrawal.reason, withdrawal.decided_at),
            )


class Steps:
    """Each method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(reading=True)

    def of_case(self, key: str, viewer: Person | None = None) -> tuple[StepRow, ...]:
        """The steps of one conversation as ``viewer`` may see them, inside first; each response once."""
        with self._reading.begin() as connection:
            return of_case(connection, key, viewer)

    def waiting(
        self,
        *,
        response: str | None = None,
        roles: Iterable[Role] = (),
        due_by: date | None = None,
        readiness: Readiness | None = None,
        viewer: Person | None = None,
        limit: int = 200,
    ) -> tuple[StepRow, ...]:
        """Steps that wait for somebody, as ``viewer`` may see them, the earliest due first.

        ``response`` picks a list, such as the complaints that wait for the voice of the customer;
        ``roles`` those whose owner or approver holds one of them; ``due_by`` a last day;
        ``readiness`` what can be done now, waits for an approval, or is blocked.
        """
        wanted = frozenset(map(str, roles))
        finishing = select(step_entries.c.step_id).where(
            step_entries.c.act.in_([Act.CANCEL, Act.DONE, Act.DECLINE])
        )
        asked: list[ColumnElement[bool]] = [steps.c.id.not_in(finishing)]
        if response is not None:
            asked.append(steps.c.response == response)
        if due_by is not None:
            asked.append(steps.c.due_on <= due_by.isoformat())
        with self._reading.begin() as connection:
            if viewer is not None:
                viewer = allowed(connection, viewer, Action.READ_STEPS)
            cases: dict[str, str] = {}
            query = select(steps.c.conversation_key, steps.c.due_on).where(*asked)
            for key, due in connection.execute(query.order_by(steps.c.due_on, steps.c.id)):
                cases.setdefault(key, due)
            found: list[StepRow] = []
            for key, due in cases.items():
                # Of this case and those after it nothing is due earlier.
                if len(found) == limit and due > found[-1].step.planned.due_on.isoformat():
                    break
                found += [
                    row
                    for row in of_case(connection, key, viewer)
                    if row.step.state not in FINISHED
                    and readiness in (None, row.readiness)
                    and (response is None or row.step.planned.response == response)
                    and (due_by is None or row.step.planned.due_on <= due_by)
                    and (not wanted or wanted & _for_whom(row.step))
                ]
                found.sort(key=lambda row: (row.step.planned.due_on, row.id))
                del found[limit:]
        return tuple(found)

    def act(
        self,
        step_id: int,
        person: Person,
        what: Act,
        *,
        note: str = "",
        owner_id: str | None = None,
        now: datetime | None = None,
    ) -> StepRow:
        """One line more in a step's record, under the rules of ``screening.steps.act``.

        Raises NotFound, PermissionDenied or ReviewError; then nothing has changed.
        """
        with self._engine.begin() as connection:
            key = connection.execute(
                select(steps.c.conversation_key).where(steps.c.id == step_id)
            ).scalar()
            if key is None:
                raise NotFound("その対応は記録にありません。")
            # One writer for each conversation: an approval must not pass another one on its way.
            lock = select(t.conversations.c.key).where(t.conversations.c.key == key)
            connection.execute(lock.with_for_update())
            actor = known(connection, person)
            hidden = _hidden(connection, key, actor)
            rows = leading(steps_of(connection, key))
            row = next((r for r in rows if r.id == step_id and r.flag_id not in hidden), None)
            if row is None:
                raise NotFound("その対応は取り消されたか、同じ会話の別の対応にまとめられています。")
            core.may_act(row.step, what, actor)
            if row.step.planned.side is Side.EXTERNAL and row.flag_id in _disputed(connection, key):
                raise ReviewError(
                    "二人の確認が分かれています。三人目の判断の後に、社外の対応へ進みます。"
                )
            entry = core.act(
                row.step,
                what,
                actor,
                note=note,
                owner=None if owner_id is None else _named(connection, owner_id),
                recorded=[r.step.planned.response for r in rows if r.step.state is StepState.DONE],
                now=now or datetime.now(UTC),
            )
            _write(connection, step_id, entry)
            detail = {"act": entry.act.value, "response": row.step.planned.response}
            audit.append(connection, actor.id, "step", f"step:{step_id}", detail)
            return next(r for r in of_case(connection, key, actor) if r.id == step_id)


def of_case(connection: Connection, key: str, viewer: Person | None = None) -> tuple[StepRow, ...]:
    """The steps of one conversation, each response once, with where it stands now.

    Those that a decision led to which ``viewer`` may not see yet are left out; what is on record is
    counted for the order all the same.
    """
    rows = steps_of(connection, key)
    if not rows:
        return ()
    recorded = {r.step.planned.response for r in rows if r.step.state is StepState.DONE}
    disputed = _disputed(connection, key)
    hidden = _hidden(connection, key, viewer)
    return tuple(
        replace(
            row,
            readiness=core.readiness(row.step, recorded, disputed=row.flag_id in disputed),
            lacking=core.lacking(row.step.planned, recorded),
            disputed=row.flag_id in disputed,
        )
        for row in leading(rows)
        if row.flag_id not in hidden
    )


def _named(connection: Connection, person_id: str) -> Person:
    return known(connection, Person(person_id, "", frozenset()))


def _disputed(connection: Connection, key: str) -> frozenset[str]:
    f = t.flags.c
    query = select(f.id).where(f.conversation_key == key, f.disputed.is_(True))
    return frozenset(connection.execute(query).scalars())


def _hidden(connection: Connection, key: str, viewer: Person | None) -> frozenset[str]:
    f = t.flags.c
    query = select(f.id).where(f.conversation_key == key, hidden_from(viewer))
    return frozenset(connection.execute(query).scalars())


def _for_whom(step: Step) -> frozenset[str]:
    """The roles that a step waits for now."""
    planned = step.planned
    return planned.approver_roles if step.state is StepState.OFFERED else planned.owner_roles


def _write(connection: Connection, step_id: int, entry: Entry) -> None:
    connection.execute(
        step_entries.insert().values(
            step_id=step_id,
            person_id=entry.person_id,
            act=entry.act.value,
            note=entry.note,
            owner_id=entry.owner_id,
            at=entry.at.astimezone(UTC).isoformat(),
        )
    )
