"""A policy file becomes a policy, or a list of what is wrong with it and where."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from ..errors import PolicyError
from ..records import Finding, Priority
from . import messages, references
from .document import CasePart, CategoryPart, Document, RulePart
from .kinds import Gravity, Group, OutcomeKind, Result, Side
from .model import (
    Answer,
    Case,
    Category,
    Clause,
    Criterion,
    ExemptAnswer,
    Exemption,
    Limits,
    Outcome,
    Policy,
    Reading,
    Response,
    Retention,
    RoleName,
    Rule,
    Signals,
)
from .source import Problem, Source, nearest, parse

_FOLDER = resources.files(__package__) / "policies"


def shipped() -> list[str]:
    """The ids of the policies that come with the program."""
    return sorted(f.name.removesuffix(".yaml") for f in _FOLDER.iterdir() if f.name[-5:] == ".yaml")


def read(source: str | Path) -> tuple[str, bytes]:
    """The file's name and bytes, for the id of a shipped policy or a path. Raises PolicyError."""
    named = isinstance(source, str) and "/" not in source and Path(source).suffix == ""
    if named and not Path(source).is_file():
        if source not in shipped():
            raise PolicyError(
                f"方針「{source}」はありません。{nearest(source, shipped())}"
                f"使える方針: {', '.join(shipped())}。または方針ファイルのパスを指定してください。"
            )
        file = _FOLDER / f"{source}.yaml"
        return str(file), file.read_bytes()
    path = Path(source)
    try:
        return str(source), path.read_bytes()
    except FileNotFoundError:
        raise PolicyError(
            f"{source}:1:1: ファイルが見つかりません。パスを確かめてください。"
        ) from None
    except IsADirectoryError:
        raise PolicyError(
            f"{source}:1:1: フォルダーです。方針のファイルを指定してください。"
        ) from None
    except (OSError, ValueError):
        raise PolicyError(
            f"{source}:1:1: ファイルを開けません。パスと読み取り権限を確かめてください。"
        ) from None


def examine(name: str, raw: bytes) -> tuple[Document | None, Source, list[str]]:
    """The document, or every problem as ``file:line:column: message`` in the order of the file.

    Raises PolicyError where the file cannot be read as YAML at all.
    """
    source = parse(name, raw)
    if not isinstance(source.data, dict):
        message = "方針は「項目: 値」の組で書いてください（今は一つの値か一覧です）。"
        return None, source, source.lines([Problem((), message)])
    try:
        document = Document.model_validate(source.data)
    except ValidationError as error:
        found = [messages.problem(e) for e in error.errors(include_url=False)]
        return None, source, source.lines(found)
    found = references.problems(document)
    return (None if found else document), source, source.lines(found)


def load_policy(source: str | Path = "medical-care") -> Policy:
    """Loads a shipped policy by its id, or any policy file by its path.

    Raises PolicyError whose lines are ``file:line:column: message``, all problems at once.
    """
    return from_bytes(*read(source))


@lru_cache(maxsize=16)
def from_bytes(name: str, raw: bytes) -> Policy:
    """A policy from its file's bytes; the same bytes are the same policy. Raises PolicyError."""
    document, source, found = examine(name, raw)
    if document is None:
        raise PolicyError("\n".join(found))
    return _policy(document, source, f"{document.id}@{sha256(raw).hexdigest()[:12]}")


def _policy(document: Document, source: Source, version: str) -> Policy:
    basis = {
        c.number: Clause(
            c.number,
            c.title,
            c.text,
            c.published,
            c.applied,
            c.place or "",
            source.values["basis", i][0],
        )
        for i, c in enumerate(document.basis)
    }
    categories = {c.id: _category(c) for c in document.categories}
    by_label: dict[str, tuple[Category, ...]] = {}
    for category in categories.values():
        signals = category.signals
        measured = (signals.call_minutes, signals.contacts, signals.repeated_demands) != (None,) * 3
        # What is counted and timed is reported under the category's own id.
        labels = (*signals.labels, category.id) if measured else signals.labels
        for label in dict.fromkeys(labels):
            by_label[label] = (*by_label.get(label, ()), category)
    illness = document.illness
    return Policy(
        id=document.id,
        version=version,
        title=document.title,
        effective_from=document.effective_from,
        effective_until=document.effective_until,
        basis=basis,
        categories=categories,
        criteria=tuple(
            Criterion(
                c.id,
                c.title,
                c.question,
                c.provision,
                tuple(Answer(**a.model_dump()) for a in c.answers),
                c.subject or "",
                c.of_demand,
            )
            for c in document.criteria
        ),
        outcomes=tuple(
            Outcome(o.id, o.label, o.provision, Result(o.result), o.judges, OutcomeKind(o.kind))
            for o in document.outcomes
        ),
        rules=tuple(_rule(r) for r in document.conclusions),
        exemption=None
        if illness is None
        else Exemption(
            illness.id,
            illness.provision,
            illness.question,
            tuple(ExemptAnswer(a.id, a.label, a.covers) for a in illness.answers),
            frozenset(illness.signals),
            frozenset(illness.blocks),
            tuple(illness.consult),
            tuple(illness.meanwhile),
            illness.reason,
        ),
        roles=tuple(
            RoleName(
                r.id,
                r.label,
                frozenset(r.may),
                frozenset(map(str, r.held_by) if r.held_by else [r.id]),
            )
            for r in document.roles
        ),
        responses=tuple(
            Response(
                id=r.id,
                title=r.title,
                side=Side(r.side),
                order=r.order,
                provision=r.provision,
                after=frozenset(r.after),
                gravities=frozenset(map(Gravity, r.gravities or Gravity)),
                owner=r.owner,
                approved_by=tuple(r.approved_by),
                second_person=r.second_person,
                due_days=r.due_days,
                requires=tuple(r.requires),
                categories=frozenset(r.categories or ()),
            )
            for r in sorted(document.responses, key=lambda r: (r.side == "external", r.order))
        ),
        retention=Retention(**document.retention.model_dump()),
        reading=Reading(**document.reading.model_dump(exclude_none=True)),
        limits=_limits(categories),
        cases=tuple(_case(c) for c in document.cases),
        by_label=by_label,
        leads={
            c.id: f"{c.provision}（{basis[c.provision].title}）の「{c.name}」"
            for c in categories.values()
        },
    )


def _category(part: CategoryPart) -> Category:
    signals = part.signals
    named = [part.id] if part.group != "unlisted" else []
    return Category(
        id=part.id,
        name=part.name,
        provision=part.provision,
        group=Group(part.group),
        threshold=part.threshold,
        priority=Priority(part.priority),
        gravity=Gravity(part.gravity),
        summary=part.summary,
        signals=Signals(
            tuple(signals.labels if signals.labels is not None else named),
            signals.call_minutes,
            signals.contacts,
            signals.contact_days or Signals(()).contact_days,
            signals.repeated_demands,
        ),
        opens_review=part.opens_review,
        route=part.route,
    )


def _limits(categories: dict[str, Category]) -> Limits:
    """Each measure belongs to one category at most, so the categories' values never compete."""

    def owner(measure: str) -> tuple[str, Signals]:
        having = (c for c in categories.values() if getattr(c.signals, measure) is not None)
        return next(((c.id, c.signals) for c in having), ("", Signals(())))

    long_calls, timed = owner("call_minutes")
    many_contacts, counted = owner("contacts")
    repeats, repeated = owner("repeated_demands")
    return Limits(
        timed.call_minutes,
        counted.contacts,
        counted.contact_days,
        repeated.repeated_demands,
        long_calls,
        many_contacts,
        repeats,
    )


def _rule(part: RulePart) -> Rule:
    return Rule(
        part.outcome,
        frozenset(Group(g) for g in part.groups),
        frozenset(part.categories),
        part.provision,
        tuple({name: frozenset(answers) for name, answers in w.items()} for w in part.when),
        part.otherwise or "",
    )


def _case(part: CasePart) -> Case:
    # Each example finding gets words of its own, so that only the same category's ever join.
    findings = tuple(
        Finding(f.label, 0, 4 * i, 4 * i + 2, f.score, "rule:example", "確認例")
        for i, f in enumerate(part.findings)
    )
    category = part.category or part.findings[0].label
    expected = [category] if findings else []
    return Case(
        id=part.id,
        title=part.title,
        clauses=tuple(part.clauses),
        findings=findings,
        flags=tuple(part.flags if part.flags is not None else expected),
        category=category,
        answers=part.answers,
        illness_suspected=part.illness_suspected,
        illness_consulted=part.illness_consulted,
        open=frozenset(part.open),
        meanwhile=None if part.meanwhile is None else tuple(part.meanwhile),
        outcome=part.outcome,
        responses=tuple(part.responses),
    )
