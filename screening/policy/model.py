"""A loaded policy as plain values: what the engine reads on every call, and nothing to parse.

Everything here comes out of one policy document. No category, criterion, outcome or response is named
in the program; only the few kinds of thing a document may speak of are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ..records import Conversation, Finding, Flag, Priority
from .kinds import Gravity, Group, OutcomeKind, Result, Side


@dataclass(frozen=True, slots=True)
class Clause:
    """``published`` tells a clause of the published policy from a rule of our own workplace.

    ``applied`` is False for a clause that only explains or asks, so nothing follows from it here.
    ``place`` is where it stands in the document it comes from, ``line`` where in the policy's file.
    """

    number: str
    title: str
    text: str
    published: bool = True
    applied: bool = True
    place: str = ""
    line: int = 0


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
    """The measures of all categories together, for the detectors that count and time.

    ``long_calls``, ``many_contacts`` and ``repeats`` are the categories that they raise.
    """

    call_minutes: float | None = None
    contacts: int | None = None
    contact_days: float = 7
    repeated_demands: int | None = None
    long_calls: str = ""
    many_contacts: str = ""
    repeats: str = ""


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of conduct. ``threshold`` is the least score, 0 to 1, that is shown to a person.

    Where ``opens_review`` is False a flag is shown beside others but asks for no review by itself.
    A category with a ``route`` waits in no queue of harassment: it goes towards that outcome at once.
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
    route: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """``settles`` is False for "cannot tell yet", which supports no judgement; ``sentence`` marks a label
    that reads as a sentence by itself."""

    id: str
    label: str
    settles: bool = True
    sentence: bool = False


@dataclass(frozen=True, slots=True)
class Criterion:
    """``subject`` is how a sentence on a settled answer begins, or nothing; ``of_demand`` marks what asks
    about the demand itself, so that whoever answers is shown the demands that were found, and their answer
    stands for the conversation's other flags that are no demands, until they answer otherwise."""

    id: str
    title: str
    question: str
    provision: str
    answers: tuple[Answer, ...]
    subject: str = ""
    of_demand: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """``judges`` marks an outcome that judges conduct: it needs every criterion answered."""

    id: str
    label: str
    provision: str
    result: Result
    judges: bool
    kind: OutcomeKind

    @property
    def final(self) -> bool:
        return self.result is not Result.ON_HOLD

    @property
    def of_conduct(self) -> bool:
        """Whether it is about what the customer did. A mistake, a duplicate and the staff's own conduct
        are not: nobody need judge a demand or a manner to say so."""
        return self.kind not in (OutcomeKind.ERROR, OutcomeKind.DUPLICATE, OutcomeKind.STAFF)


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
class ExemptAnswer:
    """``covers`` is False where the exemption does not hold, such as for another person's illness."""

    id: str
    label: str
    covers: bool


@dataclass(frozen=True, slots=True)
class Exemption:
    """Conduct that may be a symptom: ``blocks`` stay closed until one of ``consult`` was consulted.

    ``signals`` are the categories whose flags raise the suspicion; a person's answer to ``question``
    outweighs it either way. The responses ``meanwhile`` are due before anything is concluded.
    """

    id: str
    provision: str
    question: str
    answers: tuple[ExemptAnswer, ...]
    signals: frozenset[str]
    blocks: frozenset[str]
    consult: tuple[str, ...]
    meanwhile: tuple[str, ...]
    reason: str

    def holds(self, answers: Mapping[str, str], suspected: bool) -> bool:
        """Whether the exemption stands: by the person's answer, or by the suspicion without one."""
        given = answers.get(self.id)
        return suspected if given is None else any(a.id == given and a.covers for a in self.answers)

    def settled_by(self, consulted: Iterable[str]) -> bool:
        """Whether somebody whom the policy names was consulted; a person's name may stand beside."""
        return any(named in whom for whom in consulted for named in self.consult)


@dataclass(frozen=True, slots=True)
class Response:
    """A step after a decision. ``order`` counts from 1 within its side; ``due_days`` from the decision.

    ``gravities`` limits the step to categories so grave, ``categories`` to those named, where there are
    any. ``approved_by`` are roles; with
    ``second_person`` whoever decided may not also approve. ``requires`` are responses that must be
    on record before this one.
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
    requires: tuple[str, ...] = ()
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RoleName:
    """A role as the policy calls it; ``may`` holds "decide" and "approve".

    ``held_by`` are the roles of the record's people who act in it.
    """

    id: str
    label: str
    may: frozenset[str]
    held_by: frozenset[str]


@dataclass(frozen=True, slots=True)
class Retention:
    """Days after which a record is due for erasure, by what became of the flag."""

    undecided_days: int
    dismissed_days: int
    confirmed_days: int
    care_days: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reviewer is shown of a customer's other contacts, and when a pause is suggested to them.

    ``earlier_contacts`` is how many other contacts a case lists, 0 to 200, and ``earlier_days`` how many
    days before and after it they may lie; None sets no limit. A pause is suggested after
    ``break_minutes`` of work on end or ``break_words`` opened passages since the last pause;
    ``rest_minutes`` without work count as one. The minutes follow the Ministry of Health's guideline for
    work at screens (情報機器作業における労働衛生管理のためのガイドライン, 2019): no more than an hour on end,
    then ten to fifteen minutes of something else. How many harsh words are many is nobody's number:
    forty is ours.
    """

    earlier_contacts: int = 20
    earlier_days: int | None = None
    break_minutes: int = 50
    break_words: int = 40
    rest_minutes: int = 10


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
    meanwhile: tuple[str, ...] | None
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
    reading: Reading
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

    def was_consulted(self, whom: Iterable[str]) -> bool:
        """Whether one of those whom the exemption names was consulted."""
        return self.exemption is not None and self.exemption.settled_by(whom)

    @property
    def routed(self) -> frozenset[str]:
        """The categories that leave the queue of harassment for a route of their own."""
        return frozenset(c.id for c in self.categories.values() if c.route is not None)

    def of_a_demand(self, category: str) -> bool:
        """Whether a category is itself a demand, so that what is asked of the demand is asked of it."""
        kind = self.categories.get(category)
        return kind is not None and kind.group in (Group.CONDITIONAL, Group.CONTENT)

    @property
    def unlisted(self) -> Category | None:
        """The category of what a person raises that no list names, where the policy has one."""
        return next((c for c in self.categories.values() if c.group is Group.UNLISTED), None)

    def response(self, response: str) -> Response | None:
        return next((r for r in self.responses if r.id == response), None)

    def holders(self, roles: Iterable[str]) -> frozenset[str]:
        """The roles of the record's people who act in any of the policy's ``roles``."""
        names = set(roles)
        return frozenset(h for r in self.roles if r.id in names for h in r.held_by)

    def may(self, what: str) -> frozenset[str]:
        """The roles of the record's people who may "decide" or "approve"."""
        return frozenset(h for r in self.roles if what in r.may for h in r.held_by)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What may be concluded now. Every outcome is either open or blocked with its reason.

    ``missing`` are the criteria nobody has answered: they are not evaluated, which is not a "no".
    """

    open: tuple[str, ...]
    blocked: Mapping[str, str]
    missing: tuple[str, ...]
