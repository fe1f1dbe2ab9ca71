"""What the page of a case shows, as plain values for the template."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from screening.corrections import KINDS as CORRECTIONS
from screening.corrections import CorrectionKind
from screening.policy import Group, OutcomeKind, Policy
from screening.records import Conversation, Kind, Speaker
from screening.report.incident import SPEAKERS
from screening.review import STATES, WITHDRAWN, FlagState, Person, Role
from screening.store import Case, Dispute, FlagRow, Recorded, Store
from screening.store.work import EVENTS, EventKind
from screening.urgency import PRIORITIES
from screening.veils import masked

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
    by_turn: dict[int, list[Marked]] = {}
    for mark in marks(case):
        if mark.turn is not None:
            by_turn.setdefault(mark.turn, []).append(mark)
    return {
        part(number, start, end): (number, start, end)
        for number, turn in enumerate(case.conversation.turns)
        for start, end in veiled(turn.text, by_turn.get(number, ()))
    }


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
    hidden: Mapping[str, tuple[int, int, int]],
    opened: Collection[str],
    dispute: Dispute | None = None,
    claim: str = "",
) -> dict[str, Any]:
    """Everything on the page of one flag of a case.

    ``hidden`` are its parts that are kept from sight (``veils``); of their words only those that are
    ``opened`` are in it.
    """
    now = datetime.now(UTC)
    shown = set(opened) >= set(hidden)
    own = flag.flag
    seen = shown or any(
        turn == own.turn and start <= own.start and own.end <= end
        for turn, start, end in (hidden[name] for name in opened)
    )
    ranges: dict[int, list[tuple[int, int]]] = {}
    for turn, start, end in hidden.values():
        ranges.setdefault(turn, []).append((start, end))
    answers = answers_of(policy, given)
    position = [x.id for x in case.flags].index(flag.id)
    conversation = case.conversation
    category = flag.named
    if category in policy.categories:
        consequences = outcomes(store, policy, person, flag, answers)
    else:
        consequences = {
            "outcomes": [],
            "questions": [],
            "missing": [],
            "ahead": {},
            "meanwhile": [],
            "refusals": [],
            "grounds": [],
            "legend": [],
            "next_steps": [],
        }
    return consequences | {
        "case": {
            "key": case.key,
            "title": _title(conversation),
            "facts": _facts(case),
            "transcript": len(conversation.turns),
        },
        "shown": shown,
        "veiled_count": len(hidden),
        "bubbles": bubbles(
            conversation,
            marks(case),
            veils=ranges,
            opened=opened,
            recording=lambda ms: settings.recording(conversation.id, case.key, ms),
            speakers=speakers(case),
        ),
        "flag": _flag(store, policy, person, case, flag, shown=seen),
        "claim": claim,
        "siblings": siblings(policy, case),
        "originals": originals(store, policy, person, case, flag, now),
        "position": position + 1,
        "previous_url": url(case.flags[position - 1]) if position else "/",
        "next_url": url(case.flags[position + 1])
        if position + 1 < len(case.flags)
        else next_case(store, policy, flag, person, passing=True),
        "keys": _keys(policy),
        "given": {
            "reason": given.get("reason", ""),
            "outcome": given.get("outcome", ""),
            "duplicate_of": given.get("duplicate_of", ""),
            "back": given.get("back", ""),
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
        "record": _record(store, policy, person, case, flag, shown=shown),
        "earlier": [
            {
                "key": e.key,
                "when": words.short(e.occurred_at, now),
                "kind_label": words.KINDS.get(e.kind, e.kind),
                "note": "、".join(f"{_outcome(policy, o)} {n}件" for o, n in e.outcomes.items())
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
    if flag.named in policy.routed:
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
    named = flag.named
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
        "clause": words.clause(policy, category.provision if category else f.provision),
        "evidence": f.evidence if f.turn is None else (),
        "summary": category.summary if category else "",
        "text": f.text if shown else "",
        "size": len(f.text),
        "turn": f.turn,
        "why": words.reason(f.why, shown=shown),
        "score": f.score,
        "detectors": words.detectors(f.detectors),
        "priority": str(f.priority),
        "priority_label": PRIORITIES[f.priority],
        "gravity": grave,
        "dots": dots,
        "state": flag.state.value,
        "state_label": words.standing(policy, flag),
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


def _outcome(policy: Policy, outcome: str | None) -> str:
    return words.outcome_label(policy, outcome) if outcome else STATES[FlagState.PROPOSED]


def siblings(policy: Policy, case: Case) -> list[dict[str, Any]]:
    """The flags of a case, told apart by category and place; alike ones are numbered."""
    places = [(x.named, x.flag.turn) for x in case.flags]
    found = []
    for i, x in enumerate(case.flags):
        place = "会話全体" if x.flag.turn is None else f"{x.flag.turn + 1}番"
        if places.count(places[i]) > 1:
            place += f"の{places[: i + 1].count(places[i])}つ目"
        found.append(
            {
                "id": x.id,
                "category_name": words.category_name(policy, x.named),
                "place": place,
                "open": x.state is FlagState.PROPOSED,
                "state_label": words.standing(policy, x),
            }
        )
    return found


def originals(
    store: Store, policy: Policy, person: Person, case: Case, flag: FlagRow, now: datetime
) -> list[dict[str, str]]:
    """The flags that this one may repeat, for somebody who may decide."""
    if Role.REVIEWER not in person.roles or not any(
        o.kind is OutcomeKind.DUPLICATE for o in policy.outcomes
    ):
        return []
    return [
        {"id": x.id, "label": original(policy, x, now, elsewhere=x.conversation_key != case.key)}
        for x in store.originals(flag.id, person)
    ]


def original(policy: Policy, flag: FlagRow, now: datetime, *, elsewhere: bool) -> str:
    """How a flag is called where another one repeats it: where it is, its category, what was decided."""
    kind = words.KINDS.get(flag.kind, flag.kind)
    where = f"{words.short(flag.occurred_at, now)}の{kind}・" if elsewhere else ""
    name = words.category_name(policy, flag.named)
    return f"{where}{words.place(flag)}・{name}（{words.standing(policy, flag)}）"


def _record(
    store: Store, policy: Policy, person: Person, case: Case, flag: FlagRow, *, shown: bool
) -> list[dict[str, str]]:
    """What people did with this flag and its conversation, newest first.

    Harsh words that they repeated are left out unless everything is ``shown``.
    """
    now = datetime.now(UTC)
    found: list[tuple[datetime, str, str, str, FlagRow | None]] = []

    def note(
        at: str | datetime, label: str, who: str, text: str, repeats: FlagRow | None = None
    ) -> None:
        said = text if shown else masked(text)
        found.append((words.moment(at) or now, label, who, said, repeats))

    for d in case.decisions:
        if d.decision.flag_id == flag.id:
            label = words.outcome_label(policy, d.decision.outcome)
            repeats = d.decision.duplicate_of
            note(
                d.decision.decided_at,
                label,
                d.person_name,
                d.decision.reason,
                store.flag(repeats, person) if repeats else None,
            )
    for c in case.consultations:
        note(c.recorded_at, f"協議：{c.consulted}", c.person_name, c.note)
    for e in case.events:
        if e.flag_id == flag.id:
            to = f"（{e.to_name}さんへ）" if e.to_name else ""
            note(e.at, f"{EVENTS[EventKind(e.kind)]}{to}", e.person_name, e.note)
    for x in case.corrections:
        if x.correction.flag_id in (None, flag.id):
            note(x.at, CORRECTIONS[x.correction.kind], x.person_name, x.correction.note)
    return [
        {"label": label, "who": who, "when": words.short(at, now), "text": text}
        | (
            {
                "original": original(policy, x, now, elsewhere=x.conversation_key != case.key),
                "original_url": url(x),
            }
            if x
            else {"original": "", "original_url": ""}
        )
        for at, label, who, text, x in sorted(found, key=lambda f: f[0], reverse=True)
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


def draft(case: Case, flag: FlagRow, person: Person) -> dict[str, str]:
    """What the person had given in the decision that they took back last, to go on from."""
    mine = [d.decision for d in case.decisions if d.decision.flag_id == flag.id][-2:]
    if flag.state is not FlagState.PROPOSED or len(mine) < 2 or mine[1].outcome != WITHDRAWN:
        return {}
    taken, back = mine
    if {taken.person_id, back.person_id} != {person.id}:
        return {}
    given = {
        "outcome": taken.outcome,
        "reason": taken.reason,
        "duplicate_of": taken.duplicate_of or "",
        "back": "1",
    }
    return dict(taken.answers) | given


def next_open(store: Store, policy: Policy, case: Case, flag: FlagRow, person: Person) -> str:
    """Where to go after a decision: this case's next open flag, or the queue's next case.

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
        # Whoever works through the urgent list stays with it.
        rest = [x for x in rest if x.named in policy.routed]
    return url(rest[0]) if rest else next_case(store, policy, flag, person)


def next_case(
    store: Store, policy: Policy, flag: FlagRow, person: Person, *, passing: bool = False
) -> str:
    """The next conversation by the queue's own order, at its first flag that waits.

    ``passing`` this one by, the first behind it.

    After a flag with a route of its own comes the list of that route.
    """
    if flag.named in policy.routed:
        return "/care"
    following = store.onward(flag, person, without=policy.routed, passing=passing)
    return url(following) if following else "/"


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
