"""What the policy costs: its share of screening, and one decision with its whole explanation.

    python -m tests.benchmarks.policy

``share_of_screening`` is the time in ``propose`` and ``needs_review`` over the time of all screening, on
the corpus; ``one_decision`` evaluates every example of every shipped policy (``assess``, ``decide`` where
an outcome is chosen, and ``plan``). Times are the thread's own, so that a busy machine does not count
against the policy. Only ratios are worth comparing between machines; the milliseconds
are there to be held against the limit of one millisecond on the machine at hand.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, ClassVar

from corpora.export import conversation_of
from corpora.reader import read_corpus
from screening.errors import ReviewError
from screening.policy import Policy, assess, load_policy, shipped
from screening.policy.model import Case
from screening.records import Conversation, Finding, Flag
from screening.review import FlagState, Person, Role, decide
from screening.screener import Screener, default_screener
from screening.steps import plan

ROUNDS = 5
NOW = datetime(2026, 11, 2, tzinfo=UTC)
PERSON = Person("p", "計測", frozenset([Role.REVIEWER]))


class Timed(Policy):
    """A policy that notes in ``spent`` the seconds spent in it while screening."""

    spent: ClassVar[list[float]] = []

    def propose(
        self,
        conversation: Conversation,
        findings: Sequence[Finding],
        scores: Mapping[str, float],
    ) -> tuple[Flag, ...]:
        start = time.thread_time()
        try:
            return super().propose(conversation, findings, scores)
        finally:
            self.spent.append(time.thread_time() - start)

    def needs_review(self, flags: Iterable[Flag]) -> bool:
        start = time.thread_time()
        try:
            return super().needs_review(flags)
        finally:
            self.spent.append(time.thread_time() - start)


def share(screener: Screener, policy: Policy, conversations: list[Any]) -> float:
    """The policy's part of the time of screening, 0 to 1."""
    timed = Timed(**{field.name: getattr(policy, field.name) for field in fields(policy)})
    Timed.spent.clear()
    start = time.thread_time()
    for _ in screener.with_policy(timed).screen_many(conversations):
        pass
    return sum(Timed.spent) / (time.thread_time() - start)


def decision(policy: Policy, case: Case) -> float:
    """Seconds for all that the policy says about one example, and for deciding it."""
    flagged = (
        sorted(policy.exemption.signals) if policy.exemption and case.illness_suspected else []
    )
    consulted = policy.exemption.consult[:1] if policy.exemption and case.illness_consulted else ()
    start = time.thread_time()
    assess(policy, case.category, case.answers, flagged=flagged, consulted=consulted)
    if case.outcome is not None:
        try:
            made = decide(
                policy=policy,
                flag_id="f",
                category=case.category,
                state=FlagState.PROPOSED,
                person=PERSON,
                answers=case.answers,
                outcome=case.outcome,
                reason="計測のための判断",
                now=NOW,
                illness_suspected=case.illness_suspected,
                illness_consulted=case.illness_consulted,
            )
        except ReviewError:
            pass
        else:
            plan(policy, case.category, made)
    return time.thread_time() - start


def main() -> None:
    screener = default_screener()
    conversations = [conversation_of(document) for document in read_corpus()]
    for _ in screener.screen_many(conversations[:200]):
        pass  # compiled and warm
    report: dict[str, Any] = {"conversations": len(conversations), "policies": {}}
    for name in shipped():
        policy = load_policy(name)
        shares = [share(screener, policy, conversations) for _ in range(3)]
        seconds = sorted(
            decision(policy, case) for _ in range(ROUNDS * 10) for case in policy.cases
        )
        report["policies"][name] = {
            "share_of_screening_percent": round(100 * statistics.median(shares), 2),
            "one_decision_ms_median": round(1000 * statistics.median(seconds), 4),
            "one_decision_ms_p99": round(1000 * seconds[int(0.99 * len(seconds))], 4),
            "decisions_measured": len(seconds),
        }
    print(json.dumps(report, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
