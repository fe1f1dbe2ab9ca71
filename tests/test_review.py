"""A decision needs a person, every answer, an outcome that is open, and a reason."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.errors import PermissionDenied, ReviewError
from screening.policy import Result, asked, assess, effects, load_policy
from screening.review import TRANSITIONS, WITHDRAWN, FlagState, Person, Role, decide, withdraw

POLICY = load_policy()
NOW = datetime(2026, 11, 2, 10, 0, tzinfo=timezone(timedelta(hours=9)))
HANAKO = Person("p-1", "確認 花子", frozenset([Role.REVIEWER]))
GIVEN = {
    "policy": POLICY,
    "flag_id": "f-1",
    "category": "threat",
    "state": FlagState.PROPOSED,
    "person": HANAKO,
    "answers": {"demand_validity": "invalid", "means_acceptability": "unacceptable"},
    "outcome": "harassment",
    "reason": "家族への害をほのめかしている",
    "now": NOW,
}


def test_a_complete_decision_keeps_who_what_why_and_when():
    """The record names the flag, the person, the answers, the policy's version and both states."""
    made = decide(**GIVEN)
    assert (made.flag_id, made.person_id, made.outcome) == ("f-1", "p-1", "harassment")
    assert made.answers == GIVEN["answers"]
    assert (made.from_state, made.to_state) == (FlagState.PROPOSED, FlagState.CONFIRMED)
    assert (made.decided_at, made.policy) == (NOW, POLICY.version)


@pytest.mark.parametrize("missing", ["demand_validity", "means_acceptability"])
def test_a_criterion_without_an_answer_is_refused(missing):
    answers = {k: v for k, v in GIVEN["answers"].items() if k != missing}
    with pytest.raises(ReviewError, match="未回答"):
        decide(**GIVEN | {"answers": answers})


@pytest.mark.parametrize("outcome", [o for o in POLICY.outcomes if o.id != GIVEN["outcome"]])
def test_only_what_is_about_conduct_needs_the_answers(outcome):
    """Of a mistake, a duplicate or the staff's own conduct nobody judges the customer's demand or manner."""
    given = GIVEN | {"outcome": outcome.id, "answers": {}}
    if outcome.of_conduct:
        with pytest.raises(ReviewError, match="未回答"):
            decide(**given)
    else:
        assert outcome.kind in ("error", "duplicate", "staff")
        assert decide(**given).answers == {}


@pytest.mark.parametrize("reason", ["", "   ", "\u200b" * 40, "だめ", "\n\n\n\n\n\n"])
def test_a_reason_of_nothing_is_refused(reason):
    """Spaces and zero-width characters are no reason."""
    with pytest.raises(ReviewError, match="理由"):
        decide(**GIVEN | {"reason": reason})


@pytest.mark.parametrize(
    "person",
    [
        Person("p-2", "監査", frozenset([Role.AUDITOR])),
        Person("p-3", "管理", frozenset([Role.ADMINISTRATOR])),
        Person("m-1", "取込", frozenset([Role.MACHINE])),
        Person("m-2", "取込", frozenset([Role.MACHINE, Role.REVIEWER])),
        Person("", "だれか", frozenset([Role.REVIEWER])),
        Person("p-4", "だれか", frozenset()),
    ],
    ids=["auditor", "administrator", "machine", "machine that claims more", "nobody", "no role"],
)
def test_only_a_signed_in_reviewer_decides(person):
    """A program stays a program, whatever other role its key carries."""
    with pytest.raises(PermissionDenied):
        decide(**GIVEN | {"person": person})


def test_an_outcome_that_the_answers_block_is_refused_with_the_clause():
    answers = {"demand_validity": "valid", "means_acceptability": "acceptable"}
    with pytest.raises(ReviewError, match="選べません"):
        decide(**GIVEN | {"answers": answers})
    with pytest.raises(ReviewError, match="この方針にありません"):
        decide(**GIVEN | {"outcome": "guilty"})


@pytest.mark.parametrize("category", ["self_harm_risk", "illness_related"])
def test_nothing_is_asked_before_a_hand_over_to_care(category):
    """Who speaks of dying, or speaks out of illness, is not first held against two criteria."""
    seen = assess(POLICY, category, {}, flagged=[category])
    assert seen.questions == ()
    assert effects(POLICY, category, {}, flagged=[category]) == ()
    care = {"category": category, "answers": {}, "outcome": "care_escalation"}
    made = decide(**GIVEN | care)
    assert (made.outcome, made.answers) == ("care_escalation", {})
    with pytest.raises(ReviewError, match="選べません"):
        decide(**GIVEN | care | {"outcome": "harassment"})


def test_only_a_duplicate_names_the_flag_that_it_repeats():
    """With any other outcome, or naming itself, the decision is refused."""
    twice = GIVEN | {"outcome": "duplicate", "duplicate_of": "f-0"}
    assert decide(**twice).duplicate_of == "f-0"
    assert decide(**twice | {"duplicate_of": None}).duplicate_of is None
    with pytest.raises(ReviewError, match="それ自身"):
        decide(**twice | {"duplicate_of": "f-1"})
    with pytest.raises(ReviewError, match="重複の元"):
        decide(**GIVEN | {"duplicate_of": "f-0"})


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ReviewError, match="時差"):
        decide(**GIVEN | {"now": datetime(2026, 11, 2, 10, 0)})


@pytest.mark.parametrize("state", FlagState)
@pytest.mark.parametrize("outcome", [o.id for o in POLICY.outcomes])
def test_only_the_listed_transitions_are_legal(state, outcome):
    """Whatever is decided in whatever state, the table of transitions is obeyed."""
    answers = {"demand_validity": "invalid", "means_acceptability": "unacceptable"}
    if outcome == "legitimate_complaint":
        answers = {"demand_validity": "valid", "means_acceptability": "acceptable"}
    target = FlagState(POLICY.outcome(outcome).result.value)
    case = GIVEN | {"state": state, "outcome": outcome, "answers": answers}
    if target in TRANSITIONS[state]:
        assert decide(**case).to_state is target
    else:
        with pytest.raises(ReviewError, match="変えられません"):
            decide(**case)


def test_a_decision_is_taken_back_by_whoever_took_it():
    """Undo is one more decision, with its own reason; nobody else may do it."""
    made = decide(**GIVEN)
    undone = withdraw(decision=made, state=made.to_state, person=HANAKO, reason="押し間違えました", now=NOW)  # fmt: skip
    assert (undone.outcome, undone.to_state) == (WITHDRAWN, FlagState.PROPOSED)
    other = replace(HANAKO, id="p-9")
    with pytest.raises(PermissionDenied, match="本人"):
        withdraw(
            decision=made, state=made.to_state, person=other, reason="押し間違えました", now=NOW
        )
    with pytest.raises(ReviewError, match="最新"):
        withdraw(decision=made, state=FlagState.DISMISSED, person=HANAKO, reason="押し間違えました", now=NOW)  # fmt: skip


@given(
    st.sampled_from(sorted(POLICY.categories)),
    st.dictionaries(
        st.sampled_from([c.id for c in POLICY.criteria]),
        st.sampled_from(["valid", "invalid", "no_demand", "acceptable", "unacceptable", "unknown"]),
    ),
    st.sampled_from([o.id for o in POLICY.outcomes]),
    st.text(max_size=12),
    st.frozensets(st.sampled_from(Role)),
    st.booleans(),
)
def test_nothing_is_confirmed_without_all_that_a_decision_needs(
    category, answers, outcome, reason, roles, suspected
):
    """Whatever comes in: a confirmed flag has a reviewer, all answers and a reason behind it."""
    person = Person("p-1", "だれか", roles)
    try:
        made = decide(
            policy=POLICY,
            flag_id="f",
            category=category,
            state=FlagState.PROPOSED,
            person=person,
            answers=answers,
            outcome=outcome,
            reason=reason,
            now=datetime.now(UTC),
            illness_suspected=suspected,
        )
    except (ReviewError, PermissionDenied):
        return
    assert Role.REVIEWER in roles
    assert Role.MACHINE not in roles
    assert {c.id for c in asked(POLICY, category)} <= set(made.answers)
    assert len("".join(made.reason.split())) >= 5
    if POLICY.outcome(outcome).result is Result.CONFIRMED:
        assert not suspected
