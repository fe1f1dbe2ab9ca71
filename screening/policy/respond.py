"""What follows a decision: steps inside that are due, steps outside that a person may now approve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import ReviewError
from .kinds import Side
from .model import Policy, Response
from .source import nearest


@dataclass(frozen=True, slots=True)
class Responses:
    """``due`` are steps inside the company, ``open`` steps outside that may be approved, in order.

    ``blocked`` gives every other step with the Japanese reason why it is not for this decision.
    """

    due: tuple[str, ...]
    open: tuple[str, ...]
    blocked: Mapping[str, str]


def respond(policy: Policy, category: str, outcome: str) -> Responses:
    """The steps after ``outcome`` on a flag of ``category``, whatever must be on record before each.

    Raises ReviewError for an unknown name.
    """
    for what, came, names in (
        ("区分", category, list(policy.categories)),
        ("結論", outcome, [o.id for o in policy.outcomes]),
    ):
        if came not in names:
            raise ReviewError(f"{what}「{came}」はこの方針にありません。{nearest(came, names)}")
    steps: dict[Side, list[str]] = {Side.INTERNAL: [], Side.EXTERNAL: []}
    blocked: dict[str, str] = {}
    for response in policy.responses:
        if reason := not_for(policy, response, category, outcome):
            blocked[response.id] = reason
        else:
            steps[response.side].append(response.id)
    return Responses(tuple(steps[Side.INTERNAL]), tuple(steps[Side.EXTERNAL]), blocked)


def not_for(policy: Policy, response: Response, category: str, outcome: str) -> str:
    """Why ``response`` is not for this decision, in Japanese with its clause, or nothing where it is."""
    if outcome not in response.after:
        after = "・".join(o.label for o in policy.outcomes if o.id in response.after)
        return f"「{after}」の後に限ります（{response.provision}）。"
    kind = policy.categories[category]
    if response.categories and category not in response.categories:
        return f"区分「{kind.name}」のための対応ではありません（{response.provision}）。"
    if kind.gravity not in response.gravities:
        return (
            f"区分「{kind.name}」は、この対応をとる悪質さに当たりません（{response.provision}）。"
        )
    return ""
