"""What the queue and a case show, as plain values for the templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from screening.policy import Policy, conclude
from screening.records import Conversation, Kind
from screening.review import STATES, WITHDRAWN, FlagState, Person, Role
from screening.store import Case, FlagRow, Recorded, Store

from . import words
from .conversation import Marked, bubbles

OPEN = (FlagState.PROPOSED, FlagState.ON_HOLD)


def _name(policy: Policy, category: str) -> str:
    known = policy.categories.get(category)
    return known.name if known else category


def outcome_label(policy: Policy, outcome: str) -> str:
    if outcome == WITHDRAWN:
        return "決定の取り消し"
    known = policy.outcome(outcome)
    return known.label if known else outcome


def row(policy: Policy, flag: FlagRow) -> dict[str, Any]:
    """One line of the queue."""
    f = flag.flag
    return {
        "id": flag.id,
        "conversation_key": flag.conversation_key,
        "priority": str(f.priority),
        "priority_label": words.PRIORITIES[f.priority],
        "category_name": _name(policy, f.category),
        "provision": f.provision,
        "text": f.text if len(f.text) <= 60 else f.text[:59] + "…",
        # The clause and the category stand in the line already.
        "why": f.why.partition("おそれ：")[2] or f.why,
        "kind_label": words.KINDS.get(flag.kind, flag.kind),
        "when": words.when(flag.occurred_at),
        "score": round(f.score, 3),
        "outcome_label": "" if flag.state is FlagState.PROPOSED else STATES[flag.state],
    }


def outcomes(
    store: Store, policy: Policy, flag: FlagRow, answers: Mapping[str, str]
) -> dict[str, Any]:
    """What the answers given so far open and block, with the reason for each."""
    suspected, consulted = store.illness(policy, flag.conversation_key)
    conclusion = conclude(
        policy,
        flag.flag.category,
        answers,
        illness_suspected=suspected,
        illness_consulted=consulted,
    )
    titles = {c.id: c.title for c in policy.criteria}
    return {
        "outcomes": [
            {
                "id": o.id,
                "label": o.label,
                "blocked": conclusion.blocked.get(o.id, ""),
                "key": words.OUTCOME_KEYS[i] if i < len(words.OUTCOME_KEYS) else "",
            }
            for i, o in enumerate(policy.outcomes)
        ],
        "missing": [titles[name] for name in conclusion.missing],
    }


def case_page(
    store: Store,
    policy: Policy,
    person: Person,
    case: Case,
    flag: FlagRow,
    given: Mapping[str, str],
) -> dict[str, Any]:
    """Everything on the page of one flag of a case."""
    f = flag.flag
    category = policy.categories.get(f.category)
    known = {c.id for c in policy.criteria}
    answers = {k: v for k, v in given.items() if k in known and v}
    mine = [d for d in case.decisions if d.decision.flag_id == flag.id]
    is_open = flag.state in OPEN and Role.REVIEWER in person.roles and category is not None
    suspected, consulted = store.illness(policy, case.key)
    position = [x.id for x in case.flags].index(flag.id)
    size = len(case.flags)
    shown = {
        "id": flag.id,
        "category_name": _name(policy, f.category),
        "provision": f.provision,
        "summary": category.summary if category else "",
        "text": f.text,
        "why": f.why.partition("おそれ：")[2] or f.why,
        "score": f.score,
        "detectors": words.detectors(f.detectors),
        "priority": str(f.priority),
        "priority_label": words.PRIORITIES[f.priority],
        "state": flag.state.value,
        "state_label": STATES[flag.state],
        "open": is_open,
        "may_withdraw": bool(mine) and may_withdraw(mine[-1], flag, person),
        "may_consult": suspected and not consulted and Role.REVIEWER in person.roles,
    }
    marks = [
        Marked(x.id, x.flag.turn, x.flag.start, x.flag.end, x.flag.evidence) for x in case.flags
    ]
    if category is not None:
        consequences = outcomes(store, policy, flag, answers)
    else:
        consequences = {"outcomes": [], "missing": []}
    return consequences | {
        "case": {
            "key": case.key,
            "title": _title(case.conversation),
            "subtitle": _subtitle(case.conversation),
        },
        "bubbles": bubbles(case.conversation, marks),
        "flag": shown,
        "siblings": [
            {
                "id": x.id,
                "category_name": _name(policy, x.flag.category),
                "state_label": STATES[x.state],
            }
            for x in case.flags
        ],
        "position": position + 1,
        "previous_url": _url(case.flags[position - 1]) if position else "/",
        "next_url": _url(case.flags[position + 1])
        if position + 1 < size
        else _next_case(store, flag),
        "criteria": policy.criteria,
        "keys": [keys.ljust(20) for keys in (*words.ANSWER_KEYS, *[""] * len(policy.criteria))],
        "given": {c.id: answers.get(c.id, "") for c in policy.criteria}
        | {"reason": given.get("reason", ""), "outcome": given.get("outcome", "")},
        "decisions": [
            {
                "label": outcome_label(policy, d.decision.outcome),
                "who": d.person_name,
                "when": words.when(d.decision.decided_at),
                "reason": d.decision.reason,
            }
            for d in reversed(mine)
        ]
        + [
            {
                "label": f"協議：{c.consulted}",
                "who": c.person_name,
                "when": words.when(c.recorded_at),
                "reason": c.note,
            }
            for c in case.consultations
        ],
        "earlier": [
            {
                "key": e.key,
                "when": words.when(e.occurred_at),
                "kind_label": words.KINDS.get(e.kind, e.kind),
                "note": "、".join(f"{STATES[FlagState(s)]}{n}件" for s, n in e.states.items())
                or "候補なし",
            }
            for e in case.earlier
        ],
    }


def may_withdraw(last: Recorded, flag: FlagRow, person: Person) -> bool:
    decision = last.decision
    return (
        decision.outcome != WITHDRAWN
        and decision.person_id == person.id
        and flag.state is decision.to_state
    )


def next_open(store: Store, case: Case, flag: FlagRow) -> str:
    """Where to go after a decision: this case's next open flag, or the queue's next case."""
    rest = [x for x in case.flags if x.id != flag.id and x.state is FlagState.PROPOSED]
    if rest:
        return _url(rest[0])
    return _next_case(store, flag)


def _next_case(store: Store, flag: FlagRow) -> str:
    following = store.following(flag)
    return _url(following) if following else "/"


def _url(flag: FlagRow) -> str:
    return f"/cases/{flag.conversation_key}?flag={flag.id}"


def _title(conversation: Conversation) -> str:
    if conversation.kind is Kind.EMAIL:
        return "メール"
    return f"通話（{len(conversation.turns)}発話）"


def _subtitle(conversation: Conversation) -> str:
    parts = [words.when(conversation.occurred_at)]
    if conversation.duration_ms:
        parts.append(f"{conversation.duration_ms / 60000:.0f}分")
    return "・".join(parts)
