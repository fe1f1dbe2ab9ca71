"""What the page of a case shows, as plain values for the template."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from screening.corrections import KINDS as CORRECTIONS
from screening.corrections import CorrectionKind
from screening.policy import Group, Policy
from screening.records import Conversation, Kind, Speaker
from screening.report.incident import SPEAKERS
from screening.review import STATES, WITHDRAWN, FlagState, Person, Role
from screening.store import Case, Dispute, FlagRow, Recorded, Store
from screening.store.work import EVENTS, EventKind

from . import words
from .consequences import answers_of, outcomes
from .conversation import Marked, bubbles, part, veiled
from .policies import others as other_policies
from .settings import Settings

OPEN = (FlagState.PROPOSED, FlagState.ON_HOLD)


def marks(case: Case) -> list[Marked]:
    return [
        Marked(x.id, x.flag.turn, x.flag.start, x.flag.end, x.flag.evidence) for x in case.flags
    ]


def veils(case: Case) -> dict[str, tuple[int, int, int]]:
    """Every part of the case that is kept from sight: its name, turn and range."""
    found = {}
    by_turn: dict[int, list[Marked]] = {}
    for mark in marks(case):
        if mark.turn is not None and mark.turn < len(case.conversation.turns):
            by_turn.setdefault(mark.turn, []).append(mark)
    for turn, mine in by_turn.items():
        for start, end in veiled(case.conversation.turns[turn].text, mine):
            found[part(turn, start, end)] = (turn, start, end)
    return found


def category_of(case: Case, flag: FlagRow) -> str:
    """The category that a decision is about: the last one a person gave, or the machine's."""
    given = [
        c.correction.category
        for c in case.corrections
        if c.correction.kind is CorrectionKind.CATEGORY and c.correction.flag_id == flag.id
    ]
    return given[-1] if given and given[-1] else flag.flag.category


def speakers(case: Case) -> dict[int, Speaker]:
    """Who spoke, where a person has set it right."""
    return {
        c.correction.turn: c.correction.speaker
        for c in case.corrections
        if c.correction.kind is CorrectionKind.SPEAKER
        and c.correction.turn is not None
        and c.correction.speaker is not None
    }


def case_page(
    store: Store,
    policy: Policy,
    settings: Settings,
    person: Person,
    case: Case,
    flag: FlagRow,
    given: Mapping[str, str],
    *,
    shown: bool,
    opened: Collection[str] = (),
    dispute: Dispute | None = None,
    claim: str = "",
) -> dict[str, Any]:
    """Everything on the page of one flag of a case. Words are in it only where ``shown`` or opened."""
    now = datetime.now(UTC)
    answers = answers_of(policy, given)
    position = [x.id for x in case.flags].index(flag.id)
    conversation = case.conversation
    category = category_of(case, flag)
    if category in policy.categories:
        consequences = outcomes(store, policy, person, flag, answers)
    else:
        consequences = {
            "outcomes": [],
            "questions": [],
            "missing": [],
            "ahead": {},
            "meanwhile": [],
        }
    return consequences | {
        "case": {
            "key": case.key,
            "title": _title(conversation),
            "facts": _facts(case),
            "transcript": len(conversation.turns),
        },
        "shown": shown,
        "veiled_count": len(veils(case)),
        "bubbles": bubbles(
            conversation,
            marks(case),
            shown=shown,
            opened=opened,
            recording=lambda ms: settings.recording(conversation.id, case.key, ms),
            speakers=speakers(case),
        ),
        "flag": _flag(store, policy, person, case, flag, shown=shown),
        "claim": claim,
        "siblings": [
            {
                "id": x.id,
                "category_name": words.category_name(policy, x.flag.category),
                "state_label": STATES[x.state],
            }
            for x in case.flags
        ],
        "position": position + 1,
        "previous_url": url(case.flags[position - 1]) if position else "/",
        "next_url": url(case.flags[position + 1])
        if position + 1 < len(case.flags)
        else next_case(store, policy, flag, person),
        "keys": _keys(policy),
        "given": {
            "reason": given.get("reason", ""),
            "outcome": given.get("outcome", ""),
            "with": given.get("consult_with", ""),
            "name": given.get("consult_name", ""),
            "note": given.get("consult_note", ""),
            "held_on": given.get("consult_held_on")
            or now.astimezone(words.JAPAN).date().isoformat(),
        },
        "today": now.astimezone(words.JAPAN).date().isoformat(),
        "consultations": [
            {
                "whom": c.consulted,
                "day": words.short_day(c.held_on or c.recorded_at),
                "note": c.note,
                "who": c.person_name,
            }
            for c in case.consultations
        ],
        "others": [(id, title) for id, title in other_policies() if id != policy.id],
        "record": _record(policy, case, flag),
        "earlier": [
            {
                "key": e.key,
                "when": words.short(e.occurred_at, now),
                "kind_label": words.KINDS.get(e.kind, e.kind),
                "note": "、".join(f"{STATES[FlagState(s)]}{n}件" for s, n in e.states.items())
                or "候補なし",
            }
            for e in case.earlier
        ],
        "readings": _readings(policy, dispute),
        "people": store.work.reviewers(person) if Role.REVIEWER in person.roles else (),
        # What no list names is raised in words of its own, with a reason.
        "categories": [c for c in policy.categories.values() if c.group is not Group.UNLISTED],
        "unlisted": policy.unlisted,
        "speakers": [(s.value, label) for s, label in SPEAKERS.items()],
        "may_work": Role.REVIEWER in person.roles,
    }


def page_of(policy: Policy, case: Case, flag: FlagRow) -> str:
    """Which page of the navigation a flag belongs to."""
    if category_of(case, flag) in policy.routed:
        return "care"
    return "queue" if flag.state is FlagState.PROPOSED else "decided"


def _keys(policy: Policy) -> dict[str, str]:
    """The keys of each question's answers, as far as there are any."""
    found = {
        c.id: (words.ANSWER_KEYS[i] if i < len(words.ANSWER_KEYS) else "").ljust(20)
        for i, c in enumerate(policy.criteria)
    }
    if policy.exemption is not None:
        digits = len(policy.criteria[0].answers) if policy.criteria else 0
        found[policy.exemption.id] = words.ANSWER_KEYS[0][max(5, digits) :].ljust(20)
    return found


def _flag(
    store: Store, policy: Policy, person: Person, case: Case, flag: FlagRow, *, shown: bool
) -> dict[str, Any]:
    f = flag.flag
    named = category_of(case, flag)
    category = policy.categories.get(named)
    mine = [d for d in case.decisions if d.decision.flag_id == flag.id]
    reviews = Role.REVIEWER in person.roles
    suspected, consulted = store.illness(policy, case.key)
    # What is nobody's fault has no gravity.
    grave, dots = ("", 0) if named in policy.routed else words.gravity(policy, named)
    held = words.moment(flag.held_until)
    now = datetime.now(UTC)
    return {
        "id": flag.id,
        "category": named,
        "category_name": words.category_name(policy, named),
        "routed": words.outcome_label(policy, category.route)
        if category and category.route
        else "",
        "decision": flag.decision,
        "corrected": named != f.category,
        "provision": category.provision if category else f.provision,
        "summary": category.summary if category else "",
        "text": f.text if shown else "",
        "size": len(f.text),
        "turn": f.turn,
        "why": words.reason(f.why, shown=shown),
        "score": f.score,
        "detectors": words.detectors(f.detectors),
        "priority": str(f.priority),
        "priority_label": words.PRIORITIES[f.priority],
        "gravity": grave,
        "dots": dots,
        "state": flag.state.value,
        "state_label": STATES[flag.state],
        "open": flag.state in OPEN and reviews and category is not None,
        "disputed": flag.disputed,
        "escalated": flag.escalated,
        "held": words.short(held, now) if held and held > now else "",
        "may_withdraw": bool(mine) and may_withdraw(mine[-1], flag, person),
        "suspected": suspected,
        "consulted": consulted,
        "may_consult": policy.exemption is not None and reviews,
        "consult": policy.exemption.consult if policy.exemption else (),
    }


def _record(policy: Policy, case: Case, flag: FlagRow) -> list[dict[str, str]]:
    """What people did with this flag and its conversation, newest first."""
    found: list[tuple[datetime, str, str, str]] = []

    def note(at: str | datetime, label: str, who: str, text: str) -> None:
        found.append((words.moment(at) or datetime.now(UTC), label, who, text))

    for d in case.decisions:
        if d.decision.flag_id == flag.id:
            label = words.outcome_label(policy, d.decision.outcome)
            note(d.decision.decided_at, label, d.person_name, d.decision.reason)
    for c in case.consultations:
        note(c.recorded_at, f"協議：{c.consulted}", c.person_name, c.note)
    for e in case.events:
        if e.flag_id == flag.id:
            to = f"（{e.to_name}さんへ）" if e.to_name else ""
            note(e.at, f"{EVENTS[EventKind(e.kind)]}{to}", e.person_name, e.note)
    for x in case.corrections:
        if x.correction.flag_id in (None, flag.id):
            note(x.at, CORRECTIONS[x.correction.kind], x.person_name, x.correction.note)
    now = datetime.now(UTC)
    return [
        {"label": label, "who": who, "when": words.short(at, now), "text": text}
        for at, label, who, text in sorted(found, key=lambda f: f[0], reverse=True)
    ]


def _readings(policy: Policy, dispute: Dispute | None) -> list[dict[str, Any]]:
    """Both readings of a flag that two people saw differently."""
    if dispute is None:
        return []
    return [
        {
            "label": label,
            "outcome": words.outcome_label(policy, r.decision.outcome),
            "answers": [
                (
                    c.title,
                    next((a.label for a in c.answers if a.id == r.decision.answers.get(c.id)), "―"),
                )
                for c in policy.criteria
            ],
            "reason": r.decision.reason,
        }
        for label, r in (("一人目", dispute.first), ("二人目", dispute.second))
    ]


def may_withdraw(last: Recorded, flag: FlagRow, person: Person) -> bool:
    decision = last.decision
    return (
        decision.outcome != WITHDRAWN
        and decision.person_id == person.id
        and flag.state is decision.to_state
    )


def next_open(store: Store, policy: Policy, case: Case, flag: FlagRow, person: Person) -> str:
    """Where to go after a decision: this case's next open flag, or the queue's next case."""
    rest = [x for x in case.flags if x.id != flag.id and x.state is FlagState.PROPOSED]
    if flag.flag.category in policy.routed:
        # Whoever works through the urgent list stays with it.
        rest = [x for x in rest if x.flag.category in policy.routed]
    return url(rest[0]) if rest else next_case(store, policy, flag, person)


#: How many flags that others look at are passed over on the way to the next one.
_HOPS = 50


def next_case(store: Store, policy: Policy, flag: FlagRow, person: Person) -> str:
    """The next conversation in the queue that nobody else is looking at or was handed.

    After a flag with a route of its own comes the list of that route.
    """
    if flag.flag.category in policy.routed:
        return "/care"
    following = store.following(flag, person, without=policy.routed)
    for _ in range(_HOPS):
        if following is None:
            return "/"
        others = following.claim is not None and not following.claim.mine
        if not others and following.assigned_to in (None, person.id):
            return url(following)
        following = store.following(following, person, without=policy.routed)
    return "/"


def url(flag: FlagRow) -> str:
    return f"/cases/{flag.conversation_key}?flag={flag.id}"


def _title(conversation: Conversation) -> str:
    if conversation.kind is Kind.EMAIL:
        return "メール"
    return f"通話（{len(conversation.turns)}発話）"


def _facts(case: Case) -> list[str]:
    conversation = case.conversation
    facts = [words.when(conversation.occurred_at)]
    if conversation.duration_ms:
        facts.append(f"{conversation.duration_ms / 60000:.0f}分")
    if conversation.channel:
        facts.append(words.CHANNELS.get(conversation.channel, conversation.channel))
    if case.trade:
        facts.append(case.trade)
    return facts
