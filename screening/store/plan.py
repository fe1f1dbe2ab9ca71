"""How much is looked at twice, and how grave each category counts for the order of the queue."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from ..access import Action
from ..policy import Policy
from ..review import Person
from ..sampling import Plan
from ..urgency import GRAVITIES, UNKNOWN_GRAVITY, regrade
from . import audit
from . import tables as t
from .identity import allowed


def read(connection: Connection) -> Plan:
    row = connection.execute(select(t.plans)).first()
    return Plan(row.double_share, row.check_share, row.claim_minutes) if row else Plan()


def write(connection: Connection, person: Person | None, plan: Plan) -> None:
    """Raises PermissionDenied. Without ``person`` the operator sets it."""
    actor = audit.OPERATOR
    if person is not None:
        actor = allowed(connection, person, Action.SET_PLAN).id
    values = {
        "double_share": plan.double_share,
        "check_share": plan.check_share,
        "claim_minutes": plan.claim_minutes,
    }
    connection.execute(t.plans.update().values(values))
    audit.append(connection, actor, "plan", "plan:", values)


def weights(connection: Connection) -> Mapping[str, float]:
    rows = connection.execute(select(t.gravities.c.category, t.gravities.c.weight))
    return {row.category: row.weight for row in rows}


def adopt(connection: Connection, policy: Policy) -> None:
    """Takes over how grave the policy's categories are, and moves flags whose category changed."""
    before = weights(connection)
    for category in policy.categories.values():
        new = GRAVITIES[category.gravity]
        old = before.get(category.id)
        if old == new:
            continue
        if old is None:
            connection.execute(t.gravities.insert().values(category=category.id, weight=new))
        else:
            connection.execute(
                t.gravities.update().where(t.gravities.c.category == category.id).values(weight=new)
            )
        step = regrade(UNKNOWN_GRAVITY if old is None else old, new)
        connection.execute(
            t.flags.update()
            .where(t.flags.c.named == category.id)
            .values(gravity=new, rank=t.flags.c.rank + step)
        )
