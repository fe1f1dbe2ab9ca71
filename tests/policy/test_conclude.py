"""From answers to conclusions: total, independent of order, each step with its clause."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.errors import ReviewError
from screening.policy import (
    Group,
    Result,
    Side,
    asked,
    check,
    conclude,
    coverage,
    load_policy,
    respond,
    shipped,
)

from .examples import HOTEL_FILE, hotel

POLICIES = [*(load_policy(name) for name in shipped()), hotel()]


@st.composite
def _situations(draw):
    """A policy, a category of it, some answers in some order, and what is known of illness."""
    policy = draw(st.sampled_from(POLICIES))
    category = draw(st.sampled_from(sorted(policy.categories)))
    criteria = draw(st.permutations(policy.criteria))
    answered = criteria[: draw(st.integers(0, len(criteria)))]
    answers = {c.id: draw(st.sampled_from([a.id for a in c.answers])) for c in answered}
    return policy, category, answers, draw(st.booleans()), draw(st.booleans())


def _conclude(situation):
    policy, category, answers, suspected, consulted = situation
    return conclude(
        policy, category, answers, illness_suspected=suspected, illness_consulted=consulted
    )


@given(_situations())
def test_every_outcome_is_open_or_blocked_with_a_clause(situation):
    """No outcome is left out, and every blocked one says why and where that stands."""
    policy = situation[0]
    conclusion = _conclude(situation)
    assert set(conclusion.open) | set(conclusion.blocked) == {o.id for o in policy.outcomes}
    assert not set(conclusion.open) & set(conclusion.blocked)
    for reason in conclusion.blocked.values():
        assert any(number in reason for number in policy.basis), reason


@given(_situations(), st.randoms())
def test_the_order_of_the_answers_does_not_matter(situation, random):
    """The same answers, given the other way round, conclude the same."""
    policy, category, answers, suspected, consulted = situation
    keys = list(answers)
    random.shuffle(keys)
    again = (policy, category, {k: answers[k] for k in keys}, suspected, consulted)
    assert _conclude(situation) == _conclude(again)


@given(_situations())
def test_what_is_unanswered_is_not_evaluated(situation):
    """An outcome that judges conduct waits for every answer; what lacks is listed."""
    policy, category, answers, _, _ = situation
    conclusion = _conclude(situation)
    assert set(conclusion.missing) == {c.id for c in asked(policy, category)} - set(answers)
    if conclusion.missing:
        assert not [o for o in policy.outcomes if o.judges and o.id in conclusion.open]


@given(_situations())
def test_one_more_answer_never_takes_back_that_something_judges(situation):
    """With all answers given, nothing is blocked for being unanswered."""
    policy, category, answers, suspected, consulted = situation
    full = {c.id: answers.get(c.id, c.answers[0].id) for c in policy.criteria}
    conclusion = conclude(policy, category, full, illness_suspected=suspected, illness_consulted=consulted)  # fmt: skip
    assert conclusion.missing == ()
    assert not any("未回答" in reason for reason in conclusion.blocked.values())


def _all_answers(policy):
    for chosen in itertools.product(*([a.id for a in c.answers] for c in policy.criteria)):
        yield dict(zip([c.id for c in policy.criteria], chosen, strict=True))


def test_a_valid_demand_properly_made_is_never_harassment():
    """Exchange, compensation and apology are judged in the light of the answer on validity."""
    policy = load_policy()
    confirming = {o.id for o in policy.outcomes if o.result is Result.CONFIRMED}
    for category in policy.categories.values():
        if category.group is Group.CONDITIONAL:
            answers = {"demand_validity": "valid", "means_acceptability": "acceptable"}
            assert not confirming & set(conclude(policy, category.id, answers).open)


def test_means_are_inappropriate_whatever_the_demand():
    """②: with an unacceptable manner, harassment is open for every validity that was settled."""
    policy = load_policy()
    for validity in ("valid", "invalid", "no_demand"):
        answers = {"demand_validity": validity, "means_acceptability": "unacceptable"}
        assert "harassment" in conclude(policy, "threat", answers).open


def test_conduct_that_may_be_a_symptom_waits_for_a_consultation():
    """Harassment stays blocked until somebody was consulted; another's illness is no cover."""
    policy = load_policy()
    answers = {"demand_validity": "invalid", "means_acceptability": "unacceptable"}
    held = conclude(policy, "physical_attack", answers, illness_suspected=True)
    assert "harassment" in held.blocked
    assert "協議" in held.blocked["harassment"]
    free = conclude(policy, "physical_attack", answers, illness_suspected=True, illness_consulted=True)  # fmt: skip
    assert "harassment" in free.open
    assert not policy.suspects_illness(["physical_attack"])
    assert policy.suspects_illness(["physical_attack", "illness_related"])


def test_self_harm_risk_can_never_be_confirmed_as_harassment():
    """It has its own route, whatever is answered."""
    policy = load_policy()
    confirming = {o.id for o in policy.outcomes if o.result is Result.CONFIRMED}
    for answers in _all_answers(policy):
        assert not confirming & set(conclude(policy, "self_harm_risk", answers).open)


@given(_situations())
def test_outside_responses_follow_a_finding_alone(situation):
    """Nothing acts on a customer unless a person has found harassment or its equal."""
    policy, category, _, _, _ = situation
    outside = {r.id for r in policy.responses if r.side is Side.EXTERNAL}
    for outcome in policy.outcomes:
        steps = respond(policy, category, outcome.id)
        assert not outside & set(steps.due)
        if outcome.result is not Result.CONFIRMED:
            assert not steps.open
        named = {*steps.due, *steps.open, *steps.blocked}
        assert named == {r.id for r in policy.responses}


def test_refusal_of_service_needs_a_second_person():
    """Whoever decided may not also approve."""
    refusal = next(r for r in load_policy().responses if r.id == "refusal_of_service")
    assert refusal.second_person
    assert refusal.approved_by


@pytest.mark.parametrize("file", [*shipped(), HOTEL_FILE], ids=[*shipped(), "hotel"])
def test_the_examples_of_a_policy_agree_with_it(file):
    assert check(file) == []


def test_every_applied_clause_of_the_published_policy_has_an_example():
    """②-1 to ②-13, the conditional demands, ①-1 and ①-2, both criteria, the exemption, the responses."""
    traces = {t.clause: t for t in coverage(load_policy())}
    wanted = {f"②-{n}" for n in range(1, 14)} | {f"②条件-{n}" for n in (1, 2, 3)}
    wanted |= {"①-1", "①-2", "判断基準①", "判断基準②", "病態", "社外-1", "社外-2"}
    wanted |= {f"社内-{n}" for n in range(1, 6)}
    assert wanted <= traces.keys()
    assert [t.clause for t in traces.values() if not t.complete] == []
    assert all(traces[clause].cases for clause in wanted)


@pytest.mark.parametrize(
    ("category", "answers"),
    [("threats", {}), ("threat", {"validity": "valid"}), ("threat", {"demand_validity": "yes"})],
)
def test_an_unknown_name_is_refused_with_the_valid_ones(category, answers):
    with pytest.raises(ReviewError, match="ありません"):
        conclude(load_policy(), category, answers)
