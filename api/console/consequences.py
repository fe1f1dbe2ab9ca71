"""What answers lead to, said before they are given. The engine of the policy is asked, never guessed at."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from screening.policy import Policy, Result, conclude, respond
from screening.store import FlagRow, Store

from . import words

#: Beyond so many ways to complete the answers nothing is said ahead.
_MOST = 256


def outcomes(
    store: Store, policy: Policy, flag: FlagRow, category: str, answers: Mapping[str, str]
) -> dict[str, Any]:
    """What the answers given so far open and block, with the reason for each, and what each would cause.

    ``category`` is the flag's, or the one that a person has put in its place.

    ``ahead`` says, for each criterion and answer, which judgements would be left with it.
    """
    suspected, consulted = store.illness(policy, flag.conversation_key)

    def concluded(given: Mapping[str, str]) -> Any:
        return conclude(
            policy,
            category,
            given,
            illness_suspected=suspected,
            illness_consulted=consulted,
        )

    conclusion = concluded(answers)
    titles = {c.id: c.title for c in policy.criteria}
    reasons: dict[str, list[str]] = {}
    for outcome, why in conclusion.blocked.items():
        reasons.setdefault(why, []).append(words.outcome_label(policy, outcome))
    order = list(reasons)
    return {
        "outcomes": [
            {
                "id": o.id,
                "label": o.label,
                "judges": o.judges,
                "blocked": o.id in conclusion.blocked,
                "why_id": f"why-{order.index(conclusion.blocked[o.id])}"
                if o.id in conclusion.blocked
                else "",
                "key": words.OUTCOME_KEYS[i] if i < len(words.OUTCOME_KEYS) else "",
                "after": "" if o.id in conclusion.blocked else _after(policy, category, o.id),
            }
            for i, o in enumerate(policy.outcomes)
        ],
        "reasons": [(f"why-{i}", why, reasons[why]) for i, why in enumerate(order)],
        "missing": [titles[name] for name in conclusion.missing],
        "ahead": {
            c.id: {a.id: _left(policy, concluded, {**answers, c.id: a.id}) for a in c.answers}
            for c in policy.criteria
        },
    }


def _left(policy: Policy, concluded: Any, given: Mapping[str, str]) -> str:
    """Which judgements some completion of ``given`` still opens."""
    rest = [c for c in policy.criteria if c.id not in given]
    ways = itertools.product(*([(c.id, a.id) for a in c.answers] for c in rest))
    judged = {o.id: o.result for o in policy.outcomes if o.judges}
    found: set[Result] = set()
    for way in itertools.islice(ways, _MOST):
        found |= {judged[o] for o in concluded({**given, **dict(way)}).open if o in judged}
    if {Result.CONFIRMED, Result.DISMISSED} <= found:
        return "どちらの判断も残る"
    if Result.CONFIRMED in found:
        return "残るのは該当の判断"
    if Result.DISMISSED in found:
        return "残るのは該当しない判断"
    return "判断せず、保留など"


def _after(policy: Policy, category: str, outcome: str) -> str:
    """What follows the outcome, in one line."""
    steps = respond(policy, category, outcome)
    said = []
    if steps.due:
        said.append(f"社内の対応{len(steps.due)}件")
    if steps.open:
        said.append(f"承認を受けて社外{len(steps.open)}件")
    return f"このあと {'、'.join(said)}" if said else ""
