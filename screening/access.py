"""Which role may do what. Asked by the record itself, so that no way in can forget it.

Nobody may do everything: who manages accounts reads no conversation by that role alone, who audits
changes nothing, and a program neither reads whole conversations nor decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from .errors import PermissionDenied
from .review import Person, Role


class Action(StrEnum):
    """What somebody may want to do, beside deciding, which ``review`` guards."""

    DELIVER = "deliver"
    READ_QUEUE = "read_queue"
    READ_CASE = "read_case"
    WORK = "work"
    CORRECT = "correct"
    CHECK = "check"
    RESOLVE = "resolve"
    READ_STEPS = "read_steps"
    ACT_ON_STEPS = "act_on_steps"
    READ_REPORTS = "read_reports"
    EXPORT_LABELS = "export_labels"
    MANAGE_PEOPLE = "manage_people"
    SET_PLAN = "set_plan"
    READ_AUDIT = "read_audit"


_R, _P, _A, _U, _M = (
    Role.REVIEWER,
    Role.APPROVER,
    Role.ADMINISTRATOR,
    Role.AUDITOR,
    Role.MACHINE,
)
ALLOWED: Mapping[Action, frozenset[Role]] = {
    Action.DELIVER: frozenset([_M, _R, _A]),
    Action.READ_QUEUE: frozenset([_M, _R, _P, _A, _U]),
    Action.READ_CASE: frozenset([_R, _P, _U]),
    Action.WORK: frozenset([_R]),
    Action.CORRECT: frozenset([_R]),
    Action.CHECK: frozenset([_R]),
    Action.RESOLVE: frozenset([_R]),
    # A policy may give steps to administrators too; the notes in a step's record are for READ_CASE.
    Action.READ_STEPS: frozenset([_R, _P, _A, _U]),
    Action.ACT_ON_STEPS: frozenset([_R, _P, _A]),
    Action.READ_REPORTS: frozenset([_R, _P, _A, _U]),
    Action.EXPORT_LABELS: frozenset([_A]),
    Action.MANAGE_PEOPLE: frozenset([_A]),
    Action.SET_PLAN: frozenset([_A]),
    Action.READ_AUDIT: frozenset([_A, _U]),
}
#: What a reader sees for each role.
ROLES: Mapping[Role, str] = {
    _R: "確認者",
    _P: "承認者",
    _A: "管理者",
    _U: "監査者",
    _M: "プログラム",
}


def may(person: Person, action: Action) -> bool:
    """Whether one of the person's roles allows it. A program stays one, whatever else it was given."""
    roles = frozenset([_M]) if _M in person.roles else person.roles
    return not ALLOWED[action].isdisjoint(roles)


def require(person: Person, action: Action) -> None:
    """Raises PermissionDenied, with the roles that would do."""
    if not may(person, action):
        wanted = "・".join(ROLES[r] for r in Role if r in ALLOWED[action])
        came = "・".join(ROLES[r] for r in Role if r in person.roles) or "なし"
        raise PermissionDenied(
            f"この操作には「{wanted}」のいずれかの役割が必要です（今の役割：{came}）。"
        )
