"""What the page of a case shows, as plain values for the template."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fastapi import Request

from screening.days import day_of
from screening.policy import Group, Policy
from screening.records import Conversation, Kind
from screening.report.incident import SPEAKERS
from screening.report.set_right import placed
from screening.review import STATES, FlagState, Person, Role
from screening.store import Case, Dispute, FlagRow, Store
from screening.urgency import PRIORITIES

from . import drafts, words
from .consequences import NOTHING, answers_of, outcomes
from .conversation import bubbles, marks, speakers
from .onward import next_case, url
from .policies import others as other_policies
from .record import may_withdraw, originals, readings, record
from .settings import Settings

OPEN = (FlagState.PROPOSED, FlagState.ON_HOLD)
#: Characters of a demand that stand beside a question.
_DEMAND = 24


def case_page(
    request: Request,
    store: Store,
    policy: Policy,
    settings: Settings,
    person: Person,
    case: Case,
    flag: FlagRow,
    given: Mapping[str, str],
    *,
    carried: Collection[str] = (),
    hidden: Mapping[str, tuple[int, int, int]],
    opened: Collection[str],
    dispute: Dispute | None = None,
    claim: str = "",
) -> dict[str, Any]:
    """Everything on the page of one flag of a case.

    ``carried`` are the questions whose answer in ``given`` is that of another flag of the conversation,
    ``hidden`` are its parts that are kept from sight (``veils``); of their words only those that are
    ``opened`` are in it.
    """
    now = datetime.now(UTC)
    shown = set(opened) >= set(hidden)
    closed = _closed(hidden, opened)
    own = placed(flag, case.corrections)
    ranges: dict[int, list[tuple[int, int]]] = {}
    for turn, start, end in hidden.values():
        ranges.setdefault(turn, []).append((start, end))
    answers = answers_of(policy, given)
    position = [x.id for x in case.flags].index(flag.id)
    conversation = case.conversation
    category = flag.named
    known = category in policy.categories
    consequences = (
        outcomes(store, policy, person, flag, answers, case.corrections) if known else NOTHING
    )
    today = day_of(now).isoformat()
    at = cited(store, policy, person, case, flag, hidden, opened)
    shown_flag = at["flag"]
    # Only a decision between outcomes may name what the flag repeats.
    choosing = (shown_flag["open"] or dispute is not None) and not shown_flag["routed"]
    return (
        consequences
        | at
        | {
            "case": {
                "key": case.key,
                "title": _title(conversation),
                "facts": _facts(case),
                "transcript": len(conversation.turns),
            },
            "shown": shown,
            "demands": _demands(policy, case, flag, closed),
            "carried": carried,
            "scope": _scope(conversation, own[0]) if len(case.flags) > 1 else "",
            "veiled_count": len(hidden),
            "bubbles": bubbles(
                conversation,
                marks(case),
                veils=ranges,
                opened=opened,
                recording=lambda ms: settings.recording(conversation.id, case.key, ms),
                speakers=speakers(case),
            ),
            "claim": claim,
            "siblings": (others := siblings(policy, case)),
            "beside": _beside(others, position),
            "originals": originals(store, policy, person, case, flag, now) if choosing else (),
            "position": position + 1,
            "previous_url": url(case.flags[position - 1]) if position else "/",
            "next_url": url(case.flags[position + 1])
            if position + 1 < len(case.flags)
            else next_case(request, store, policy, flag, person, passing=True),
            "keys": _keys(policy),
            "causes": words.CAUSES,
            "given": {
                "reason": given.get("reason", ""),
                "outcome": given.get("outcome", ""),
                "duplicate_of": given.get("duplicate_of", ""),
                "back": given.get("back", ""),
                "with": given.get("consult_with", ""),
                "name": given.get("consult_name", ""),
                "note": given.get("consult_note", ""),
                "held_on": given.get("consult_held_on") or today,
            },
            "today": today,
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
            "record": record(store, policy, person, case, flag, shown=shown),
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
            "readings": readings(policy, dispute),
            "people": store.work.reviewers(person) if Role.REVIEWER in person.roles else (),
            # What no list names is raised in words of its own, with a reason.
            "categories": [c for c in policy.categories.values() if c.group is not Group.UNLISTED],
            "unlisted": policy.unlisted,
            "speakers": [(s.value, label) for s, label in SPEAKERS.items()],
            "may_work": Role.REVIEWER in person.roles,
        }
    )


def _scope(conversation: Conversation, turn: int | None) -> str:
    """What the answers are about, where a conversation has several flags."""
    if turn is None:
        return "会話全体"
    if conversation.kind is Kind.EMAIL:
        return "印の付いた箇所"
    return f"{turn + 1}番の発話"


def _closed(
    hidden: Mapping[str, tuple[int, int, int]], opened: Collection[str]
) -> list[tuple[int, int, int]]:
    return [place for name, place in hidden.items() if name not in opened]


def points_at(case: Case, flag: FlagRow, part: tuple[int, int, int]) -> bool:
    """Whether a part of the conversation lies in what a flag points at."""
    turn, start, end = part
    at, begins, ends = placed(flag, case.corrections)
    if at is None:
        return turn in flag.flag.evidence
    return turn == at and start < ends and begins < end


def cited(
    store: Store,
    policy: Policy,
    person: Person,
    case: Case,
    flag: FlagRow,
    hidden: Mapping[str, tuple[int, int, int]],
    opened: Collection[str],
) -> dict[str, Any]:
    """The flag with what it points at, as far as that is ``opened``, and how many characters of it are not:
    of its own words, or of the turns that a flag on the whole rests on."""
    closed = _closed(hidden, opened)
    own = placed(flag, case.corrections)
    covered = sum(end - start for _, start, end in (x for x in closed if points_at(case, flag, x)))
    if own[0] is not None:
        # What covers words may reach beyond them; the list counts the words.
        covered = min(covered, own[2] - own[1])
    found = flag.flag
    # What the detector pointed at stays covered by itself where a person has set another place right.
    pointed = _readable((found.turn, found.start, found.end), closed)
    shown = _readable(own, closed)
    return {
        "flag": _flag(store, policy, person, case, flag, shown=shown, pointed=shown and pointed),
        "covered": covered,
    }


def _readable(place: tuple[int | None, int, int], closed: Sequence[tuple[int, int, int]]) -> bool:
    """Whether nothing ``closed`` covers words; those of the whole conversation are read when all of it is."""
    turn, start, end = place
    if turn is None:
        return not closed
    return not any(t == turn and a < end and start < b for t, a, b in closed)


def _demands(
    policy: Policy,
    case: Case,
    flag: FlagRow,
    closed: Sequence[tuple[int, int, int]],
) -> list[dict[str, Any]]:
    """The demands that were found in the conversation, in its order, one an utterance: its turn and category,
    and the words where they are open. None where the flag is itself one of them, and of those that a person took
    for no conduct of the customer's none either."""
    conditional = {c.id for c in policy.categories.values() if c.group is Group.CONDITIONAL}
    if flag.named in conditional:
        return []
    found: dict[int, dict[str, Any]] = {}
    for x in case.flags:
        place = turn, start, end = placed(x, case.corrections)
        decided = policy.outcome(x.outcome or "")
        if x.named not in conditional or turn is None or (decided and not decided.of_conduct):
            continue
        said = case.conversation.turns[turn].text[start:end]
        found.setdefault(
            turn,
            {
                "turn": turn,
                "category": words.category_name(policy, x.named),
                "text": words.shortened(said, _DEMAND) if _readable(place, closed) else "",
            },
        )
    return [found[turn] for turn in sorted(found)]


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
    store: Store,
    policy: Policy,
    person: Person,
    case: Case,
    flag: FlagRow,
    *,
    shown: bool,
    pointed: bool,
) -> dict[str, Any]:
    f = flag.flag
    turn, start, end = placed(flag, case.corrections)
    text = f.text if turn is None else case.conversation.turns[turn].text[start:end]
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
        "of_a_demand": policy.of_a_demand(named),
        "category_name": words.category_name(policy, named),
        "routed": words.outcome_label(policy, category.route)
        if category and category.route
        else "",
        "decision": flag.decision,
        "corrected": named != f.category,
        "provision": category.provision if category else f.provision,
        "clause": words.clause(
            policy,
            category.provision if category else f.provision,
            beside=words.category_name(policy, named),
        ),
        "evidence": f.evidence if turn is None else (),
        "summary": category.summary if category else "",
        "text": text if shown else "",
        "size": len(text),
        "turn": turn,
        "moved": (turn, start, end) != (f.turn, f.start, f.end),
        "handing": drafts.handing(policy, named, drafts.where(flag, case.corrections)),
        "why": words.parted(words.reason(f.why, shown=pointed, beside=text)),
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
    places = [(x.named, placed(x, case.corrections)[0]) for x in case.flags]
    found = []
    for i, x in enumerate(case.flags):
        turn = places[i][1]
        place = "会話全体" if turn is None else f"{turn + 1}番"
        if places.count(places[i]) > 1:
            place += f"の{places[: i + 1].count(places[i])}つ目"
        found.append(
            {
                "id": x.id,
                "category_name": words.category_name(policy, x.named),
                "place": place,
                "turns": {turn} if turn is not None else set(x.flag.evidence),
                "open": x.state is FlagState.PROPOSED,
                "state_label": words.standing(policy, x),
            }
        )
    return found


def _beside(siblings: list[dict[str, Any]], position: int) -> list[dict[str, Any]]:
    """The flags on the same utterances, of those that were decided."""
    mine = siblings[position]
    return [x for x in siblings if x is not mine and not x["open"] and x["turns"] & mine["turns"]]


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
