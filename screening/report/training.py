"""A decided case for staff courses: the conversation without anybody who could be recognised in it.

No identifiers, no dates, no names of those who decided. What stays is what a course is about: the
words, how staff answered, what was asked of the reviewer and what was concluded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..policy import Policy
from ..review import FlagState
from ..store import Case
from .incident import Hiding, answers, speaker, standing
from .set_right import set_right


@dataclass(frozen=True, slots=True)
class Point:
    """What to look at. ``turn`` is None for conduct that only the whole conversation shows."""

    turn: int | None
    start: int
    end: int
    category: str
    provision: str
    outcome: str
    answers: tuple[tuple[str, str], ...]
    reason: str


@dataclass(frozen=True, slots=True)
class TrainingCase:
    """``lines`` pairs the speaker with the masked words; offsets of ``points`` are into those."""

    kind: str
    lines: tuple[tuple[str, str], ...]
    points: tuple[Point, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "lines": [{"speaker": who, "text": text} for who, text in self.lines],
            "points": [
                {
                    "turn": p.turn,
                    "start": p.start,
                    "end": p.end,
                    "category": p.category,
                    "provision": p.provision,
                    "outcome": p.outcome,
                    "answers": dict(p.answers),
                    "reason": p.reason,
                }
                for p in self.points
            ],
        }


def training_case(case: Case, policy: Policy) -> TrainingCase | None:
    """The case for a course, or None where no flag of it is decided (held flags are not)."""
    case = set_right(case, policy)
    conversation = case.conversation
    hide = Hiding.of(case)
    masked = [hide.mask(turn.text) for turn in conversation.turns]
    decided = {d.decision.flag_id: d.decision for d in standing(case)}
    points = []
    for row in case.flags:
        decision = decided.get(row.id)
        if row.state not in (FlagState.CONFIRMED, FlagState.DISMISSED) or decision is None:
            continue
        flag = row.flag
        start, end = (0, 0) if flag.turn is None else masked[flag.turn].span(flag.start, flag.end)
        category, outcome = policy.categories.get(flag.category), policy.outcome(decision.outcome)
        points.append(
            Point(
                turn=flag.turn,
                start=start,
                end=end,
                category=category.name if category else flag.category,
                provision=flag.provision,
                outcome=outcome.label if outcome else decision.outcome,
                answers=answers(policy, decision),
                reason=hide(decision.reason),
            )
        )
    if not points:
        return None
    lines = tuple((speaker(conversation, i), m.text) for i, m in enumerate(masked))
    return TrainingCase(str(conversation.kind), lines, tuple(points))
