"""Where a person goes next: the rest of a case, then the next one in the queue's own order."""

from __future__ import annotations

from fastapi import Request

from screening.policy import Policy
from screening.review import FlagState, Person
from screening.store import Case, FlagRow, Store

from . import filters


def page_of(policy: Policy, case: Case, flag: FlagRow) -> str:
    """Which page of the navigation a flag belongs to."""
    if flag.named in policy.routed:
        return "care"
    return "queue" if flag.state is FlagState.PROPOSED else "decided"


def next_open(
    request: Request, store: Store, policy: Policy, case: Case, flag: FlagRow, person: Person
) -> str:
    """Where to go after a decision: this case's next open flag, or the next case of the list.

    What the person has left to others does not come back.
    """
    left = store.work.passed(case.key, person)
    at = next((i for i, x in enumerate(case.flags) if x.id == flag.id), 0)
    rest = [
        x
        for x in (*case.flags[at + 1 :], *case.flags[:at])
        if x.state is FlagState.PROPOSED and x.id not in left
    ]
    if flag.named in policy.routed:
        # Whoever works through the care list stays with it.
        rest = [x for x in rest if x.named in policy.routed]
    return url(rest[0]) if rest else next_case(request, store, policy, flag, person)


def next_case(
    request: Request,
    store: Store,
    policy: Policy,
    flag: FlagRow,
    person: Person,
    *,
    passing: bool = False,
) -> str:
    """The next conversation of the list that the person came from, at its first flag that waits; where
    there is none, that list.

    ``passing`` this one by, the first behind it.

    After a flag with a route of its own comes the list of that route.
    """
    if flag.named in policy.routed:
        return "/care"
    following = store.onward(
        flag, person, asked_for=filters.within(request, policy), passing=passing
    )
    return url(following) if following else filters.back(request)


def url(flag: FlagRow) -> str:
    return f"/cases/{flag.conversation_key}?flag={flag.id}"
