"""Who is acting: as the record knows them, never as the caller claims."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, false, select

from ..access import Action, require
from ..errors import PermissionDenied
from ..review import Person, Role
from . import tables as t


def known(connection: Connection, person: Person) -> Person:
    """The person with the roles that stand in the record.

    A program stays the program it is: nothing that needs a person is open to it. Raises
    PermissionDenied for somebody who is not registered or no longer active.
    """
    if Role.MACHINE in person.roles:
        return Person(person.id, person.name, frozenset([Role.MACHINE]))
    row = connection.execute(
        select(t.people).where(t.people.c.id == person.id, t.people.c.active.is_(True))
    ).first()
    if row is None:
        raise PermissionDenied("登録されていない人は操作できません。サインインし直してください。")
    return Person(row.id, row.name, frozenset(Role(r) for r in row.roles.split(",")))


def allowed(connection: Connection, person: Person, action: Action) -> Person:
    """``known``, and with a role for ``action``. Raises PermissionDenied."""
    found = known(connection, person)
    require(found, action)
    return found


def blinded(viewer: Person | None) -> bool:
    """Whether a first decision is hidden from this person until they gave their own."""
    return viewer is not None and Role.REVIEWER in viewer.roles


def hidden_from(viewer: Person | None) -> ColumnElement[bool]:
    """Which flags look undecided to this person: those that wait for a second reading of theirs."""
    if viewer is None or not blinded(viewer):
        return false()
    second = t.flags.c.second_after
    return and_(second.is_not(None), second != viewer.id)
