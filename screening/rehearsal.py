"""What a draft policy or model would change, shown before anybody switches it on.

On a batch of conversations (``rehearse``), on live traffic beside the active one (``Shadowed``, which
answers with the active one's result and reports differences only), and on past decisions (``replay``,
``simulate``). Nothing here writes a flag, changes a decision or acts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from .contacts import Contacts
from .errors import ReviewError
from .policy import Policy, conclude, lacking
from .records import Conversation, Flag, ScreeningResult
from .review import Decision
from .sampling import wilson
from .screener import Screener

#: Examples kept of each kind of change.
EXAMPLES = 3
#: Conversations held at a time.
CHUNK = 500
#: Thresholds that are simulated where none are asked for.
THRESHOLDS = tuple(round(0.3 + 0.05 * i, 2) for i in range(14))


@dataclass(frozen=True, slots=True)
class Change:
    """A flag that only one of the two raises: ``gained`` by the draft, or lost. Places, no words."""

    gained: bool
    category: str
    provision: str
    turn: int | None
    start: int
    end: int
    score: float

    def to_json(self) -> dict[str, Any]:
        return {
            "gained": self.gained,
            "category": self.category,
            "provision": self.provision,
            "turn": self.turn,
            "start": self.start,
            "end": self.end,
            "score": round(self.score, 4),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Change:
        return cls(**data)


@dataclass(frozen=True, slots=True)
class Compared:
    """One conversation under both; ``active`` and ``draft`` are ``policy version / model``."""

    id: str
    active: str
    draft: str
    active_review: bool
    draft_review: bool
    active_flags: int
    draft_flags: int
    changes: tuple[Change, ...]


def compare(active: ScreeningResult, draft: ScreeningResult) -> Compared:
    """The flags that one raises and the other does not; a flag is its category and its place.

    The same words under the same category but another clause or priority are no change of flag. A
    category known to one policy alone is lost here and gained there.
    """
    old = {_place(f): f for f in active.flags}
    new = {_place(f): f for f in draft.flags}
    lost = [_change(f, False) for place, f in old.items() if not _near(place, new)]
    gained = [_change(f, True) for place, f in new.items() if not _near(place, old)]
    return Compared(
        active.id,
        f"{active.policy} / {active.model}",
        f"{draft.policy} / {draft.model}",
        active.needs_review,
        draft.needs_review,
        len(active.flags),
        len(draft.flags),
        (*lost, *gained),
    )


_Place = tuple[str, int | None, int, int]


def _place(flag: Flag) -> _Place:
    return (flag.category, flag.turn, flag.start, flag.end)


def _near(place: _Place, others: Iterable[_Place]) -> bool:
    """Whether the other side has the same category on words of the same turn that overlap these."""
    category, turn, start, end = place
    return any(
        category == c and turn == t and (turn is None or (start < e and s < end) or start == s)
        for c, t, s, e in others
    )


def _change(flag: Flag, gained: bool) -> Change:
    return Change(
        gained, flag.category, flag.provision, flag.turn, flag.start, flag.end, flag.score
    )


@dataclass(slots=True)
class Rehearsal:
    """What a draft would change, summed up. Counts are of flags; ``examples`` name conversations."""

    conversations: int = 0
    active_review: int = 0
    draft_review: int = 0
    newly_reviewed: int = 0
    no_longer_reviewed: int = 0
    gained: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    examples: dict[tuple[str, bool], list[tuple[str, Change]]] = field(default_factory=dict)
    failed: int = 0

    def add(self, compared: Compared) -> None:
        self.conversations += 1
        self.active_review += compared.active_review
        self.draft_review += compared.draft_review
        self.newly_reviewed += compared.draft_review and not compared.active_review
        self.no_longer_reviewed += compared.active_review and not compared.draft_review
        for change in compared.changes:
            (self.gained if change.gained else self.lost)[change.category] += 1
            kept = self.examples.setdefault((change.category, change.gained), [])
            if len(kept) < EXAMPLES:
                kept.append((compared.id, change))

    @property
    def categories(self) -> list[str]:
        """The categories with a change, most changed first."""
        return sorted(
            self.gained.keys() | self.lost.keys(),
            key=lambda name: (-(self.gained[name] + self.lost[name]), name),
        )


def rehearse(
    active: Screener,
    draft: Screener,
    conversations: Iterable[Conversation],
    *,
    contacts: Contacts | None = None,
) -> Iterator[tuple[Conversation, Compared]]:
    """Screens every conversation under both, in order; only what is yielded remains of it.

    ``contacts`` are those of the customers already known; those read here are added.
    """
    known = contacts or Contacts()
    source = iter(conversations)
    while chunk := list(islice(source, CHUNK)):
        for conversation in chunk:
            known.add(conversation)
        results = zip(
            active.screen_many(chunk, history=known.before),
            draft.screen_many(chunk, history=known.before),
            strict=True,
        )
        for conversation, (result, other) in zip(chunk, results, strict=True):
            yield conversation, compare(result, other)


class Shadowed(Screener):
    """Screens as ``active`` does, and lets a draft look as well; only ``report`` hears of the draft.

    What the draft raises never becomes a flag, and a draft that fails disturbs nobody: ``failures``
    counts it. The second look costs as much as the first.
    """

    def __init__(
        self, active: Screener, draft: Screener, report: Callable[[Compared], None]
    ) -> None:
        super().__init__(active.model, active.rules, active.policy, active.second_reader)
        self._draft, self._report = draft, report
        self.failures = 0

    def _screen(
        self, conversations: Sequence[Conversation], histories: Sequence[Sequence[Conversation]]
    ) -> list[ScreeningResult]:
        results = super()._screen(conversations, histories)
        try:
            drafts = self._draft._screen(conversations, histories)
            for result, other in zip(results, drafts, strict=True):
                self._report(compare(result, other))
        except Exception:  # whatever is wrong with a draft, live traffic goes on
            self.failures += 1
        return results


@dataclass(frozen=True, slots=True)
class Replayed:
    """A past decision whose outcome a draft would not leave open, or whose questions it lacks."""

    flag_id: str
    category: str
    outcome: str
    reason: str


def replay(draft: Policy, decided: Iterable[tuple[str, Decision]]) -> tuple[int, list[Replayed]]:
    """Past decisions (category, decision) under a draft: how many agree, and which do not and why.

    No decision is changed by it.
    """
    agreed, other = 0, []
    for category, decision in decided:
        try:
            conclusion = conclude(
                draft,
                category,
                decision.answers,
                illness_suspected=decision.illness_suspected,
                illness_consulted=decision.illness_consulted,
            )
        except ReviewError as error:
            other.append(Replayed(decision.flag_id, category, decision.outcome, str(error)))
            continue
        outcome = draft.outcome(decision.outcome)
        if outcome is None:
            why = f"結論「{decision.outcome}」はこの方針にありません。"
        elif outcome.id in conclusion.blocked:
            why = conclusion.blocked[outcome.id]
        elif lacking(conclusion, outcome):
            why = "判断基準への答えが足りません。"
        else:
            agreed += 1
            continue
        other.append(Replayed(decision.flag_id, category, decision.outcome, why))
    return agreed, other


@dataclass(frozen=True, slots=True)
class Past:
    """A flag of the record: its score, and what a person found (True), dismissed (False) or has not
    judged yet (None). Flags that a person raised do not belong here."""

    category: str
    score: float
    found: bool | None


@dataclass(frozen=True, slots=True)
class Threshold:
    """What one threshold would have meant. ``flags_a_day`` is None below the lowest score on record:
    what was never flagged was never counted. ``precision`` lies in ``interval`` at 95 % (Wilson), and
    is None where nothing was judged."""

    category: str
    threshold: float
    flags_a_day: float | None
    judged: int
    found: int
    precision: float | None
    interval: tuple[float, float] | None


def simulate(
    past: Iterable[Past], thresholds: Sequence[float], *, days: float, floor: Mapping[str, float]
) -> tuple[Threshold, ...]:
    """For each category and threshold: flags a day, and the precision on past decisions.

    ``days`` is the span of the record, more than 0. ``floor`` is the least threshold that each
    category has had: under it the record is silent.
    """
    if days <= 0:
        raise ValueError("days must be more than 0")
    by_category: dict[str, list[Past]] = {}
    for flag in past:
        by_category.setdefault(flag.category, []).append(flag)
    return tuple(
        _threshold(name, flags, threshold, days, floor.get(name, 0.0))
        for name, flags in by_category.items()
        for threshold in thresholds
    )


def _threshold(
    name: str, flags: Sequence[Past], threshold: float, days: float, floor: float
) -> Threshold:
    above = [f for f in flags if f.score >= threshold]
    judged = [f for f in above if f.found is not None]
    found = sum(f.found is True for f in judged)
    precision = wilson(found, len(judged))
    return Threshold(
        name,
        threshold,
        len(above) / days if threshold >= floor else None,
        len(judged),
        found,
        precision.value,
        (precision.low, precision.high) if judged else None,
    )
