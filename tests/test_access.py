"""Which role may do what."""

import pytest

from screening.access import ALLOWED, Action, may, require
from screening.errors import PermissionDenied
from screening.review import Person, Role


def _person(*roles):
    return Person("p", "誰か", frozenset(roles))


def test_every_action_has_its_roles():
    """No action is open to nobody, and none was forgotten."""
    assert set(ALLOWED) == set(Action)
    assert all(ALLOWED.values())


def test_a_program_only_delivers_and_reads_the_queue():
    """Whatever other role its key was given."""
    for roles in ([Role.MACHINE], [Role.MACHINE, Role.ADMINISTRATOR, Role.REVIEWER]):
        allowed = {a for a in Action if may(_person(*roles), a)}
        assert allowed == {Action.DELIVER, Action.READ_QUEUE}


def test_nobody_may_do_everything():
    """No single role holds all actions."""
    for role in Role:
        assert any(not may(_person(role), action) for action in Action)


def test_who_audits_changes_nothing():
    """The auditor's role reads and no more."""
    reading = {Action.READ_QUEUE, Action.READ_CASE, Action.READ_REPORTS, Action.READ_AUDIT}
    reading |= {Action.READ_STEPS}
    assert {a for a in Action if may(_person(Role.AUDITOR), a)} == reading


def test_the_refusal_says_what_would_do():
    """Which roles are wanted and which came."""
    with pytest.raises(PermissionDenied, match=r"管理者.+今の役割：確認者"):
        require(_person(Role.REVIEWER), Action.MANAGE_PEOPLE)
