"""What answers lead to, said before they are given. The engine of the policy is asked, never guessed at."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from screening.policy import (
    Assessment,
    Choice,
    OutcomeKind,
    Policy,
    Question,
    Reason,
    Responses,
    Result,
    Side,
    Standing,
    conclude,
    respond,
)
from screening.review import Person
from screening.store import Corrected, FlagRow, Store

from . import drafts, words

#: With more ways to complete the answers than these nothing is said ahead.
_MOST = 256
#: What an answer leaves open, most telling first; None is what judges nothing, as holding or a duplicate.
_LEFT = {Result.CONFIRMED: "当たる", Result.DISMISSED: "当たらない", None: "保留など"}
#: Outcomes that need no answer: their keys are named while answers are due.
_AT_ONCE = frozenset({OutcomeKind.STAFF, OutcomeKind.ERROR, OutcomeKind.DUPLICATE})
#: How a condition stands: its mark and its words. Not evaluated is not a "no".
MARKS = {True: ("○", "満たす"), False: ("×", "満たさない"), None: ("–", "未評価")}


def asked(policy: Policy) -> frozenset[str]:
    """The names of everything that ``policy`` asks: its criteria, and its exemption's question."""
    names = {c.id for c in policy.criteria}
    return frozenset(names | ({policy.exemption.id} if policy.exemption else set()))


def answers_of(policy: Policy, given: Mapping[str, str]) -> dict[str, str]:
    """The answers among the fields of a form or an address."""
    names = asked(policy)
    return {k: v for k, v in given.items() if k in names and v}


#: ``outcomes`` of a category that the policy in force does not know.
NOTHING: Mapping[str, Any] = {
    "outcomes": [],
    "questions": [],
    "missing": [],
    "ahead": {},
    "alike": (),
    "meanwhile": [],
    "refusals": [],
    "either": [],
    "grounds": [],
    "legend": [],
    "next_steps": [],
}


def outcomes(
    store: Store,
    policy: Policy,
    person: Person,
    flag: FlagRow,
    answers: Mapping[str, str],
    corrections: Sequence[Corrected],
) -> dict[str, Any]:
    """What is asked now, what the answers so far open and block and why, and what would follow.
    ``corrections`` are those of the flag's conversation.

    ``ahead`` says, for each question and answer, which judgements would be left with it; ``alike`` are the
    questions where each answer that settles anything leaves the same.
    """
    found, _ = store.assessment(flag.id, person, policy=policy, answers=answers)
    suspected, consulted = store.illness(policy, flag.conversation_key)

    def concluded(given: Mapping[str, str]) -> Any:
        return conclude(
            policy,
            found.category,
            given,
            illness_suspected=suspected,
            illness_consulted=consulted,
        )

    # What is only not evaluated yet is said once, by the questions that are due.
    barred = {o.id: "".join(r.text for r in o.reasons if r.met is False) for o in found.outcomes}
    due = [q for q in found.questions if q.due]
    # What is no conduct of the customer's needs no judgement of it.
    free = {o.id for o in policy.outcomes if not o.of_conduct}
    judging = {o.id for o in policy.outcomes if o.judges}
    pending = {o.id for o in found.outcomes} - free if due else set()
    grounds = _grounds(found, due, pending)
    place = drafts.where(flag, corrections)
    follows = {o.id: respond(policy, found.category, o.id) for o in found.outcomes}
    return questions(found, policy) | {
        "outcomes": [
            {
                "id": o.id,
                "label": o.label,
                "duplicate": words.duplicates(policy, o.id),
                "error": o.kind is OutcomeKind.ERROR,
                "blocked": not o.open,
                "waits": not barred[o.id] and (not o.open or o.id in pending),
                "free": o.id in free,
                "judges": o.id in judging,
                "at_once": o.kind in _AT_ONCE,
                "text": drafts.text(policy, o, found, place)
                if o.open and o.id not in pending
                else "",
                "why_id": next(g["id"] for g in grounds if o.id in g["ids"]),
                "key": words.OUTCOME_KEYS[i] if i < len(words.OUTCOME_KEYS) else "",
                "after": _after(follows[o.id]),
                "sides": _sides(follows[o.id]),
                "barred": bool(barred[o.id]),
                "cited": _cited(o),
            }
            for i, o in enumerate(found.outcomes)
        ],
        # Said below the outcomes, so that none of them moves; once for all that it is the same for.
        "refusals": [
            {"labels": [o.label for o in found.outcomes if barred[o.id] == text], "text": text}
            for text in dict.fromkeys(barred.values())
            if text
        ],
        "either": [] if due else _either(policy, found),
        "grounds": grounds,
        "legend": _legend(policy, found),
        "ahead": _ahead(found, concluded, policy, answers),
        "alike": _alike(found, concluded, policy, answers),
        "next_steps": _next_steps(policy, found),
    }


def _either(policy: Policy, found: Assessment) -> list[str]:
    """Where the answers leave it to the person that the conduct is harassment, or that it is not: the first
    outcome of each; nothing elsewhere."""
    judged = {o.id: o.result for o in policy.outcomes if o.judges}
    first: dict[Result | None, str] = {}
    for o in found.outcomes:
        if o.open:
            first.setdefault(judged.get(o.id), o.label)
    both = [first.get(result) for result in (Result.CONFIRMED, Result.DISMISSED)]
    return [label for label in both if label] if all(both) else []


def _cited(choice: Choice) -> str:
    """The clauses that bar an outcome."""
    return "・".join(dict.fromkeys(c for r in choice.reasons if r.met is False for c in r.clauses))


def _grounds(
    found: Assessment, due: Sequence[Question], pending: Collection[str]
) -> list[dict[str, Any]]:
    """The conditions on the outcomes; outcomes with the same ones stand together.

    What no answer opens or closes still waits for those that are ``due``, where it is ``pending``.
    """
    named = "、".join(f"「{q.title}」（{'・'.join(q.reason.clauses)}）" for q in due)
    first = Reason((), f"{named}に答えると選べます。", None)
    grouped: dict[tuple[tuple[Reason, ...], bool], list[Choice]] = {}
    for o in found.outcomes:
        grouped.setdefault((o.reasons, o.id in pending), []).append(o)
    return [
        {
            "id": f"why-{i}",
            "ids": [o.id for o in alike],
            "labels": [o.label for o in alike],
            "conditions": [
                condition(r)
                for r in (*reasons, *([first] if waits and all(x.met for x in reasons) else ()))
            ],
        }
        for i, ((reasons, waits), alike) in enumerate(grouped.items())
    ]


def _legend(policy: Policy, found: Assessment) -> list[tuple[str, str]]:
    """The clauses that the conditions cite, each with its title, in the policy's order."""
    cited = {c for o in found.outcomes for r in o.reasons for c in r.clauses}
    return [(number, c.title) for number, c in policy.basis.items() if number in cited]


def _next_steps(policy: Policy, found: Assessment) -> list[dict[str, str]]:
    """What is to be done at once on a route of its own: the step, who takes it, and until when."""
    if found.route is None:
        return []
    due = respond(policy, found.category, found.route).due
    steps = sorted((r for r in policy.responses if r.id in due), key=lambda r: r.due_days)
    return [
        {
            "title": r.title,
            "owner": next((role.label for role in policy.roles if role.id == r.owner), r.owner),
            "within": "今日中" if r.due_days == 0 else f"{r.due_days}日以内",
            "clause": words.clause(policy, r.provision),
        }
        for r in steps
    ]


def questions(found: Assessment, policy: Policy) -> dict[str, Any]:
    """The questions of an assessment, which of them are due, and what is due before any conclusion."""
    of_demand = {c.id for c in policy.criteria if c.of_demand}
    return {
        "questions": [
            {
                "id": q.id,
                "of_demand": q.id in of_demand,
                "title": q.title,
                "question": q.question,
                "provision": "・".join(q.reason.clauses),
                "answers": q.answers,
                "due": q.due,
                "given": q.given or "",
                # The exemption's question is put aside while nothing suggests that it matters.
                "optional": not q.due and q.given is None,
            }
            for q in found.questions
        ],
        "missing": [q.title for q in found.questions if q.due],
        "meanwhile": [
            {"title": d.title, "days": d.due_days, "why": d.reasons[0].text if d.reasons else ""}
            for d in found.duties
            if d.standing is Standing.DUE and d.side is Side.INTERNAL and _early(d.reasons)
        ],
    }


def _early(reasons: tuple[Reason, ...]) -> bool:
    """Whether a duty is due for the exemption's sake: then two clauses carry it."""
    return any(len(r.clauses) > 1 for r in reasons)


def condition(reason: Reason) -> dict[str, str]:
    """A condition as it is shown; its clause stands in its text."""
    mark, said = MARKS[reason.met]
    return {"mark": mark, "said": said, "text": reason.text}


def _ahead(
    found: Assessment, concluded: Any, policy: Policy, answers: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    # What need not be answered is not completed: it stays open, as it does where nobody touches it.
    open_ = [q for q in found.questions if q.due]
    return {
        q.id: {
            a: _left(policy, concluded, {**answers, q.id: a}, [o for o in open_ if o.id != q.id])
            for a, _ in q.answers
        }
        for q in found.questions
    }


def _left(policy: Policy, concluded: Any, given: Mapping[str, str], rest: list[Any]) -> str:
    """Which outcome ``given`` leaves, however the ``rest`` is judged; nothing where that depends on it."""
    judged = {o.id: o.result for o in policy.outcomes if o.judges}
    left: set[str] = set()
    for open_ in _ways(policy, concluded, given, rest):
        found = {judged.get(o) for o in open_}
        if {Result.CONFIRMED, Result.DISMISSED} <= found:
            return ""
        # What judges nothing is open beside a judgement as well, and is said where nothing else is.
        left.add(next((label for result, label in _LEFT.items() if result in found), "なし"))
    return f"→ {left.pop()}" if len(left) == 1 else ""


def _ways(
    policy: Policy, concluded: Any, given: Mapping[str, str], rest: Sequence[Any]
) -> set[frozenset[str]]:
    """What is open with ``given``, for each way to judge the ``rest``; none where these are too many."""
    settling = {c.id: {a.id for a in c.answers if a.settles} for c in policy.criteria}
    judging = [[(q.id, a) for a, _ in q.answers if a in settling.get(q.id, {a})] for q in rest]
    if math.prod(map(len, judging)) > _MOST:
        return set()
    return {
        frozenset(concluded({**given, **dict(way)}).open) for way in itertools.product(*judging)
    }


def _alike(
    found: Assessment, concluded: Any, policy: Policy, answers: Mapping[str, str]
) -> tuple[str, ...]:
    """The criteria each of whose settling answers leaves exactly the same outcomes."""
    asked = {q.id for q in found.questions}
    due = [q for q in found.questions if q.due]
    left = {
        c.id: [
            _ways(policy, concluded, {**answers, c.id: a.id}, [q for q in due if q.id != c.id])
            for a in c.answers
            if a.settles
        ]
        for c in policy.criteria
        if c.id in asked
    }
    return tuple(
        name
        for name, ways in left.items()
        if all(len(way) == 1 for way in ways) and len(set().union(*ways)) == 1
    )


def _after(steps: Responses) -> str:
    """How much follows an outcome; ``対応`` is the page on which it then stands."""
    count = len(steps.due) + len(steps.open)
    return f"対応{count}件" if count else ""


def _sides(steps: Responses) -> str:
    """``_after`` at length: of it what is within the house, and what is towards the customer."""
    sides = (("社内", steps.due), ("社外", steps.open))
    return "・".join(f"{side}{len(found)}件" for side, found in sides if found)
