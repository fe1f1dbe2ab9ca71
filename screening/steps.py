"""What a decision obliges to: steps with an owner, a day and a record, inside first, outside approved.

Steps inside are due at once. Steps towards the customer are only offered: they wait until the steps
they require are on record and a person of the required role, where the policy says so another than
whoever decided, has approved. A program can do none of this.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from .days import day_of
from .errors import PermissionDenied, ReviewError
from .policy import Policy, Response, Side, meanwhile, respond
from .review import HUMAN, Decision, Person, given, needs, signed_in


class Act(StrEnum):
    """What a person can do with a step; ``CANCEL`` follows from taking the decision back."""

    ASSIGN = "assign"
    APPROVE = "approve"
    DECLINE = "decline"
    DONE = "done"
    CANCEL = "cancel"


class StepState(StrEnum):
    """``OFFERED`` waits for an approval; ``DUE`` and ``APPROVED`` wait for their owner."""

    OFFERED = "offered"
    DUE = "due"
    APPROVED = "approved"
    DONE = "done"
    DECLINED = "declined"
    CANCELLED = "cancelled"


#: What a reviewer reads for each state.
STATES = {
    StepState.OFFERED: "承認待ち",
    StepState.DUE: "実施待ち",
    StepState.APPROVED: "承認済み・実施待ち",
    StepState.DONE: "実施済み",
    StepState.DECLINED: "見送り",
    StepState.CANCELLED: "取り消し",
}


class Readiness(StrEnum):
    """Whether a step can go on now: ``DUE`` for its owner, ``WAITING`` for an approval.

    ``BLOCKED`` steps wait for a step before them or for a third reader; nobody can do them yet.
    """

    DUE = "due"
    WAITING = "waiting"
    BLOCKED = "blocked"
    FINISHED = "finished"


#: States in which nothing more happens.
FINISHED = frozenset([StepState.DONE, StepState.DECLINED, StepState.CANCELLED])


@dataclass(frozen=True, slots=True)
class Planned:
    """A step as the policy plans it. ``owner`` is the role's name in the policy, ``owner_roles`` and
    ``approver_roles`` are roles of the record's people; ``requires`` are responses (id, title) to be done before.
    """

    response: str
    title: str
    provision: str
    side: Side
    order: int
    owner: str
    owner_roles: frozenset[str]
    approver_roles: frozenset[str]
    second_person: bool
    requires: tuple[tuple[str, str], ...]
    due_on: date


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a step's record; ``owner_id`` is who was named by an ``ASSIGN``."""

    act: Act
    person_id: str
    note: str
    at: datetime
    owner_id: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """``decided_by`` are all whose decisions stand behind it. The record is never edited."""

    planned: Planned
    decided_by: frozenset[str]
    entries: tuple[Entry, ...] = ()

    @property
    def state(self) -> StepState:
        acts = {entry.act for entry in self.entries}
        for act, state in (
            (Act.CANCEL, StepState.CANCELLED),
            (Act.DONE, StepState.DONE),
            (Act.DECLINE, StepState.DECLINED),
            (Act.APPROVE, StepState.APPROVED),
        ):
            if act in acts:
                return state
        return StepState.OFFERED if self.planned.approver_roles else StepState.DUE

    @property
    def owner_id(self) -> str | None:
        """Who was named last, or None while only the role is known."""
        named = [e.owner_id for e in self.entries if e.act is Act.ASSIGN]
        return named[-1] if named else None

    def overdue(self, today: date) -> bool:
        return self.state not in FINISHED and self.planned.due_on < today


def plan(policy: Policy, category: str, decision: Decision) -> tuple[Planned, ...]:
    """The steps that ``decision`` obliges to or allows, inside first, each side in its order.

    While an exemption waits for a consultation its own steps are due as well, unless the decision is
    that there is no conduct of the customer's to excuse.
    """
    follows = respond(policy, category, decision.outcome)
    named = {*follows.due, *follows.open}
    outcome = policy.outcome(decision.outcome)
    if outcome is None or outcome.of_conduct:
        named |= set(
            meanwhile(
                policy,
                decision.answers,
                suspected=decision.illness_suspected,
                consulted=decision.illness_consulted,
            )
        )
    return tuple(_planned(policy, r, decision) for r in policy.responses if r.id in named)


def _planned(policy: Policy, response: Response, decision: Decision) -> Planned:
    return Planned(
        response=response.id,
        title=response.title,
        provision=response.provision,
        side=response.side,
        order=response.order,
        owner=next(r.label for r in policy.roles if r.id == response.owner),
        owner_roles=policy.holders([response.owner]),
        approver_roles=policy.holders(response.approved_by) & policy.may("approve"),
        second_person=response.second_person,
        requires=tuple((r.id, r.title) for r in policy.responses if r.id in response.requires),
        due_on=day_of(decision.decided_at) + timedelta(days=response.due_days),
    )


def readiness(step: Step, recorded: Collection[str], *, disputed: bool = False) -> Readiness:
    """Where a step stands, with the responses ``recorded`` as done for its case.

    ``disputed``: the two readers of the flag behind it do not agree, so nothing goes outside yet.
    """
    if step.state in FINISHED:
        return Readiness.FINISHED
    if lacking(step.planned, recorded) or (disputed and step.planned.side is Side.EXTERNAL):
        return Readiness.BLOCKED
    return Readiness.WAITING if step.state is StepState.OFFERED else Readiness.DUE


def lacking(planned: Planned, recorded: Collection[str]) -> tuple[tuple[str, str], ...]:
    """The responses (id, title) that must be on record before this one and are not."""
    return tuple((name, title) for name, title in planned.requires if name not in recorded)


def act(
    step: Step,
    what: Act,
    person: Person,
    *,
    note: str = "",
    owner: Person | None = None,
    recorded: Collection[str] = (),
    now: datetime,
) -> Entry:
    """The next line of a step's record. ``recorded`` are the responses already done for this case.

    Raises PermissionDenied where this person may not do it, ReviewError where the step is finished,
    waits for an approval or for a step before it, or lacks its note; the message says what is needed.
    """
    may_act(step, what, person)
    planned = step.planned
    if step.state in FINISHED:
        raise ReviewError(
            f"「{planned.title}」は{STATES[step.state]}です。記録は書き換えられません。"
        )
    if what is Act.ASSIGN:
        return _assign(step, person, owner, note, now)
    if what is Act.CANCEL:
        raise ReviewError("対応の取り消しは、もとの判断の取り消しで行います。")
    if what in (Act.APPROVE, Act.DECLINE):
        if not planned.approver_roles:
            raise ReviewError(f"「{planned.title}」に承認は要りません。行ったら記録してください。")
        if what is Act.DECLINE:
            return Entry(what, person.id, given(note), now)
        if step.state is StepState.APPROVED:
            raise ReviewError(f"「{planned.title}」はもう承認されています。")
        _after_those_before(planned, recorded)
        return Entry(what, person.id, note.strip(), now)
    if step.state is StepState.OFFERED:
        raise ReviewError(f"「{planned.title}」は承認の後に行います（{planned.provision}）。")
    _after_those_before(planned, recorded)
    return Entry(what, person.id, given(note), now)


def _assign(step: Step, person: Person, owner: Person | None, note: str, now: datetime) -> Entry:
    if owner is None:
        raise ReviewError("担当する人を選んでください。")
    signed_in(owner)
    needs(owner, step.planned.owner_roles)
    return Entry(Act.ASSIGN, person.id, note.strip(), now, owner.id)


def may_act(step: Step, what: Act, person: Person) -> None:
    """Raises PermissionDenied where this person may not do it, whatever else the step still lacks.

    Asked first, so that nobody learns what a step waits for who may not act on it anyway.
    """
    signed_in(person)
    planned = step.planned
    if what in (Act.APPROVE, Act.DECLINE):
        needs(person, planned.approver_roles or planned.owner_roles)
        if planned.second_person and person.id in step.decided_by:
            raise PermissionDenied(
                f"「{planned.title}」は、判断した人とは別の人が承認します（{planned.provision}）。"
            )
    elif what is Act.DONE and step.owner_id == person.id:
        needs(person, HUMAN)
    else:
        needs(person, planned.owner_roles if what is Act.DONE else HUMAN)


def _after_those_before(planned: Planned, recorded: Collection[str]) -> None:
    if missing := lacking(planned, recorded):
        before = "・".join(f"「{title}」" for _, title in missing)
        raise ReviewError(
            f"「{planned.title}」の前に、{before}の記録が要ります（{planned.provision}）。"
        )
