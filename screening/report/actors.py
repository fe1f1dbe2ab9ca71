"""The names behind the identifiers of the audit log."""

from __future__ import annotations

from sqlalchemy import select

from ..access import Action, require
from ..review import Person
from ..store import Store
from ..store import tables as t


def actors(store: Store, person: Person) -> dict[str, str]:
    """By identifier: people by name, programs by what their key is called.

    Raises PermissionDenied for who may not read the log.
    """
    require(person, Action.READ_AUDIT)
    with store.engine.execution_options(reading=True).begin() as connection:
        people = connection.execute(select(t.people.c.id, t.people.c.name)).all()
        keys = connection.execute(select(t.api_keys.c.prefix, t.api_keys.c.name)).all()
    return (
        {row.id: row.name for row in people}
        | {f"key:{row.prefix}": f"{row.name}（プログラム）" for row in keys}
        | {"operator": "この機械の操作者"}
    )
