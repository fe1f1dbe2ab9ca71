"""What holds for every policy that the check accepts, shipped, invented or generated."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screening.errors import PermissionDenied, ReviewError
from screening.policy import (
    Group,
    Result,
    Side,
    Standing,
    asked,
    assess,
    conclude,
    load_policy,
    shipped,
)
from screening.policy.load import examine, from_bytes
from screening.records import Conversation, Finding, Kind, Speaker, Turn
from screening.review import HUMAN, TRANSITIONS, FlagState, Person, Role, decide, raise_flag

from .examples import hotel
from .generated import documents, policies, text_of

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
KNOWN = [*(load_policy(name) for name in shipped()), hotel()]
few = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=30)
many = settings(few, max_examples=100)

any_policy = st.one_of(st.sampled_from(KNOWN), policies())


@st.composite
def situations(draw):
    """A policy, one of its categories, and a call of ``assess`` that it understands."""
    policy = draw(any_policy)
    category = draw(st.sampled_from(sorted(policy.categories)))
    asked = [(c.id, [a.id for a in c.answers]) for c in policy.criteria]
    if policy.exemption is not None:
        asked.append((policy.exemption.id, [a.id for a in policy.exemption.answers]))
    # Half of them with every answer given: only then is anything found.
    count = draw(st.one_of(st.just(len(asked)), st.integers(0, len(asked))))
    answered = draw(st.permutations(asked))[:count]
    consulted = list(policy.exemption.consult) if policy.exemption else []
    return {
        "policy": policy,
        "category": category,
        "answers": {name: draw(st.sampled_from(answers)) for name, answers in answered},
        "flagged": draw(st.lists(st.sampled_from(sorted(policy.categories)), max_size=4)),
        "consulted": draw(st.lists(st.sampled_from([*consulted, "だれか"]), max_size=2)),
        "outcome": draw(st.sampled_from([None, *(o.id for o in policy.outcomes)])),
        "recorded": draw(st.lists(st.sampled_from([r.id for r in policy.responses]))),
    }


@few
@given(documents())
def test_what_is_generated_is_accepted(document):
    """The strategy makes documents without a problem, so that the rest tests policies."""
    assert examine("made.yaml", text_of(document))[2] == []


@many
@given(situations())
def test_every_step_of_an_explanation_cites_a_clause(situation):
    """Questions, outcomes and responses alike: each has its reasons, each reason clauses of the policy."""
    policy = situation["policy"]
    seen = assess(**situation)
    assert seen.policy == policy.version
    assert [o.id for o in seen.outcomes] == [o.id for o in policy.outcomes]
    assert [d.id for d in seen.duties] == [r.id for r in policy.responses]
    reasons = [q.reason for q in seen.questions]
    for part in (*seen.outcomes, *seen.duties):
        assert part.reasons
        reasons += part.reasons
    for reason in reasons:
        assert reason.clauses
        assert set(reason.clauses) <= set(policy.basis)
        assert any(clause in reason.text for clause in reason.clauses)


@many
@given(situations(), st.randoms())
def test_the_order_of_what_is_given_never_matters(situation, random):
    """Answers, flags, consultations and records in any order conclude the same."""
    keys = list(situation["answers"])
    random.shuffle(keys)
    other = dict(situation, answers={k: situation["answers"][k] for k in keys})
    for name in ("flagged", "consulted", "recorded"):
        other[name] = random.sample(situation[name], len(situation[name]))
    assert assess(**situation) == assess(**other)


@few
@given(documents(), st.data())
def test_the_same_input_under_the_same_version_concludes_the_same(document, data):
    """A policy read again from the same bytes has the same version and says the same."""
    raw = text_of(document)
    one, other = from_bytes.__wrapped__("a", raw), from_bytes.__wrapped__("a", raw)
    assert one.version == other.version
    category = data.draw(st.sampled_from(sorted(one.categories)))
    answers = {c.id: data.draw(st.sampled_from([a.id for a in c.answers])) for c in one.criteria}
    assert assess(one, category, answers) == assess(other, category, answers)
    changed = dict(document, title="別の題名")
    assert from_bytes("a", text_of(changed)).version != one.version


@many
@given(situations())
def test_unanswered_is_not_evaluated_and_never_no(situation):
    """What judges conduct is not open before every answer, and says "not evaluated" rather than no."""
    policy, answers = situation["policy"], situation["answers"]
    seen = assess(**situation)
    due = {c.id for c in asked(policy, situation["category"])}
    assert {q.id for q in seen.questions if q.due} >= due - set(answers)
    assert {q.id for q in seen.questions} >= due
    missing = {c.id for c in policy.criteria if c.id not in answers}
    judging = {o.id for o in policy.outcomes if o.judges}
    for choice in seen.outcomes:
        if choice.id in judging and missing:
            assert not choice.open
    if not answers:
        for choice in seen.outcomes:
            for reason in choice.reasons:
                covered = "対象ではありません" not in reason.text
                assert reason.met is not False or not covered


@many
@given(situations())
def test_an_exemption_holds_every_finding_until_somebody_was_consulted(situation):
    """While it holds nothing is confirmed, and what keeps staff safe is due whatever else is known."""
    policy, answers = situation["policy"], situation["answers"]
    exemption = policy.exemption
    if exemption is None:
        return
    suspected = policy.suspects_illness(situation["flagged"])
    waits = exemption.holds(answers, suspected) and not policy.was_consulted(situation["consulted"])
    seen = assess(**situation)
    if waits:
        assert not [c for c in seen.outcomes if c.open and c.id in exemption.blocks]
        due = {d.id for d in seen.duties if d.standing is Standing.DUE}
        assert set(exemption.meanwhile) <= due
    elif exemption.id in answers and not exemption.holds(answers, suspected):
        assert not [r for c in seen.outcomes for r in c.reasons if exemption.reason in r.text]


@many
@given(situations())
def test_nothing_is_asked_that_no_outcome_waits_for(situation):
    """A route of its own asks nothing; where something is asked, some answer changes what is open."""
    policy, category = situation["policy"], situation["category"]
    seen = assess(**situation)
    if seen.route is not None:
        assert seen.questions == ()
        assert conclude(policy, category, {}).missing == ()
    elif not asked(policy, category):
        opened = [o.id for o in assess(policy, category, {}).outcomes if o.open]
        assert [o.id for o in seen.outcomes if o.open] == opened


@many
@given(situations())
def test_care_signals_are_never_confirmed_and_what_nobody_listed_never_harassment(situation):
    policy = situation["policy"]
    group = policy.categories[situation["category"]].group
    for choice in assess(**situation).outcomes:
        outcome = policy.outcome(choice.id)
        if choice.open and outcome.result is Result.CONFIRMED:
            assert group is not Group.CARE
            assert group is not Group.UNLISTED or outcome.kind == "equivalent"


@many
@given(situations())
def test_outside_is_open_after_a_finding_alone_and_after_what_it_requires(situation):
    policy, recorded = situation["policy"], situation["recorded"]
    decided = policy.outcome(situation["outcome"]) if situation["outcome"] else None
    for duty in assess(**situation).duties:
        if duty.side is Side.EXTERNAL:
            assert duty.standing is not Standing.DUE
            if duty.standing is Standing.OPEN:
                assert decided.result is Result.CONFIRMED
                assert set(policy.response(duty.id).requires) <= set(recorded)
                assert duty.approved_by


@many
@given(any_policy, st.data())
def test_findings_in_any_order_propose_the_same_flags(policy, data):
    labels = sorted({*policy.by_label, "nothing"})
    findings = data.draw(
        st.lists(
            st.builds(
                Finding,
                st.sampled_from(labels),
                st.sampled_from([None, 0]),
                st.integers(0, 5),
                st.integers(6, 9),
                st.sampled_from([0.1, 0.4, 0.6, 0.95]),
                st.sampled_from(["rule:a", "classifier", "conduct"]),
                st.just("理由"),
            ),
            max_size=6,
        )
    )
    call = Conversation("c", Kind.CALL, (Turn("あいうえおかきくけこ", Speaker.CUSTOMER),))
    flags = policy.propose(call, findings, {})
    assert flags == policy.propose(call, data.draw(st.permutations(findings)), {})
    assert all(f.provision in policy.basis for f in flags)
    assert all(policy.categories[f.category].group is not Group.UNLISTED for f in flags)


people = st.builds(
    Person,
    st.sampled_from(["p-1", "p-2", ""]),
    st.just("だれか"),
    st.frozensets(st.sampled_from(Role)),
)


def _decide(situation, person, state, data):
    policy = situation["policy"]
    return decide(
        policy=policy,
        flag_id="f-1",
        category=situation["category"],
        state=state,
        person=person,
        answers=situation["answers"],
        outcome=data.draw(st.sampled_from([o.id for o in policy.outcomes])),
        reason=data.draw(st.sampled_from(["", "会話を聞いて判断した"])),
        now=NOW,
        illness_suspected=policy.suspects_illness(situation["flagged"]),
        illness_consulted=policy.was_consulted(situation["consulted"]),
    )


@settings(many, max_examples=200)
@given(situations(), people, st.sampled_from(FlagState), st.data())
def test_nothing_is_decided_but_by_a_person_who_may_with_all_it_needs(
    situation, person, state, data
):
    """Whatever comes in: behind every decision stand a person of the role, all answers, and a reason."""
    try:
        made = _decide(situation, person, state, data)
    except (ReviewError, PermissionDenied):
        return
    policy = situation["policy"]
    assert Role.MACHINE not in person.roles
    assert person.id
    assert person.roles & policy.may("decide") & HUMAN
    assert {c.id for c in asked(policy, situation["category"])} <= set(made.answers)
    assert made.reason
    assert made.to_state in TRANSITIONS[state]
    open_ = conclude(
        policy,
        situation["category"],
        situation["answers"],
        illness_suspected=made.illness_suspected,
        illness_consulted=made.illness_consulted,
    ).open
    assert made.outcome in open_


@many
@given(situations(), st.data())
def test_no_program_decides_or_raises(situation, data):
    """A key with every role of the record gets nothing: no decision, no own flag."""
    machine = Person("key:1", "取込", frozenset(Role))
    policy = situation["policy"]
    with pytest.raises(PermissionDenied):
        _decide(situation, machine, FlagState.PROPOSED, data)
    call = Conversation("c", Kind.CALL, (Turn("あいうえお", Speaker.CUSTOMER),))
    with pytest.raises(PermissionDenied):
        raise_flag(
            policy=policy,
            conversation=call,
            person=machine,
            turn=0,
            start=0,
            end=2,
            reason="理由を書いた",
        )
