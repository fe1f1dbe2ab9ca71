"""Checks a policy file and the examples that live in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import PolicyError, ReviewError
from ..records import Conversation, Kind, Speaker, Turn
from .assess import meanwhile
from .conclude import conclude
from .load import examine, from_bytes, read
from .model import Case, Policy
from .propose import propose
from .respond import respond
from .source import Problem


def check(path: str | Path) -> list[str]:
    """Everything wrong with a policy, its examples included, as ``file:line:column: message``.

    ``path`` is a file or the id of a shipped policy. An empty list means that nothing is wrong.
    """
    try:
        name, raw = read(path)
        document, source, found = examine(name, raw)
    except PolicyError as error:
        return str(error).splitlines()
    if document is None:
        return found
    policy = from_bytes(name, raw)
    failed = [
        Problem(("cases", i), f"確認例「{case.id}」: {message}")
        for i, case in enumerate(policy.cases)
        for message in run(policy, case)
    ]
    return source.lines(failed)


def results(policy: Policy) -> list[tuple[str, str, list[str]]]:
    """Each example's id and title, with what came out differently."""
    return [(case.id, case.title, list(run(policy, case))) for case in policy.cases]


def run(policy: Policy, case: Case) -> Iterator[str]:
    """What comes out differently from what the example says; nothing where all agrees."""
    end = max((f.end for f in case.findings), default=1)
    conversation = Conversation("example", Kind.CALL, (Turn("例" * end, Speaker.CUSTOMER),))
    flags = [f.category for f in propose(policy, conversation, case.findings, {})]
    if sorted(flags) != sorted(case.flags):
        yield f"候補は {_list(case.flags)} のはずが {_list(flags)} です。"
    conclusion = conclude(
        policy,
        case.category,
        case.answers,
        illness_suspected=case.illness_suspected,
        illness_consulted=case.illness_consulted,
    )
    if frozenset(conclusion.open) != case.open:
        wanted = [o.id for o in policy.outcomes if o.id in case.open]
        yield f"選べる結論は {_list(wanted)} のはずが {_list(conclusion.open)} です。"
    if case.meanwhile is not None:
        due = meanwhile(
            policy,
            case.answers,
            suspected=case.illness_suspected,
            consulted=case.illness_consulted,
        )
        if sorted(due) != sorted(case.meanwhile):
            yield f"結論の前から必要な対応は {_list(case.meanwhile)} のはずが {_list(sorted(due))} です。"
    if case.outcome is None:
        if case.responses:
            yield "responses を確かめるには outcome も書いてください。"
        return
    if case.outcome not in conclusion.open:
        yield f"結論 {case.outcome} は選べません。{conclusion.blocked[case.outcome]}"
        return
    try:
        steps = respond(policy, case.category, case.outcome)
    except ReviewError as error:
        yield str(error)
        return
    if sorted((*steps.due, *steps.open)) != sorted(case.responses):
        yield f"対応は {_list(case.responses)} のはずが {_list((*steps.due, *steps.open))} です。"


def _list(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names) or "なし"
