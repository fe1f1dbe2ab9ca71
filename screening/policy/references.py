"""Whether the names in a policy refer to something, and whether its rules keep what no policy may drop.

No policy may: confirm without every criterion answered, confirm a care signal, act towards the
customer after anything but a confirmed outcome, or hold a response that nobody may approve.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from . import safeguards
from .document import CasePart, CategoryPart, Document, ResponsePart, RulePart
from .source import Path, Problem, nearest

#: Outcomes that the record itself writes.
RESERVED = frozenset(["withdrawn"])


def problems(document: Document) -> list[Problem]:
    """Everything wrong with a document whose shape is right."""
    return [
        *_dates(document),
        *_unique(document),
        *_provisions(document),
        *_decisions(document),
        *_rules(document),
        *_responses(document),
        *_signals(document),
        *_cases(document),
        *safeguards.problems(document),
    ]


def _ids(parts: Iterable[Any]) -> list[str]:
    return [part.id for part in parts]


def _known(path: Path, value: str, names: Sequence[str], what: str) -> Iterator[Problem]:
    if value not in names:
        shown = ", ".join(names[:12]) + (f" ほか{len(names) - 12}件" if len(names) > 12 else "")
        yield Problem(
            path,
            f"{what}「{value}」は定義されていません。{nearest(value, list(names))}使える{what}: {shown}。",
        )


def _all_known(
    path: Path, values: Sequence[str], names: Sequence[str], what: str
) -> Iterator[Problem]:
    for i, value in enumerate(values):
        yield from _known((*path, i), value, names, what)


def _dates(document: Document) -> Iterator[Problem]:
    until = document.effective_until
    if until is not None and until < document.effective_from:
        yield Problem(
            ("effective_until",),
            f"適用終了日 {until} が適用開始日 {document.effective_from} より前です。開始日以後の日付を書いてください。",
        )


def _unique(document: Document) -> Iterator[Problem]:
    lists: list[tuple[Path, str, list[str]]] = [
        (("basis",), "number", [c.number for c in document.basis]),
        (("categories",), "id", _ids(document.categories)),
        (("criteria",), "id", _ids(document.criteria)),
        (("outcomes",), "id", _ids(document.outcomes)),
        (("roles",), "id", _ids(document.roles)),
        (("responses",), "id", _ids(document.responses)),
        (("cases",), "id", _ids(document.cases)),
    ]
    lists += [
        (("criteria", i, "answers"), "id", _ids(c.answers)) for i, c in enumerate(document.criteria)
    ]
    for path, key, names in lists:
        first: dict[str, int] = {}
        for i, name in enumerate(names):
            if name in first:
                yield Problem(
                    (*path, i, key),
                    f"「{name}」は{first[name] + 1}件目と同じです。別の名前にしてください。",
                )
            first.setdefault(name, i)


def _provisions(document: Document) -> Iterator[Problem]:
    numbers = [c.number for c in document.basis]
    groups: list[tuple[str, Sequence[Any]]] = [
        ("categories", document.categories),
        ("criteria", document.criteria),
        ("outcomes", document.outcomes),
        ("conclusions", document.conclusions),
        ("responses", document.responses),
    ]
    for name, parts in groups:
        for i, part in enumerate(parts):
            yield from _known((name, i, "provision"), part.provision, numbers, "条項")
    if document.illness is not None:
        yield from _known(("illness", "provision"), document.illness.provision, numbers, "条項")


def _decisions(document: Document) -> Iterator[Problem]:
    outcomes = _ids(document.outcomes)
    for i, criterion in enumerate(document.criteria):
        if not any(a.settles for a in criterion.answers):
            yield Problem(("criteria", i, "answers"), "判断が定まる答えが1件以上要ります。")
    for i, outcome in enumerate(document.outcomes):
        if outcome.id in RESERVED:
            yield Problem(
                ("outcomes", i, "id"),
                f"「{outcome.id}」は取り消しの記録に使う名前です。別の名前にしてください。",
            )
        if outcome.result == "confirmed" and not outcome.judges:
            yield Problem(
                ("outcomes", i, "judges"),
                "confirmed になる結論は言動の判断です。judges: true にしてください。",
            )
        if outcome.id not in {rule.outcome for rule in document.conclusions}:
            yield Problem(
                ("outcomes", i, "id"),
                f"結論「{outcome.id}」を選べる条件が conclusions にありません。書き加えてください。",
            )
    if not any("decide" in role.may for role in document.roles):
        yield Problem(("roles",), "判断できる役割（may: [decide]）が1件以上要ります。")
    if (illness := document.illness) is not None:
        categories = _ids(document.categories)
        yield from _all_known(("illness", "signals"), illness.signals, categories, "区分")
        yield from _all_known(("illness", "blocks"), illness.blocks, outcomes, "結論")


def _rules(document: Document) -> Iterator[Problem]:
    outcomes = {o.id: o for o in document.outcomes}
    care = {c.id for c in document.categories if c.group == "care"}
    for i, rule in enumerate(document.conclusions):
        at: Path = ("conclusions", i)
        yield from _known((*at, "outcome"), rule.outcome, list(outcomes), "結論")
        yield from _all_known(
            (*at, "categories"), rule.categories, _ids(document.categories), "区分"
        )
        if not rule.groups and not rule.categories:
            yield Problem(at, "対象がありません。groups か categories を書いてください。")
        if rule.when and rule.otherwise is None:
            yield Problem(
                at,
                "条件（when）を満たさないときの説明（otherwise）がありません。書き加えてください。",
            )
        yield from _conditions(document, (*at, "when"), rule)
        outcome = outcomes.get(rule.outcome)
        if outcome is None:
            continue
        if outcome.result == "confirmed" and ("care" in rule.groups or care & set(rule.categories)):
            yield Problem(
                (*at, "outcome"),
                "配慮（care）の区分は、confirmed になる結論の対象にできません。外してください。",
            )
        if outcome.judges and not rule.when:
            yield Problem(
                at, "言動を判断する結論には条件（when）が要ります。判断基準と答えを書いてください。"
            )


def _conditions(document: Document, at: Path, rule: RulePart) -> Iterator[Problem]:
    criteria = {c.id: c for c in document.criteria}
    judges = any(o.id == rule.outcome and o.judges for o in document.outcomes)
    for j, alternative in enumerate(rule.when):
        for name, answers in alternative.items():
            if name not in criteria:
                for found in _known((*at, j, name), name, list(criteria), "判断基準"):
                    yield Problem(found.path, found.message, at_key=True)
                continue
            allowed = {a.id: a for a in criteria[name].answers}
            yield from _all_known((*at, j, name), answers, list(allowed), "答え")
            for k, answer in enumerate(answers):
                if judges and answer in allowed and not allowed[answer].settles:
                    yield Problem(
                        (*at, j, name, k),
                        f"「{answer}」では言動を判断できません。判断が定まる答えだけを書いてください。",
                    )
        left_out = [c for c in criteria if judges and c not in alternative]
        if left_out:
            yield Problem(
                (*at, j),
                f"言動を判断する結論には全ての判断基準が要ります。「{left_out[0]}」を書き加えてください。",
            )


def _responses(document: Document) -> Iterator[Problem]:
    outcomes = {o.id: o for o in document.outcomes}
    roles = {r.id: r for r in document.roles}
    order: Counter[tuple[str, int]] = Counter()
    for i, response in enumerate(document.responses):
        at: Path = ("responses", i)
        yield from _all_known((*at, "after"), response.after, list(outcomes), "結論")
        categories = _ids(document.categories)
        yield from _all_known((*at, "categories"), response.categories or [], categories, "区分")
        yield from _known((*at, "owner"), response.owner, list(roles), "役割")
        yield from _all_known((*at, "approved_by"), response.approved_by, list(roles), "役割")
        order[response.side, response.order] += 1
        if order[response.side, response.order] > 1:
            yield Problem(
                (*at, "order"),
                f"順序 {response.order} は同じ側の別の対応が使っています。別の順序にしてください。",
            )
        yield from _approval(document, at, response)
        for k, name in enumerate(response.after):
            outward = response.side == "external" and name in outcomes
            if outward and outcomes[name].result != "confirmed":
                yield Problem(
                    (*at, "after", k),
                    f"社外対応は confirmed になる結論の後だけです（「{name}」は {outcomes[name].result}）。",
                )


def _approval(document: Document, at: Path, response: ResponsePart) -> Iterator[Problem]:
    able = [r.id for r in document.roles if "approve" in r.may]
    needed = response.side == "external" or response.second_person or response.approved_by
    if needed and not set(response.approved_by) & set(able):
        choice = f"承認できる役割: {', '.join(able)}。" if able else "承認できる役割がありません。"
        yield Problem(
            (*at, "approved_by") if response.approved_by else at,
            f"対応「{response.id}」は誰も承認できません。approved_by に書いてください。{choice}",
        )


def _signals(document: Document) -> Iterator[Problem]:
    taken: dict[str, str] = {}
    for i, category in enumerate(document.categories):
        at: Path = ("categories", i, "signals")
        signals = category.signals
        for name in ("call_minutes", "contacts", "repeated_demands"):
            if getattr(signals, name) is None:
                continue
            if name in taken:
                yield Problem(
                    (*at, name),
                    f"{name} は区分「{taken[name]}」が使っています。一つの区分だけに書いてください。",
                )
            taken.setdefault(name, category.id)
        if (signals.contacts is None) != (signals.contact_days is None):
            yield Problem(at, "contacts と contact_days は組で書いてください。")


def _cases(document: Document) -> Iterator[Problem]:
    for i, case in enumerate(document.cases):
        yield from _case(document, ("cases", i), case)


def _labels(category: CategoryPart) -> list[str]:
    """The labels that a category listens to; what only a person raises listens to none."""
    if category.group == "unlisted":
        return []
    return category.signals.labels if category.signals.labels is not None else [category.id]


def _case(document: Document, at: Path, case: CasePart) -> Iterator[Problem]:
    categories, outcomes = _ids(document.categories), _ids(document.outcomes)
    labels = sorted({x for c in document.categories for x in _labels(c)})
    criteria = {c.id: _ids(c.answers) for c in document.criteria}
    if document.illness is not None:
        criteria[document.illness.id] = _ids(document.illness.answers)
    yield from _all_known(
        (*at, "clauses"), case.clauses, [c.number for c in document.basis], "条項"
    )
    for j, finding in enumerate(case.findings):
        yield from _known((*at, "findings", j, "label"), finding.label, labels, "ラベル")
    yield from _all_known((*at, "flags"), case.flags or [], categories, "区分")
    if judged := case.category or (case.findings[0].label if case.findings else None):
        yield from _known((*at, "category") if case.category else at, judged, categories, "区分")
    for name, answer in case.answers.items():
        if name in criteria:
            yield from _known((*at, "answers", name), answer, criteria[name], "答え")
        else:
            for found in _known((*at, "answers", name), name, list(criteria), "判断基準"):
                yield Problem(found.path, found.message, at_key=True)
    yield from _all_known((*at, "open"), case.open, outcomes, "結論")
    if case.outcome is not None:
        yield from _known((*at, "outcome"), case.outcome, outcomes, "結論")
    yield from _all_known((*at, "responses"), case.responses, _ids(document.responses), "対応")
