"""Which examples of a policy test what: every clause, rule, answer and exemption."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .model import Case, Policy, Rule


@dataclass(frozen=True, slots=True)
class Trace:
    """What uses one clause, by id, and which examples test it.

    ``place`` is where the clause stands in the document it comes from, ``line`` in the policy's file.
    A clause that is only explained or asked for (``applied`` False) needs neither use nor example.
    """

    clause: str
    title: str
    place: str
    line: int
    applied: bool
    categories: tuple[str, ...]
    used_by: tuple[str, ...]
    cases: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return not self.applied or bool(self.cases)


@dataclass(frozen=True, slots=True)
class Covered:
    """One part of a policy's logic (``kind``: 条件, 答え, 例外, 対応) and the examples that reach it."""

    kind: str
    name: str
    clause: str
    cases: tuple[str, ...]


def coverage(policy: Policy) -> tuple[Trace, ...]:
    """Each clause in the order of the document, with what uses it and the examples that test it."""
    return tuple(
        Trace(
            clause.number,
            clause.title,
            clause.place,
            clause.line,
            clause.applied,
            tuple(c.id for c in policy.categories.values() if c.provision == clause.number),
            _users(policy, clause.number),
            tuple(c.id for c in policy.cases if clause.number in c.clauses),
        )
        for clause in policy.basis.values()
    )


def logic(policy: Policy) -> tuple[Covered, ...]:
    """Each alternative of each rule met and each rule unmet, each answer, the exemption, each response."""
    return (
        *_rules(policy),
        *(
            Covered(
                "答え",
                f"{question}={answer}",
                clause,
                tuple(c.id for c in policy.cases if c.answers.get(question) == answer),
            )
            for question, answer, clause in _answers(policy)
        ),
        *_exemption(policy),
        *(
            Covered(
                "対応",
                r.id,
                r.provision,
                tuple(c.id for c in policy.cases if r.id in (*c.responses, *(c.meanwhile or ()))),
            )
            for r in policy.responses
        ),
    )


def _users(policy: Policy, number: str) -> tuple[str, ...]:
    named = [c.id for c in policy.criteria if c.provision == number]
    named += [o.id for o in policy.outcomes if o.provision == number]
    named += [r.id for r in policy.responses if r.provision == number]
    named += [f"{r.outcome}の条件" for r in policy.rules if r.provision == number]
    if policy.exemption is not None and policy.exemption.provision == number:
        named.append("病態の例外")
    return tuple(dict.fromkeys(named))


def _rules(policy: Policy) -> Iterator[Covered]:
    for rule in policy.rules:
        touched = [c for c in policy.cases if _covers(policy, rule, c)]
        whom = "・".join([*sorted(g.value for g in rule.groups), *sorted(rule.categories)])
        name = f"{rule.outcome}（{whom}）"
        if not rule.when:
            yield Covered(
                "条件",
                f"{name} いつでも",
                rule.provision,
                tuple(c.id for c in touched if _open(rule, c)),
            )
            continue
        for i, when in enumerate(rule.when, 1):
            met = tuple(
                c.id
                for c in touched
                if all(c.answers.get(k) in allowed for k, allowed in when.items())
            )
            yield Covered("条件", f"{name} {i}を満たす", rule.provision, met)
        unmet = tuple(
            c.id
            for c in touched
            if c.answers
            and not any(
                all(c.answers.get(k) in allowed for k, allowed in when.items())
                for when in rule.when
            )
        )
        yield Covered("条件", f"{name} 満たさない", rule.provision, unmet)


def _covers(policy: Policy, rule: Rule, case: Case) -> bool:
    return policy.categories[case.category].group in rule.groups or case.category in rule.categories


def _open(rule: Rule, case: Case) -> bool:
    return rule.outcome in case.open


def _answers(policy: Policy) -> Iterator[tuple[str, str, str]]:
    for criterion in policy.criteria:
        for answer in criterion.answers:
            yield criterion.id, answer.id, criterion.provision
    if policy.exemption is not None:
        for exempt in policy.exemption.answers:
            yield policy.exemption.id, exempt.id, policy.exemption.provision


def _exemption(policy: Policy) -> Iterator[Covered]:
    exemption = policy.exemption
    if exemption is None:
        return
    held: list[str] = []
    settled: list[str] = []
    no_cover: list[str] = []
    for case in policy.cases:
        given = case.answers.get(exemption.id)
        if not exemption.holds(case.answers, case.illness_suspected):
            if given is not None:
                no_cover.append(case.id)
            continue
        (settled if case.illness_consulted else held).append(case.id)
    clause = exemption.provision
    yield Covered("例外", "協議の前は選べない", clause, tuple(held))
    yield Covered("例外", "協議の後は選べる", clause, tuple(settled))
    yield Covered("例外", "当たらないと答えた", clause, tuple(no_cover))
