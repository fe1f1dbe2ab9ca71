"""What every change of an account asks first: who acts, and whether somebody is left to manage."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, select

from ..access import Action
from ..errors import Conflict, NotFound, ReviewError
from ..review import Person, Role
from . import audit
from . import tables as t
from .identity import allowed


def given_roles(roles: Iterable[Role]) -> frozenset[Role]:
    given = frozenset(roles)
    if not given or Role.MACHINE in given:
        raise ReviewError("人には、機械以外の役割を一つ以上付けてください。")
    return given


def manager(connection: Connection, by: Person | None) -> str:
    """Who acts, for the log. Raises PermissionDenied for a person who may not manage accounts."""
    return audit.OPERATOR if by is None else allowed(connection, by, Action.MANAGE_PEOPLE).id


def person_row(connection: Connection, person_id: str) -> Row[Any]:
    row = connection.execute(select(t.people).where(t.people.c.id == person_id)).first()
    if row is None:
        raise NotFound("その人は登録されていません。")
    return row


def not_the_last(connection: Connection, row: Row[Any]) -> None:
    """Refuses to leave the record without anybody who can manage accounts."""
    if Role.ADMINISTRATOR not in row.roles.split(","):
        return
    others = connection.execute(
        select(t.people.c.roles)
        .where(t.people.c.active.is_(True), t.people.c.id != row.id)
        .with_for_update()
    ).scalars()
    if not any(Role.ADMINISTRATOR in roles.split(",") for roles in others):
        raise Conflict("最後の管理者です。先に、ほかの人を管理者にしてください。")


def log(
    connection: Connection,
    actor: str,
    action: str,
    person_id: str,
    detail: dict[str, Any] | None = None,
) -> None:
    audit.append(connection, actor, action, f"person:{person_id}", detail)
