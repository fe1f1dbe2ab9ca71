"""Steps as they are kept: their two tables, and their rows read with who did what in them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    select,
)

from ..policy import Side
from ..steps import Act, Entry, Planned, Readiness, Step, StepState
from . import tables as t

#: Append-only.
steps = Table(
    "steps",
    t.metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_key", ForeignKey("conversations.key"), nullable=False),
    Column("flag_id", ForeignKey("flags.id"), nullable=False),
    Column("decided_by", ForeignKey("people.id"), nullable=False),
    Column("policy", String(120), nullable=False),
    Column("outcome", String(64), nullable=False),
    Column("response", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("provision", String(40), nullable=False),
    Column("side", String(16), nullable=False),
    Column("position", Integer, nullable=False),
    Column("owner", Text, nullable=False),
    Column("owner_roles", String(200), nullable=False),
    Column("approver_roles", String(200), nullable=False),
    Column("second_person", Boolean(name="second_person"), nullable=False),
    Column("requires", Text, nullable=False),
    Column("due_on", String(10), nullable=False),
    Column("created_at", String(32), nullable=False),
    Index(None, "conversation_key"),
    Index(None, "flag_id"),
)


#: Append-only: who did what with a step, approvals included.
step_entries = Table(
    "step_entries",
    t.metadata,
    Column("id", Integer, primary_key=True),
    Column("step_id", ForeignKey("steps.id"), nullable=False),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("act", String(16), nullable=False),
    Column("note", Text, nullable=False),
    Column("owner_id", ForeignKey("people.id")),
    Column("at", String(32), nullable=False),
    Index(None, "step_id"),
)


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step in its place. ``people`` has the name of everybody in it by id; ``kind``, ``occurred_at``
    and ``category`` (as set right) say which conversation and which flag of it are behind the step.

    ``lacking`` are the responses (id, title) that must be on record before it and are not;
    ``disputed``: the readers of the flag behind it do not agree.
    """

    id: int
    conversation_key: str
    flag_id: str
    policy: str
    outcome: str
    step: Step
    people: Mapping[str, str]
    readiness: Readiness = Readiness.DUE
    lacking: tuple[tuple[str, str], ...] = ()
    disputed: bool = False
    kind: str = ""
    occurred_at: str | None = None
    category: str = ""


def steps_of(connection: Connection, key: str) -> list[StepRow]:
    """Every step of a conversation in the order in which they were written."""
    found = connection.execute(
        select(steps).where(steps.c.conversation_key == key).order_by(steps.c.id)
    ).all()
    if not found:
        return []
    entries: defaultdict[int, list[Entry]] = defaultdict(list)
    named: set[str] = {row.decided_by for row in found}
    lines = select(step_entries).where(step_entries.c.step_id.in_([row.id for row in found]))
    for line in connection.execute(lines.order_by(step_entries.c.id)):
        at = datetime.fromisoformat(line.at)
        entries[line.step_id].append(
            Entry(Act(line.act), line.person_id, line.note, at, line.owner_id)
        )
        named |= {line.person_id, *([line.owner_id] if line.owner_id else [])}
    people = connection.execute(
        select(t.people.c.id, t.people.c.name).where(t.people.c.id.in_(named))
    )
    names = {row.id: row.name for row in people}
    c, f = t.conversations.c, t.flags.c
    case = connection.execute(select(c.kind, c.occurred_at).where(c.key == key)).one()
    flagged = connection.execute(
        select(f.id, f.named).where(f.id.in_([row.flag_id for row in found]))
    )
    categories = {row.id: row.named for row in flagged}
    return [
        replace(
            _row(row, tuple(entries[row.id]), names),
            kind=case.kind,
            occurred_at=case.occurred_at,
            category=categories[row.flag_id],
        )
        for row in found
    ]


def _row(row: Any, entries: Sequence[Entry], names: Mapping[str, str]) -> StepRow:
    planned = Planned(
        response=row.response,
        title=row.title,
        provision=row.provision,
        side=Side(row.side),
        order=row.position,
        owner=row.owner,
        owner_roles=_roles(row.owner_roles),
        approver_roles=_roles(row.approver_roles),
        second_person=row.second_person,
        requires=tuple((name, title) for name, title in json.loads(row.requires)),
        due_on=date.fromisoformat(row.due_on),
    )
    step = Step(planned, frozenset([row.decided_by]), tuple(entries))
    return StepRow(row.id, row.conversation_key, row.flag_id, row.policy, row.outcome, step, names)


def _roles(text: str) -> frozenset[str]:
    return frozenset(role for role in text.split(",") if role)


def leading(rows: Sequence[StepRow]) -> tuple[StepRow, ...]:
    """The first standing step of each response, with everybody whose decision stands behind it."""
    groups: defaultdict[str, list[StepRow]] = defaultdict(list)
    for row in rows:
        if row.step.state is not StepState.CANCELLED:
            groups[row.step.planned.response].append(row)
    leading = [
        replace(
            group[0],
            step=replace(
                group[0].step, decided_by=frozenset().union(*(r.step.decided_by for r in group))
            ),
        )
        for group in groups.values()
    ]
    return tuple(
        sorted(
            leading,
            key=lambda r: (r.step.planned.side is Side.EXTERNAL, r.step.planned.order, r.id),
        )
    )
