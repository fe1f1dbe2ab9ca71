"""Drafts of a reason, by outcome: a reviewer reads one, changes it, and signs it.

Where conduct is judged a draft says which, by its category and place, and what was answered; never the
customer's words. Clause and outcome stand beside the reason wherever it is read, and are not said in it again.
"""

from __future__ import annotations

from collections.abc import Sequence

from screening.policy import Answer, Assessment, Choice, Criterion, OutcomeKind, Policy, Question
from screening.report.set_right import placed
from screening.store import Corrected, FlagRow

from . import words

#: Stands for the flag that is repeated until one is chosen.
ORIGINAL = "〔元の候補〕"
#: How the end of a clause reads where another one follows; the longer ends first.
_GOES_ON = (
    ("ではない", "ではなく"),
    ("れていない", "れておらず"),
    ("していない", "しておらず"),
    ("できない", "できず"),
    ("である", "であり"),
    ("がある", "があり"),
    ("がない", "がなく"),
    ("はない", "はなく"),
    ("超える", "超え"),
    ("された", "され"),
)


def where(flag: FlagRow, corrections: Sequence[Corrected]) -> str:
    """The turn of a flag's words, as set right last; their characters are in the record of the flag itself."""
    turn, _, _ = placed(flag, corrections)
    if turn is None:
        evidence = "・".join(words.part(flag, n) for n in flag.flag.evidence)
        return f"会話全体（根拠は{evidence}）" if evidence else "会話全体"
    return words.part(flag, turn)


def text(policy: Policy, outcome: Choice, found: Assessment, place: str) -> str:
    """The reason that the answers give for an outcome that they leave open; ``place`` as ``where`` says it."""
    name = words.category_name(policy, found.category)
    match outcome.kind:
        case OutcomeKind.DUPLICATE:
            return f"{ORIGINAL}と同じ言動を指しているため、重ねて判断しない。"
        case OutcomeKind.ERROR:
            return f"{place}を「{name}」とした候補が誤っているため、この候補では言動を判断しない。"
        case OutcomeKind.STAFF:
            return "職員側の言動の問題から出たもので、お客様のハラスメントとして扱わない。"
        case OutcomeKind.CARE:
            return "お客様への配慮が要ると思われる言葉があるため、担当へ引き継ぐ。"
    answered = _answers(policy, found.questions)
    if not answered:
        said = f"{place}に「{name}」に関わる言葉がある。"
    elif outcome.kind is OutcomeKind.HARASSMENT:
        said = f"{place}に「{name}」に当たる言動がある。{answered}。"
    else:
        said = f"{place}の「{name}」の候補について、{answered}。"
    return f"{said}関係する人と協議する。" if outcome.kind is OutcomeKind.CONSULTATION else said


def handing(policy: Policy, category: str, place: str) -> str:
    """The reason for handing a flag over whose category has a route of its own."""
    name = words.category_name(policy, category)
    return f"{place}に「{name}」に関わる言葉があるため、担当へ引き継ぐ。"


def _answers(policy: Policy, questions: Sequence[Question]) -> str:
    """The answers to the criteria as one sentence, without its full stop; another answer after it. Empty
    where nothing was asked."""
    given = {q.id: q.given for q in questions}
    chosen = [
        (criterion, answer)
        for criterion in policy.criteria
        for answer in criterion.answers
        if answer.id == given.get(criterion.id)
    ]
    if chosen and not any(answer.settles for _, answer in chosen):
        said = "".join(f"{c.title}も" for c, _ in chosen) if len(chosen) > 1 else ""
        clauses = [
            f"{said}{chosen[0][1].label}" if said else f"{chosen[0][0].title}は{chosen[0][1].label}"
        ]
    else:
        clauses = [_clause(c, a) for c, a in chosen]
    whole = "、".join([*(_goes_on(c) for c in clauses[:-1]), *clauses[-1:]])
    criteria = {c.id for c in policy.criteria}
    more = [
        f"「{q.title}」は「{dict(q.answers)[q.given]}」とした"
        for q in questions
        if q.given and q.id not in criteria
    ]
    return "。".join(filter(None, [whole, *more]))


def _clause(criterion: Criterion, answer: Answer) -> str:
    if not answer.settles:
        return f"{criterion.title}は{answer.label}"
    if answer.sentence:
        return answer.label
    subject = criterion.subject
    return f"{subject}{answer.label}" if subject else f"{criterion.title}は「{answer.label}」"


def _goes_on(clause: str) -> str:
    for end, on in _GOES_ON:
        if clause.endswith(end):
            return clause.removesuffix(end) + on
    return clause
