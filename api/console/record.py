"""What people did with a flag and its conversation, and which flag it repeats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from screening.access import Action, may
from screening.corrections import KINDS as CORRECTIONS
from screening.corrections import CorrectionKind
from screening.policy import OutcomeKind, Policy
from screening.report.incident import SPEAKERS
from screening.review import WITHDRAWN, FlagState, Person, Role
from screening.store import Case, Corrected, Dispute, FlagRow, Recorded, Store
from screening.store.events import EVENTS, EventKind
from screening.veils import masked

from . import words
from .onward import url


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
        # Those that somebody has decided on come first.
        for x in sorted(store.originals(flag.id, person), key=_undecided)
    ]


def _undecided(flag: FlagRow) -> bool:
    return flag.state is FlagState.PROPOSED


def original(policy: Policy, flag: FlagRow, now: datetime, *, elsewhere: bool) -> str:
    """How a flag is called where another one repeats it: where it is, its category, what was decided."""
    kind = words.KINDS.get(flag.kind, flag.kind)
    where = f"{words.short(flag.occurred_at, now)}の{kind}・" if elsewhere else ""
    name = words.category_name(policy, flag.named)
    return f"{where}{words.place(flag)}・{name}（{words.standing(policy, flag)}）"


def record(
    store: Store, policy: Policy, person: Person, case: Case, flag: FlagRow, *, shown: bool
) -> list[dict[str, str]]:
    """What people did with this flag and its conversation, newest first.

    Harsh words that they repeated are left out unless everything is ``shown``.
    """
    now = datetime.now(UTC)
    found: list[tuple[datetime, str, str, str, FlagRow | None]] = []
    mine = [d for d in case.decisions if d.decision.flag_id == flag.id]
    there = _named(store, person, [d.decision.duplicate_of for d in mine])

    def note(
        at: str | datetime, label: str, who: str, text: str, repeats: FlagRow | None = None
    ) -> None:
        said = text if shown else masked(text)
        found.append((words.moment(at) or now, label, who, said, repeats))

    for d in mine:
        note(
            d.decision.decided_at,
            words.outcome_label(policy, d.decision.outcome),
            d.person_name,
            d.decision.reason,
            there.get(d.decision.duplicate_of or ""),
        )
    for c in case.consultations:
        note(c.recorded_at, f"協議：{c.consulted}", c.person_name, c.note)
    for e in case.events:
        if e.flag_id == flag.id:
            to = f"（{e.to_name}さんへ）" if e.to_name else ""
            note(e.at, f"{EVENTS[EventKind(e.kind)]}{to}", e.person_name, e.note)
    for x, change in _changes(policy, case, flag, shown=shown):
        said = "。".join(filter(None, (change, x.correction.note)))
        note(x.at, CORRECTIONS[x.correction.kind], x.person_name, said)
    return [
        {"label": label, "who": who, "when": words.short(at, now), "text": text}
        | _repeated(policy, x, case.key, now)
        for at, label, who, text, x in sorted(found, key=lambda f: f[0], reverse=True)
    ]


def _changes(
    policy: Policy, case: Case, flag: FlagRow, *, shown: bool
) -> Iterator[tuple[Corrected, str]]:
    """The corrections of a flag and its conversation, oldest first, each with what it changed.

    Words are quoted where everything is ``shown``.
    """
    turns = case.conversation.turns
    place = flag.flag.turn, flag.flag.start, flag.flag.end
    category = flag.flag.category
    said_by = {n: t.speaker for n, t in enumerate(turns)}

    def at(turn: int | None, start: int, end: int) -> str:
        if turn is None:
            return "会話全体"
        quoted = f"「{turns[turn].text[start:end]}」" if shown and end > start else ""
        return f"{turn + 1}番の{words.characters(start, end)}{quoted}"

    for made in case.corrections:
        c = made.correction
        if c.flag_id not in (None, flag.id):
            continue
        change = ""
        if c.kind is CorrectionKind.SPAN:
            now = c.turn, c.start or 0, c.end or 0
            change, place = f"{at(*place)} → {at(*now)}", now
        elif c.kind is CorrectionKind.CATEGORY and c.category:
            names = [words.category_name(policy, x) for x in (category, c.category)]
            change, category = " → ".join(names), c.category
        elif c.kind is CorrectionKind.SPEAKER and c.turn is not None and c.speaker is not None:
            before, said_by[c.turn] = said_by[c.turn], c.speaker
            change = f"{c.turn + 1}番：{SPEAKERS[before]} → {SPEAKERS[c.speaker]}"
        elif c.kind is CorrectionKind.MISSED and c.turn is not None:
            change = at(c.turn, c.start or 0, c.end or 0)
        yield made, change


def readings(policy: Policy, dispute: Dispute | None) -> list[dict[str, Any]]:
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


def carried(policy: Policy, case: Case, flag: FlagRow, person: Person) -> dict[str, str]:
    """What the person answered about the customer's demand when they last decided on another flag of the
    conversation: what was demanded in it is one for all of them.

    Nothing where either flag is itself a demand, whose own validity is asked, nor what they left open.
    """
    if flag.state is not FlagState.PROPOSED or policy.of_a_demand(flag.named):
        return {}
    others = {x.decision: x for x in case.flags if x.id != flag.id}
    for made in reversed(case.decisions):
        about = others.get(made.id)
        if about is None or made.decision.person_id != person.id or policy.of_a_demand(about.named):
            continue
        if made.decision.policy != policy.version:
            continue
        given = {
            criterion.id: answer.id
            for criterion in policy.criteria
            for answer in criterion.answers
            if criterion.of_demand
            and answer.settles
            and answer.id == made.decision.answers.get(criterion.id)
        }
        if given:
            return given
    return {}


def repeats(
    store: Store, policy: Policy, flags: Sequence[FlagRow], person: Person, now: datetime
) -> list[dict[str, str]]:
    """For each flag of a list the one that it repeats, as a person named it, with the way there."""
    there = _named(store, person, [f.duplicate_of for f in flags])
    return [
        _repeated(policy, there.get(f.duplicate_of or ""), f.conversation_key, now) for f in flags
    ]


def _named(store: Store, person: Person, ids: Iterable[str | None]) -> Mapping[str, FlagRow]:
    """The flags that others repeat, for somebody who may read cases."""
    wanted = {id for id in ids if id} if may(person, Action.READ_CASE) else set()
    return store.flags_of(wanted, person) if wanted else {}


def _repeated(policy: Policy, there: FlagRow | None, key: str, now: datetime) -> dict[str, str]:
    """The label and address of the flag ``there`` that is repeated in the conversation of ``key``."""
    if there is None:
        return {"original": "", "original_url": ""}
    elsewhere = there.conversation_key != key
    return {
        "original": original(policy, there, now, elsewhere=elsewhere),
        "original_url": url(there),
    }
