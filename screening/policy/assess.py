"""Everything a policy has to say about one flag at one moment: asked, open, blocked, due, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from .conclude import Reason, asked, explain
from .kinds import OutcomeKind, Side
from .model import Category, Policy, Response
from .respond import not_for


class Standing(StrEnum):
    """``WAITING`` is for this decision, but something else must be on record before it."""

    DUE = "due"
    OPEN = "open"
    WAITING = "waiting"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its answers (id, label). ``given`` is None while nobody has answered.

    ``due`` questions must be answered before anything that the customer did is judged; the others may be.
    """

    id: str
    title: str
    question: str
    answers: tuple[tuple[str, str], ...]
    given: str | None
    due: bool
    reason: Reason


@dataclass(frozen=True, slots=True)
class Effect:
    """What one answer to one question would lead to, the other answers staying as they are.

    ``opens``, ``blocks`` and ``waits`` share out the outcomes: all conditions met, some unmet, or some
    not evaluated yet and none unmet.
    """

    question: str
    answer: str
    opens: tuple[str, ...]
    blocks: tuple[str, ...]
    waits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """An outcome with every condition on it; open where all of them are met."""

    id: str
    label: str
    kind: OutcomeKind
    open: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Duty:
    """A response with its standing. ``owner`` and ``approved_by`` are roles of the policy."""

    id: str
    title: str
    side: Side
    standing: Standing
    owner: str
    due_days: int
    approved_by: tuple[str, ...]
    second_person: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """``route`` is the outcome of the category's own urgent route; then no queue of harassment holds it
    and ``questions`` is empty.

    ``policy`` is the version that all of this is concluded under.
    """

    policy: str
    category: str
    route: str | None
    questions: tuple[Question, ...]
    outcomes: tuple[Choice, ...]
    duties: tuple[Duty, ...]


def assess(
    policy: Policy,
    category: str,
    answers: Mapping[str, str],
    *,
    flagged: Iterable[str] = (),
    consulted: Iterable[str] = (),
    outcome: str | None = None,
    recorded: Collection[str] = (),
) -> Assessment:
    """What ``policy`` says about a flag of ``category``; pure, total, and indifferent to order.

    ``flagged`` are the categories found in the whole conversation, ``consulted`` whom the record says
    was consulted, ``outcome`` what a person has decided if anything, and ``recorded`` the responses
    that are on record as done. Raises ReviewError for a name that the policy does not have.
    """
    suspected = policy.suspects_illness(flagged)
    settled = policy.was_consulted(consulted)
    explained = explain(
        policy, category, answers, illness_suspected=suspected, illness_consulted=settled
    )
    kind = policy.categories[category]
    return Assessment(
        policy.version,
        category,
        kind.route,
        _questions(policy, category, answers, suspected and not settled),
        tuple(
            Choice(o.id, o.label, o.kind, all(r.met for r in explained[o.id]), explained[o.id])
            for o in policy.outcomes
        ),
        tuple(
            _duty(
                policy, kind, r, outcome, recorded, _meanwhile(policy, answers, suspected, settled)
            )
            for r in policy.responses
        ),
    )


def effects(
    policy: Policy,
    category: str,
    answers: Mapping[str, str],
    *,
    flagged: Iterable[str] = (),
    consulted: Iterable[str] = (),
) -> tuple[Effect, ...]:
    """Every answer to every question of ``category``, tried one at a time. Raises as ``assess`` does."""
    suspected, settled = policy.suspects_illness(flagged), policy.was_consulted(consulted)
    questions = _questions(policy, category, answers, suspected and not settled)
    return tuple(
        _effect(
            question,
            answer,
            explain(
                policy,
                category,
                {**answers, question: answer},
                illness_suspected=suspected,
                illness_consulted=settled,
            ),
        )
        for question, names in ((q.id, [a for a, _ in q.answers]) for q in questions)
        for answer in names
    )


def _effect(question: str, answer: str, explained: Mapping[str, tuple[Reason, ...]]) -> Effect:
    met = {name: [reason.met for reason in reasons] for name, reasons in explained.items()}
    blocks = tuple(name for name, conditions in met.items() if False in conditions)
    opens = tuple(name for name, conditions in met.items() if all(conditions))
    waits = tuple(name for name in met if name not in blocks and name not in opens)
    return Effect(question, answer, opens, blocks, waits)


def meanwhile(
    policy: Policy, answers: Mapping[str, str], *, suspected: bool, consulted: bool
) -> tuple[str, ...]:
    """The responses due while an exemption waits for its consultation, concluded or not."""
    return tuple(_meanwhile(policy, answers, suspected, consulted))


def _meanwhile(
    policy: Policy, answers: Mapping[str, str], suspected: bool, consulted: bool
) -> frozenset[str]:
    exemption = policy.exemption
    if exemption is None or consulted or not exemption.holds(answers, suspected):
        return frozenset()
    return frozenset(exemption.meanwhile)


def _questions(
    policy: Policy, category: str, answers: Mapping[str, str], suspected: bool
) -> tuple[Question, ...]:
    """Nothing is asked where no outcome of the category waits for an answer."""
    due = asked(policy, category)
    found = [
        Question(
            c.id,
            c.title,
            c.question,
            tuple((a.id, a.label) for a in c.answers),
            answers.get(c.id),
            c.id not in answers,
            _asked(c.provision, c.id in answers),
        )
        for c in due
    ]
    if due and (exemption := policy.exemption) is not None:
        found.append(
            Question(
                exemption.id,
                policy.basis[exemption.provision].title,
                exemption.question,
                tuple((a.id, a.label) for a in exemption.answers),
                answers.get(exemption.id),
                suspected and exemption.id not in answers,
                _asked(exemption.provision, exemption.id in answers),
            )
        )
    return tuple(found)


def _asked(provision: str, answered: bool) -> Reason:
    text = "回答があります" if answered else "未回答のため、まだ評価していません"
    return Reason((provision,), f"{text}（{provision}）。", True if answered else None)


def _duty(
    policy: Policy,
    category: Category,
    response: Response,
    outcome: str | None,
    recorded: Collection[str],
    until_consulted: frozenset[str],
) -> Duty:
    standing, reasons = _standing(policy, category, response, outcome, recorded, until_consulted)
    return Duty(
        response.id,
        response.title,
        response.side,
        standing,
        response.owner,
        response.due_days,
        response.approved_by,
        response.second_person,
        reasons,
    )


def _standing(
    policy: Policy,
    category: Category,
    response: Response,
    outcome: str | None,
    recorded: Collection[str],
    until_consulted: frozenset[str],
) -> tuple[Standing, tuple[Reason, ...]]:
    clauses = (response.provision,)
    if response.id in until_consulted and policy.exemption is not None:
        clause = policy.exemption.provision
        text = f"協議の記録ができるまでの間も必要です（{clause}）。"
        return Standing.DUE, (Reason((clause, response.provision), text, True),)
    if outcome is None:
        after = "・".join(o.label for o in policy.outcomes if o.id in response.after)
        text = f"まだ結論がありません。「{after}」の後です（{response.provision}）。"
        return Standing.BLOCKED, (Reason(clauses, text, None),)
    if text := not_for(policy, response, category.id, outcome):
        return Standing.BLOCKED, (Reason(clauses, text, False),)
    decided = policy.outcome(outcome)
    label = decided.label if decided else outcome
    why = Reason(clauses, f"「{label}」と判断されました（{response.provision}）。", True)
    lacking = [r for r in policy.responses if r.id in response.requires and r.id not in recorded]
    if lacking:
        names = "・".join(f"「{r.title}」（{r.provision}）" for r in lacking)
        first = Reason(
            tuple(dict.fromkeys(r.provision for r in lacking)),
            f"先に{names}の記録が要ります。",
            False,
        )
        return Standing.WAITING, (why, first)
    return (Standing.DUE if response.side is Side.INTERNAL else Standing.OPEN), (why,)
