"""One case as a record for somebody outside the review: who, when, where, what, and what was decided.

Words are quoted as they were said, with their time: "abused repeatedly" proves nothing. Repeats say
when, how often and what was answered. Flags that a person dismissed are not quoted; their decisions
stay in the list, because they are part of what was considered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..policy import Policy, respond
from ..records import Conversation, Kind, Speaker
from ..review import STATES, WITHDRAWN, FlagState
from ..store import Case, FlagRow, Recorded
from .masking import mask
from .pointers import Pointer, pointers

SPEAKERS = {
    Speaker.CUSTOMER: "お客様",
    Speaker.AGENT: "担当者",
    Speaker.SYSTEM: "自動音声",
    Speaker.UNKNOWN: "話者不明",
}
MAIL_PARTS = ("件名", "本文")


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of one flag. ``at_ms`` counts from the start of the call, None where no time is known.

    ``words`` are the flagged ones, ``said`` the whole utterance, ``answer`` what staff said next.
    """

    turn: int | None
    at_ms: int | None
    speaker: str
    words: str
    said: str
    answer: str
    category: str
    provision: str
    state: str
    evidence: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One utterance of the whole conversation."""

    turn: int
    at_ms: int | None
    speaker: str
    said: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Another contact of the same customer: what was said that people confirmed or still look at."""

    occurred_at: str | None
    kind: str
    passages: tuple[Passage, ...]
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision as it stands in the record; ``answers`` pairs each criterion with its answer."""

    category: str
    words: str
    outcome: str
    answers: tuple[tuple[str, str], ...]
    reason: str
    person: str
    decided_at: datetime
    policy: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """One line of a step's record: who did ``what`` (Japanese) and when, with their note."""

    person: str
    what: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """A response the policy knows for this case, and what became of it as far as is recorded."""

    title: str
    side: str
    provision: str
    due_days: int
    needs_approval: bool
    record: tuple[StepLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Talk:
    """A consultation about possible symptoms."""

    person: str
    consulted: str
    note: str
    recorded_at: str


@dataclass(frozen=True, slots=True)
class IncidentReport:
    """Everything a reader needs without the program. ``masked`` says which version it is."""

    masked: bool
    id: str
    kind: Kind
    channel: str
    occurred_at: str | None
    duration_ms: int | None
    customer: str
    passages: tuple[Passage, ...]
    contacts: tuple[Contact, ...]
    rulings: tuple[Ruling, ...]
    steps: tuple[Step, ...]
    talks: tuple[Talk, ...]
    pointers: tuple[Pointer, ...]
    transcript: tuple[Line, ...]
    policy: str
    policy_title: str
    written_at: datetime


def incident(
    case: Case,
    policy: Policy,
    contacts: Sequence[Case] = (),
    *,
    masked: bool,
    now: datetime,
    records: Callable[[str], Sequence[StepLine]] = lambda _: (),
) -> IncidentReport:
    """The report on ``case``; ``contacts`` are other cases of the same customer, any order.

    ``records`` gives, for the id of a response, what is recorded of it (done, approved, by whom).
    ``masked`` takes names, addresses and numbers out of every text and replaces the people who
    decided by their part. Pure: nothing is read or written here.
    """
    hide = _hidden if masked else _shown
    people = _People(masked)
    conversation = case.conversation
    live = [f for f in case.flags if f.state is not FlagState.DISMISSED]
    confirmed = [f.flag.category for f in case.flags if f.state is FlagState.CONFIRMED]
    return IncidentReport(
        masked=masked,
        id="" if masked else conversation.id,
        kind=conversation.kind,
        channel=conversation.channel or "",
        occurred_at=conversation.occurred_at,
        duration_ms=conversation.duration_ms,
        customer="" if masked else _customer(conversation),
        passages=tuple(_passages(conversation, live, policy, hide)),
        contacts=tuple(
            Contact(
                c.conversation.occurred_at,
                str(c.conversation.kind),
                tuple(
                    _passages(
                        c.conversation,
                        [f for f in c.flags if f.state is not FlagState.DISMISSED],
                        policy,
                        hide,
                    )
                ),
                tuple(STATES[f.state] for f in c.flags),
            )
            for c in sorted(contacts, key=lambda c: (c.conversation.occurred_at or "", c.key))
        ),
        rulings=tuple(_ruling(d, case, policy, hide, people) for d in case.decisions),
        steps=tuple(_steps(case, policy, records, hide, people)),
        talks=tuple(
            Talk(people(c.person_name), hide(c.consulted), hide(c.note), c.recorded_at)
            for c in case.consultations
        ),
        pointers=pointers(policy, confirmed, [f.flag.category for f in live]),
        transcript=tuple(
            Line(i, t.start_ms, speaker(conversation, i), hide(t.text))
            for i, t in enumerate(conversation.turns)
        ),
        policy=policy.version,
        policy_title=policy.title,
        written_at=now,
    )


def speaker(conversation: Conversation, turn: int) -> str:
    """Who spoke, or which part of a mail it is, in Japanese."""
    if conversation.kind is Kind.EMAIL:
        return MAIL_PARTS[min(turn, 1)]
    return SPEAKERS[conversation.turns[turn].speaker]


def _shown(text: str) -> str:
    return text


def _hidden(text: str) -> str:
    return mask(text).text


def _customer(conversation: Conversation) -> str:
    return conversation.customer_id or conversation.sender or ""


class _People:
    """Names of those who decided, or 確認者1, 確認者2 … in the order in which they come."""

    def __init__(self, masked: bool) -> None:
        self._masked = masked
        self._known: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        if not self._masked:
            return name
        return self._known.setdefault(name, f"確認者{len(self._known) + 1}")


def _passages(
    conversation: Conversation,
    flags: Sequence[FlagRow],
    policy: Policy,
    hide: Callable[[str], str],
) -> Iterator[Passage]:
    for row in sorted(flags, key=lambda f: (f.flag.turn is None, f.flag.turn or 0, f.flag.start)):
        flag = row.flag
        category = policy.categories.get(flag.category)
        turn = flag.turn
        known = turn is not None and turn < len(conversation.turns)
        yield Passage(
            turn=turn,
            at_ms=conversation.turns[turn].start_ms if known and turn is not None else None,
            speaker=speaker(conversation, turn) if known and turn is not None else "会話全体",
            words=_words(conversation, row, hide),
            said=hide(conversation.turns[turn].text) if known and turn is not None else "",
            answer=hide(_answer(conversation, turn)) if turn is not None else "",
            category=category.name if category else flag.category,
            provision=flag.provision,
            state=STATES[row.state],
            evidence=flag.evidence,
        )


def _words(conversation: Conversation, row: FlagRow, hide: Callable[[str], str]) -> str:
    # Masked in the whole utterance, where the tokeniser sees what is a name, and then cut.
    flag = row.flag
    if hide is _shown or flag.turn is None or flag.turn >= len(conversation.turns):
        return hide(flag.text)
    gone = mask(conversation.turns[flag.turn].text)
    start, end = gone.span(flag.start, flag.end)
    return gone.text[start:end]


def _answer(conversation: Conversation, turn: int) -> str:
    """What staff said next, up to the customer's next words."""
    said = []
    for following in conversation.turns[turn + 1 :]:
        if following.speaker is Speaker.AGENT:
            said.append(following.text)
        elif said or following.speaker is Speaker.CUSTOMER:
            break
    return "".join(said)


def _ruling(
    recorded: Recorded,
    case: Case,
    policy: Policy,
    hide: Callable[[str], str],
    people: _People,
) -> Ruling:
    decision = recorded.decision
    row = next(f for f in case.flags if f.id == decision.flag_id)
    category = policy.categories.get(row.flag.category)
    outcome = policy.outcome(decision.outcome)
    label = "決定の取り消し" if decision.outcome == WITHDRAWN else decision.outcome
    return Ruling(
        category=category.name if category else row.flag.category,
        words=_words(case.conversation, row, hide),
        outcome=outcome.label if outcome else label,
        answers=tuple(
            (c.title, next(a.label for a in c.answers if a.id == decision.answers[c.id]))
            for c in policy.criteria
            if any(a.id == decision.answers.get(c.id) for a in c.answers)
        ),
        reason=hide(decision.reason),
        person=people(recorded.person_name),
        decided_at=decision.decided_at,
        policy=decision.policy,
    )


def _steps(
    case: Case,
    policy: Policy,
    records: Callable[[str], Sequence[StepLine]],
    hide: Callable[[str], str],
    people: _People,
) -> Iterator[Step]:
    """The responses that the standing decisions of the case call for or open, each once."""
    standing = {d.decision.flag_id: d.decision for d in case.decisions}
    wanted: set[str] = set()
    for row in case.flags:
        decision = standing.get(row.id)
        if decision and decision.outcome != WITHDRAWN and row.flag.category in policy.categories:
            after = respond(policy, row.flag.category, decision.outcome)
            wanted |= {*after.due, *after.open}
    for response in sorted(policy.responses, key=lambda r: (r.side != "internal", r.order)):
        if response.id in wanted:
            yield Step(
                title=response.title,
                side=str(response.side),
                provision=response.provision,
                due_days=response.due_days,
                needs_approval=bool(response.approved_by),
                record=tuple(
                    replace(line, person=people(line.person), note=hide(line.note))
                    for line in records(response.id)
                ),
            )
