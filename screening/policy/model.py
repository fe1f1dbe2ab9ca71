"""A loaded policy as plain values: what the engine reads on every call, and nothing to parse.

Everything here comes out of one policy document. No category, criterion, outcome or response is named
in the program; only the few kinds of thing a document may speak of are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ..records import Conversation, Finding, Flag, Priority


class Group(StrEnum):
    """How a category bears on the two criteria.

    ``MEANS`` is inappropriate whatever is demanded, ``CONDITIONAL`` only in the light of whether the
    demand is valid, ``CONTENT`` is the demand itself, ``CARE`` is never a customer's fault.
    """

    MEANS = "means"
    CONDITIONAL = "conditional"
    CONTENT = "content"
    CARE = "care"


class Gravity(StrEnum):
    """How grave the conduct is if a person finds it; some responses are for grave cases alone."""

    GRAVE = "grave"
    SERIOUS = "serious"
    ORDINARY = "ordinary"


class Result(StrEnum):
    """What an outcome does to a flag."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    ON_HOLD = "on_hold"


@dataclass(frozen=True, slots=True)
class Clause:
    """``published`` tells a clause of the published policy from a rule of our own workplace.

    ``applied`` is False for a clause that only explains or asks, so nothing follows from it here.
    """

    number: str
    title: str
    text: str
    published: bool = True
    applied: bool = True


@dataclass(frozen=True, slots=True)
class Signals:
    """What raises a category: labels that detectors report, and measures from which it is worth a look.

    Minutes of one call; contacts within ``contact_days`` days; the same demand so many times in one
    conversation. None switches a measure off.
    """

    labels: tuple[str, ...]
    call_minutes: float | None = None
    contacts: int | None = None
    contact_days: float = 7
    repeated_demands: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """The measures of all categories together, for the detectors that count and time."""

    call_minutes: float | None = None
    contacts: int | None = None
    contact_days: float = 7
    repeated_demands: int | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of conduct. ``threshold`` is the least score, 0 to 1, that is shown to a person.

    Where ``opens_review`` is False a flag is shown beside others but asks for no review by itself.
    """

    id: str
    name: str
    provision: str
    group: Group
    threshold: float
    priority: Priority
    gravity: Gravity
    summary: str
    signals: Signals
    opens_review: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """``settles`` is False for "cannot tell yet", which supports no judgement."""

    id: str
    label: str
    settles: bool = True


@dataclass(frozen=True, slots=True)
class Criterion:
    id: str
    title: str
    question: str
    provision: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """``judges`` marks an outcome that judges conduct: it needs every criterion answered."""

    id: str
    label: str
    provision: str
    result: Result
    judges: bool

    @property
    def final(self) -> bool:
        return self.result is not Result.ON_HOLD


@dataclass(frozen=True, slots=True)
class Rule:
    """When an outcome may be concluded for the groups and categories it names.

    ``when`` lists alternatives; within one, every criterion must have one of the answers. None at all
    means always. ``otherwise`` is the Japanese reason shown where no alternative is met.
    """

    outcome: str
    groups: frozenset[Group]
    categories: frozenset[str]
    provision: str
    when: tuple[Mapping[str, frozenset[str]], ...]
    otherwise: str


@dataclass(frozen=True, slots=True)
class Exemption:
    """Conduct that may be a symptom: ``blocks`` stay closed until one of ``consult`` was consulted.

    ``signals`` are the categories whose flags raise the suspicion.
    """

    provision: str
    question: str
    signals: frozenset[str]
    blocks: frozenset[str]
    consult: tuple[str, ...]
    reason: str


class Side(StrEnum):
    INTERNAL = "internal"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Response:
    """A step after a decision. ``order`` counts from 1 within its side; ``due_days`` from the decision.

    ``gravities`` limits the step to categories so grave. ``approved_by`` are roles; with
    ``second_person`` whoever decided may not also approve.
    """

    id: str
    title: str
    side: Side
    order: int
    provision: str
    after: frozenset[str]
    gravities: frozenset[Gravity]
    owner: str
    approved_by: tuple[str, ...]
    second_person: bool
    due_days: int


@dataclass(frozen=True, slots=True)
class RoleName:
    """A role as the policy calls it; ``may`` holds "decide" and "approve"."""

    id: str
    label: str
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class Retention:
    """Days after which a record is due for erasure, by what became of the flag."""

    undecided_days: int
    dismissed_days: int
    confirmed_days: int
    care_days: int


@dataclass(frozen=True, slots=True)
class Case:
    """An example that lives with the policy: findings and answers, and what they must lead to."""

    id: str
    title: str
    clauses: tuple[str, ...]
    findings: tuple[Finding, ...]
    flags: tuple[str, ...]
    category: str
    answers: Mapping[str, str]
    illness_suspected: bool
    illness_consulted: bool
    open: frozenset[str]
    outcome: str | None
    responses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy document. ``version`` is its id with 12 hexadecimal digits of its SHA-256."""

    id: str
    version: str
    title: str
    effective_from: date
    effective_until: date | None
    basis: Mapping[str, Clause]
    categories: Mapping[str, Category]
    criteria: tuple[Criterion, ...]
    outcomes: tuple[Outcome, ...]
    rules: tuple[Rule, ...]
    exemption: Exemption | None
    roles: tuple[RoleName, ...]
    responses: tuple[Response, ...]
    retention: Retention
    limits: Limits
    cases: tuple[Case, ...]
    by_label: Mapping[str, tuple[Category, ...]]
    leads: Mapping[str, str]

    def propose(
        self,
        conversation: Conversation,
        findings: Sequence[Finding],
        scores: Mapping[str, float],
    ) -> tuple[Flag, ...]:
        """See ``screening.policy.propose.propose``."""
        from .propose import propose

        return propose(self, conversation, findings, scores)

    def needs_review(self, flags: Iterable[Flag]) -> bool:
        """Whether a person should look: some flag is of a category that opens a review."""
        return any(self.categories[flag.category].opens_review for flag in flags)

    def outcome(self, outcome: str) -> Outcome | None:
        return next((o for o in self.outcomes if o.id == outcome), None)

    def suspects_illness(self, categories: Iterable[str]) -> bool:
        """Whether flags of these categories raise the suspicion that conduct may be a symptom."""
        return self.exemption is not None and not self.exemption.signals.isdisjoint(categories)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What may be concluded now. Every outcome is either open or blocked with its reason.

    ``missing`` are the criteria nobody has answered: they are not evaluated, which is not a "no".
    """

    open: tuple[str, ...]
    blocked: Mapping[str, str]
    missing: tuple[str, ...]
