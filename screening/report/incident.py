"""One case as a record for somebody outside the review: who, when, where, what, and what was decided.

Words are quoted as they were said, with their time: "abused repeatedly" proves nothing. Repeats say
when, how often and what was answered. Flags that a person dismissed are no part of an incident: neither
their words nor their decisions are in it, unless the decisions are asked for, and then apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ..policy import Policy, respond
from ..records import Conversation, Kind, Speaker
from ..review import STATES, WITHDRAWN, Decision, FlagState
from ..store import Case, FlagRow, Recorded
from .masking import Masked, Read, called
from .pointers import pointers
from .set_right import set_right
from .values import Contact, IncidentReport, Line, Passage, Quote, Ruling, Step, StepLine, Talk

SPEAKERS = {
    Speaker.CUSTOMER: "お客様",
    Speaker.AGENT: "担当者",
    Speaker.SYSTEM: "自動音声",
    Speaker.UNKNOWN: "話者不明",
}
MAIL_PARTS = ("件名", "本文")


def incident(
    case: Case,
    policy: Policy,
    contacts: Sequence[Case] = (),
    *,
    masked: bool,
    now: datetime,
    records: Callable[[str], Sequence[StepLine]] = lambda _: (),
    rejected: bool = False,
) -> IncidentReport:
    """The report on ``case``; ``contacts`` are other cases of the same customer, any order.

    ``records`` gives, for the id of a response, what is recorded of it (done, approved, by whom).
    ``masked`` takes names, addresses and numbers out of every text and replaces the people who
    decided by their part. ``rejected`` adds the decisions that found no harassment. Pure: nothing is
    read or written here.
    """
    case, contacts = set_right(case, policy), [set_right(c, policy) for c in contacts]
    hide = Hiding.of(case, contacts) if masked else _SHOWN
    people = _People(masked)
    conversation = case.conversation
    state = {f.id: f.state for f in case.flags}
    decided = standing(case)
    live = _live(case)
    confirmed = [f.flag.category for f in case.flags if f.state is FlagState.CONFIRMED]

    def ruled(*, dismissed: bool) -> tuple[Ruling, ...]:
        return tuple(
            _ruling(d, case, policy, hide, people)
            for d in decided
            if (state[d.decision.flag_id] is FlagState.DISMISSED) is dismissed
        )

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
                        _live(c),
                        policy,
                        hide,
                    )
                ),
                tuple(STATES[f.state] for f in c.flags),
            )
            for c in sorted(contacts, key=lambda c: (c.conversation.occurred_at or "", c.key))
        ),
        rulings=ruled(dismissed=False),
        rejected=ruled(dismissed=True) if rejected else (),
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
        policy_title=policy.title,
        policy_from=policy.effective_from,
        policies=tuple(
            dict.fromkeys(
                [
                    policy.version,
                    *(f.policy for f in case.flags),
                    *(d.decision.policy for d in decided),
                ]
            )
        ),
        written_at=now,
    )


def speaker(conversation: Conversation, turn: int) -> str:
    """Who spoke, or which part of a mail it is, in Japanese."""
    if conversation.kind is Kind.EMAIL:
        return MAIL_PARTS[min(turn, 1)]
    return SPEAKERS[conversation.turns[turn].speaker]


@dataclass(frozen=True, slots=True)
class Hiding:
    """How a text is shown: as it is, or without what tells who somebody is.

    ``names`` are names known from the rest of the case; None leaves every text as it is. A text is read
    once and masked once, however often it stands in a report.
    """

    names: frozenset[str] | None = None
    _read: dict[str, Read] = field(default_factory=dict, repr=False, compare=False)
    _masked: dict[str, Masked] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, case: Case, contacts: Sequence[Case] = ()) -> Hiding:
        """Takes out names that the conversation or another contact gives away anywhere, and those of the
        people who decided.
        """
        said = dict.fromkeys(t.text for c in (case, *contacts) for t in c.conversation.turns)
        read = {text: Read.of(text) for text in said}
        people = {d.person_name for d in case.decisions} | {
            c.person_name for c in case.consultations
        }
        known = called(people).union(*(r.names() for r in read.values()))
        return cls(known, read)

    def mask(self, text: str) -> Masked:
        if self.names is None:
            return Masked(text, ())
        if text not in self._masked:
            read = self._read.pop(text, None) or Read.of(text)
            self._masked[text] = read.masked(self.names)
        return self._masked[text]

    def __call__(self, text: str) -> str:
        return self.mask(text).text


_SHOWN = Hiding()


def standing(case: Case) -> list[Recorded]:
    """The decision that stands on each decided flag, oldest first."""
    latest = {d.decision.flag_id: d for d in case.decisions}
    return [
        d
        for d in case.decisions
        if latest[d.decision.flag_id] is d and d.decision.outcome != WITHDRAWN
    ]


def _live(case: Case) -> list[FlagRow]:
    return [f for f in case.flags if f.state is not FlagState.DISMISSED]


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
    hide: Hiding,
) -> Iterator[Passage]:
    for row in sorted(
        flags,
        key=lambda f: (
            f.state is not FlagState.CONFIRMED,
            f.flag.turn is None,
            f.flag.turn or 0,
            f.flag.start,
        ),
    ):
        flag = row.flag
        category = policy.categories.get(flag.category)
        turn = flag.turn
        said = None
        if turn is not None and turn < len(conversation.turns):
            said = conversation.turns[turn]
        yield Passage(
            turn=turn,
            at_ms=said.start_ms if said else None,
            speaker=speaker(conversation, turn) if said and turn is not None else "会話全体",
            words=_words(conversation, row, hide),
            said=hide(said.text) if said else "",
            answer=hide(_answer(conversation, turn)) if turn is not None else "",
            category=category.name if category else flag.category,
            provision=flag.provision,
            state=STATES[row.state],
            confirmed=row.state is FlagState.CONFIRMED,
            quotes=() if said else tuple(_quotes(conversation, flag.evidence, hide)),
            why="" if said else hide(flag.why.partition("おそれ：")[2] or flag.why),
        )


def _quotes(conversation: Conversation, evidence: Sequence[int], hide: Hiding) -> Iterator[Quote]:
    """The utterances that a flag without a place of its own names in its record, in their order."""
    for turn in sorted(set(evidence)):
        if 0 <= turn < len(conversation.turns):
            yield Quote(
                turn=turn,
                at_ms=conversation.turns[turn].start_ms,
                speaker=speaker(conversation, turn),
                said=hide(conversation.turns[turn].text),
                answer=hide(_answer(conversation, turn)),
            )


def _words(conversation: Conversation, row: FlagRow, hide: Hiding) -> str:
    # Masked in the whole utterance, where the tokeniser sees what is a name, and then cut.
    flag = row.flag
    if flag.turn is None or flag.turn >= len(conversation.turns) or hide.names is None:
        return hide(flag.text)
    gone = hide.mask(conversation.turns[flag.turn].text)
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
    hide: Hiding,
    people: _People,
) -> Ruling:
    decision = recorded.decision
    row = next(f for f in case.flags if f.id == decision.flag_id)
    category = policy.categories.get(row.flag.category)
    outcome = policy.outcome(decision.outcome)
    return Ruling(
        category=category.name if category else row.flag.category,
        provision=row.flag.provision,
        turn=row.flag.turn,
        words=_words(case.conversation, row, hide),
        outcome=outcome.label if outcome else decision.outcome,
        answers=answers(policy, decision),
        reason=hide(decision.reason),
        person=people(recorded.person_name),
        decided_at=decision.decided_at,
        policy=decision.policy,
    )


def answers(policy: Policy, decision: Decision) -> tuple[tuple[str, str], ...]:
    """What was answered to each question of the policy, by its title."""
    return tuple(
        (c.title, a.label)
        for c in policy.criteria
        for a in c.answers
        if a.id == decision.answers.get(c.id)
    )


def _steps(
    case: Case,
    policy: Policy,
    records: Callable[[str], Sequence[StepLine]],
    hide: Hiding,
    people: _People,
) -> Iterator[Step]:
    """The responses that the standing decisions of the case call for or open, each once."""
    decided = {d.decision.flag_id: d.decision for d in standing(case)}
    wanted: set[str] = set()
    for row in case.flags:
        decision = decided.get(row.id)
        if decision and row.flag.category in policy.categories:
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
