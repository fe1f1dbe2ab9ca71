"""A person's answers open and block outcomes, each with its clause; nothing is concluded by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import ReviewError
from .model import Category, Conclusion, Criterion, Exemption, Outcome, Policy, Rule
from .source import nearest


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of an explanation, in Japanese, with the clauses that it rests on.

    ``met`` is None for a condition that nobody has answered: not evaluated, which is not a "no".
    """

    clauses: tuple[str, ...]
    text: str
    met: bool | None


def conclude(
    policy: Policy,
    category: str,
    answers: Mapping[str, str],
    *,
    illness_consulted: bool = False,
    illness_suspected: bool = False,
) -> Conclusion:
    """What may be concluded about a flag of ``category``: every outcome is either open or blocked.

    Pure, and total over the policy's categories and answers. A criterion that is ``asked`` and has no
    answer is not evaluated: it is listed as missing, and an outcome that judges conduct waits for it.
    Outcomes that judge nothing may be open before; what they lack all the same is ``lacking``'s.
    ``answers`` may hold one to the exemption's question, which then outweighs ``illness_suspected``. Raises
    ReviewError for a category, criterion or answer that the policy does not have.
    """
    explained = explain(
        policy,
        category,
        answers,
        illness_suspected=illness_suspected,
        illness_consulted=illness_consulted,
    )
    open_: list[str] = []
    blocked: dict[str, str] = {}
    for outcome, reasons in explained.items():
        unmet = [reason.text for reason in reasons if reason.met is not True]
        if unmet:
            blocked[outcome] = "".join(unmet)
        else:
            open_.append(outcome)
    missing = tuple(c.id for c in asked(policy, category) if c.id not in answers)
    return Conclusion(tuple(open_), blocked, missing)


def lacking(conclusion: Conclusion, outcome: Outcome) -> tuple[str, ...]:
    """The criteria without an answer that ``outcome`` needs before it can be decided."""
    return conclusion.missing if outcome.of_conduct else ()


def asked(policy: Policy, category: str) -> tuple[Criterion, ...]:
    """The criteria that a decision on what a customer did, in a flag of ``category``, needs answers to.

    None for a category with a route of its own, or one for which no outcome waits for an answer: who
    speaks of dying is handed to those who care, and nobody is asked first whether the demand was
    valid. Raises ReviewError for a category that the policy does not have.
    """
    kind = policy.categories.get(category)
    if kind is None:
        raise _unknown("区分", category, list(policy.categories))
    if kind.route is not None:
        return ()
    judging = {o.id for o in policy.outcomes if o.judges}
    depends = any(_covers(r, kind) and (r.when or r.outcome in judging) for r in policy.rules)
    return policy.criteria if depends else ()


def explain(
    policy: Policy,
    category: str,
    answers: Mapping[str, str],
    *,
    illness_suspected: bool,
    illness_consulted: bool,
) -> dict[str, tuple[Reason, ...]]:
    """For every outcome each condition that bears on it, met, unmet or not evaluated.

    An outcome is open where all of them are met. Raises ReviewError for an unknown name.
    """
    kind = policy.categories.get(category)
    if kind is None:
        raise _unknown("区分", category, list(policy.categories))
    _check(policy, answers)
    missing = [c for c in policy.criteria if c.id not in answers]
    unsettled = [c for c in policy.criteria if _answered_unsettled(c, answers)]
    asks = bool(asked(policy, category))
    explained: dict[str, tuple[Reason, ...]] = {}
    for outcome in policy.outcomes:
        rules = [r for r in policy.rules if r.outcome == outcome.id and _covers(r, kind)]
        if not rules:
            text = f"区分「{kind.name}」は、この結論の対象ではありません（{kind.provision}）。"
            explained[outcome.id] = (Reason((kind.provision,), text, False),)
            continue
        always = "どの答えでも選べます" if asks and outcome.of_conduct else "いつでも選べます"
        reasons = [_met_or_not(policy, outcome, rules, answers, missing, unsettled, always)]
        if policy.exemption is not None and outcome.id in policy.exemption.blocks:
            reasons[:0] = _exempt(policy.exemption, answers, illness_suspected, illness_consulted)
        explained[outcome.id] = tuple(reasons)
    return explained


def _exempt(
    exemption: Exemption, answers: Mapping[str, str], suspected: bool, consulted: bool
) -> list[Reason]:
    """Nothing where nobody suspects anything and nobody was asked."""
    clauses = (exemption.provision,)
    given = next((a for a in exemption.answers if a.id == answers.get(exemption.id)), None)
    if exemption.holds(answers, suspected):
        if consulted:
            return [Reason(clauses, f"協議の記録があります（{exemption.provision}）。", True)]
        whom = "・".join(exemption.consult)
        text = f"{exemption.reason}協議の相手：{whom}（{exemption.provision}）。"
        return [Reason(clauses, text, None if given is None else False)]
    if given is None:
        return []
    return [Reason(clauses, f"「{given.label}」との答えです（{exemption.provision}）。", True)]


def _met_or_not(
    policy: Policy,
    outcome: Outcome,
    rules: Sequence[Rule],
    answers: Mapping[str, str],
    missing: Sequence[Criterion],
    unsettled: Sequence[Criterion],
    always: str,
) -> Reason:
    """Whether the rules leave ``outcome`` open, and what it lacks where they do not."""
    if outcome.judges and unsettled:
        words = "まだ判断できないため、この結論は選べません。保留して協議できます。"
        return _about(unsettled, words, False)
    possible = [r for r in rules if not r.when or any(_fits(w, answers) for w in r.when)]
    if not possible:
        clauses = tuple(dict.fromkeys(r.provision for r in rules))
        return Reason(clauses, "".join(f"{r.otherwise}（{r.provision}）" for r in rules), False)
    if outcome.judges and missing:
        return _about(missing, "未回答のため、まだ評価していません。", None)
    for rule in possible:
        for when in rule.when:
            if _met(when, answers):
                return _because(policy, rule, when, answers)
        if not rule.when:
            text = f"{always}（{rule.provision}）。"
            return Reason((rule.provision,), text, True)
    asked = {name for r in possible for w in r.when for name in w}
    return _about(
        [c for c in missing if c.id in asked], "未回答のため、まだ評価していません。", None
    )


def _because(
    policy: Policy, rule: Rule, when: Mapping[str, frozenset[str]], answers: Mapping[str, str]
) -> Reason:
    asked = [c for c in policy.criteria if c.id in when]
    labels = [
        f"{c.title}＝{next(a.label for a in c.answers if a.id == answers[c.id])}（{c.provision}）"
        for c in asked
    ]
    clauses = tuple(dict.fromkeys([rule.provision, *(c.provision for c in asked)]))
    return Reason(clauses, f"{'、'.join(labels)}のため選べます（{rule.provision}）。", True)


def _about(criteria: Sequence[Criterion], words: str, met: bool | None) -> Reason:
    named = "、".join(f"「{c.title}」（{c.provision}）" for c in criteria)
    return Reason(tuple(dict.fromkeys(c.provision for c in criteria)), f"{named}が{words}", met)


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
    known = {c.id: [a.id for a in c.answers] for c in policy.criteria}
    if policy.exemption is not None:
        known[policy.exemption.id] = [a.id for a in policy.exemption.answers]
    for name, answer in answers.items():
        if name not in known:
            raise _unknown("判断基準", name, list(known))
        if answer not in known[name]:
            raise _unknown(f"「{name}」の答え", answer, known[name])


def _unknown(what: str, came: object, names: list[str]) -> ReviewError:
    return ReviewError(
        f"{what}「{came}」はこの方針にありません。{nearest(came, names)}使える値: {', '.join(names)}。"
    )
