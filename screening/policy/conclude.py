"""A person's answers open and block outcomes, each with its clause; nothing is concluded by itself."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import ReviewError
from .model import Category, Conclusion, Criterion, Outcome, Policy, Rule
from .source import nearest


def conclude(
    policy: Policy,
    category: str,
    answers: Mapping[str, str],
    *,
    illness_consulted: bool = False,
    illness_suspected: bool = False,
) -> Conclusion:
    """What may be concluded about a flag of ``category``: every outcome is either open or blocked.

    Pure, and total over the policy's categories and answers. A criterion without an answer is not
    evaluated: it is listed as missing, and an outcome that judges conduct waits for it. Outcomes that
    judge nothing may be open before, but no decision is taken without every answer. Raises
    ReviewError for a category, criterion or answer that the policy does not have.
    """
    kind = policy.categories.get(category)
    if kind is None:
        raise _unknown("区分", category, list(policy.categories))
    _check(policy, answers)
    missing = [c for c in policy.criteria if c.id not in answers]
    unsettled = [c for c in policy.criteria if _answered_unsettled(c, answers)]
    exemption = policy.exemption
    exempt = illness_suspected and not illness_consulted and exemption is not None
    open_: list[str] = []
    blocked: dict[str, str] = {}
    for outcome in policy.outcomes:
        rules = [r for r in policy.rules if r.outcome == outcome.id and _covers(r, kind)]
        if not rules:
            blocked[outcome.id] = (
                f"区分「{kind.name}」は、この結論の対象ではありません（{kind.provision}）。"
            )
            continue
        reasons: list[str] = []
        if exempt and exemption is not None and outcome.id in exemption.blocks:
            whom = "・".join(exemption.consult)
            reasons.append(f"{exemption.reason}協議の相手：{whom}（{exemption.provision}）。")
        if reason := _unmet(outcome, rules, answers, missing, unsettled):
            reasons.append(reason)
        if reasons:
            blocked[outcome.id] = "".join(reasons)
        else:
            open_.append(outcome.id)
    return Conclusion(tuple(open_), blocked, tuple(c.id for c in missing))


def _unmet(
    outcome: Outcome,
    rules: list[Rule],
    answers: Mapping[str, str],
    missing: list[Criterion],
    unsettled: list[Criterion],
) -> str:
    """Why ``outcome`` is not open, or nothing where it is."""
    if outcome.judges and unsettled:
        return _each(
            unsettled, "まだ判断できないため、この結論は選べません。保留して協議できます。"
        )
    possible = [r for r in rules if not r.when or any(_fits(w, answers) for w in r.when)]
    if not possible:
        return "".join(f"{r.otherwise}（{r.provision}）" for r in rules)
    if outcome.judges and missing:
        return _each(missing, "未回答のため、まだ評価していません。")
    if any(not r.when or any(_met(w, answers) for w in r.when) for r in possible):
        return ""
    asked = {name for r in possible for w in r.when for name in w}
    return _each([c for c in missing if c.id in asked], "未回答のため、まだ評価していません。")


def _each(criteria: list[Criterion], words: str) -> str:
    named = "、".join(f"「{c.title}」（{c.provision}）" for c in criteria)
    return f"{named}が{words}"


def _fits(when: Mapping[str, frozenset[str]], answers: Mapping[str, str]) -> bool:
    """Whether no answer given so far contradicts this alternative."""
    return all(name not in answers or answers[name] in allowed for name, allowed in when.items())


def _met(when: Mapping[str, frozenset[str]], answers: Mapping[str, str]) -> bool:
    return all(answers.get(name) in allowed for name, allowed in when.items())


def _covers(rule: Rule, category: Category) -> bool:
    return category.group in rule.groups or category.id in rule.categories


def _answered_unsettled(criterion: Criterion, answers: Mapping[str, str]) -> bool:
    given = answers.get(criterion.id)
    return any(a.id == given and not a.settles for a in criterion.answers)


def _check(policy: Policy, answers: Mapping[str, str]) -> None:
    criteria = {c.id: [a.id for a in c.answers] for c in policy.criteria}
    for name, answer in answers.items():
        if name not in criteria:
            raise _unknown("判断基準", name, list(criteria))
        if answer not in criteria[name]:
            raise _unknown(f"「{name}」の答え", answer, criteria[name])


def _unknown(what: str, came: object, names: list[str]) -> ReviewError:
    return ReviewError(
        f"{what}「{came}」はこの方針にありません。{nearest(came, names)}使える値: {', '.join(names)}。"
    )
