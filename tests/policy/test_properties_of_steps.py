"""What holds for the steps of every policy that the check accepts."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.errors import PermissionDenied, ReviewError
from screening.policy import Result, Side, conclude, load_policy, respond
from screening.review import HUMAN, FlagState, Person, Role, decide
from screening.steps import Act, Step, StepState, act, plan

from .test_properties import NOW, any_policy, many


def _found(policy):
    """Some category and a decision of a person that confirms a flag of it, where the policy has one."""
    person = Person("p-1", "判断 花子", HUMAN)
    for category in policy.categories:
        for rule in policy.rules:
            if policy.outcome(rule.outcome).result is not Result.CONFIRMED:
                continue
            for when in rule.when:
                try:
                    return category, decide(
                        policy=policy,
                        flag_id="f-1",
                        category=category,
                        state=FlagState.PROPOSED,
                        person=person,
                        answers={k: min(v) for k, v in when.items()},
                        outcome=rule.outcome,
                        reason="会話を聞いて判断した",
                        now=NOW,
                    )
                except ReviewError:
                    continue
    return None


@many
@given(any_policy, st.data())
def test_no_program_acts(policy, data):
    """A key with every role of the record takes no step."""
    machine = Person("key:1", "取込", frozenset(Role))
    made = _found(policy)
    for planned in plan(policy, *made) if made else ():
        step = Step(planned, frozenset(["p-1"]))
        with pytest.raises(PermissionDenied):
            act(
                step,
                data.draw(st.sampled_from(Act)),
                machine,
                note="記録を書いた",
                recorded=[r.id for r in policy.responses],
                now=NOW,
            )


@many
@given(any_policy, st.data())
def test_nothing_outside_is_done_without_what_comes_before_and_who_must_approve(policy, data):
    """Any number of people try anything in any order: what is done outside was approved by the right one."""
    found = _found(policy)
    if found is None:
        return
    steps = {p.response: Step(p, frozenset(["p-1"])) for p in plan(policy, *found)}
    # Mostly people who may, trying mostly what leads on: else nothing would ever get done outside.
    capable = st.sampled_from([HUMAN, frozenset([Role.APPROVER]), frozenset([Role.REVIEWER])])
    team = [Person(f"p-{i}", "だれか", data.draw(capable)) for i in (1, 2)]
    team.append(Person("p-3", "だれか", data.draw(st.frozensets(st.sampled_from(Role)))))
    roles = {p.id: p.roles for p in team}
    tries = st.lists(
        st.tuples(
            st.sampled_from([Act.APPROVE, Act.DONE, Act.DONE, Act.DECLINE, Act.ASSIGN, Act.CANCEL]),
            st.sampled_from([*team, team[0], team[1]]),
            st.sampled_from(["記録を書いた", "記録を書いた", ""]),
            st.sampled_from([None, *team]),
        ),
        min_size=3,
        max_size=6,
    )
    for name in [*steps, *steps]:
        for what, person, note, owner in data.draw(tries):
            done = [r for r, s in steps.items() if s.state is StepState.DONE]
            step = steps[name]
            try:
                entry = act(step, what, person, note=note, owner=owner, recorded=done, now=NOW)
            except (ReviewError, PermissionDenied):
                continue
            steps[name] = Step(step.planned, step.decided_by, (*step.entries, entry))
    for step in steps.values():
        if step.state is StepState.DONE and step.planned.side is Side.EXTERNAL:
            (approval,) = [e for e in step.entries if e.act is Act.APPROVE]
            assert roles[approval.person_id] & step.planned.approver_roles
            assert not step.planned.second_person or approval.person_id not in step.decided_by
            for name, _ in step.planned.requires:
                assert steps[name].state is StepState.DONE
        assert all(Role.MACHINE not in roles[e.person_id] for e in step.entries)


@many
@given(any_policy)
def test_what_would_be_found_waits_for_the_consultation_and_no_longer(policy):
    """The same answers: found, blocked by the exemption, found again after the consultation."""
    found = _found(policy)
    if found is None or policy.exemption is None:
        return
    category, made = found
    asked = policy.exemption
    for answer in asked.answers:
        answers = {**made.answers, asked.id: answer.id}
        waiting = conclude(policy, category, answers, illness_suspected=True)
        assert (made.outcome in waiting.open) is not answer.covers
        after = conclude(policy, category, answers, illness_suspected=True, illness_consulted=True)
        assert made.outcome in after.open
    unanswered = conclude(policy, category, made.answers, illness_suspected=True)
    assert made.outcome in unanswered.blocked


@many
@given(any_policy)
def test_every_finding_obliges_inside_and_every_step_has_owner_and_day(policy):
    found = _found(policy)
    if found is None:
        return
    planned = plan(policy, *found)
    assert planned[0].side is Side.INTERNAL
    for step in planned:
        assert step.owner_roles <= HUMAN
        assert step.owner_roles
        assert date(2026, 11, 2) <= step.due_on <= date(2026, 11, 2) + timedelta(days=366)
        if step.side is Side.EXTERNAL:
            assert step.approver_roles
    follows = respond(policy, found[0], found[1].outcome)
    assert [s.response for s in planned] == [*follows.due, *follows.open]


@pytest.mark.parametrize(
    "outcome", ["intake_error", "duplicate", "staff_conduct", "needs_consultation"]
)
def test_only_what_is_about_conduct_waits_for_a_consultation(outcome):
    """Nobody is kept safe from a mistake of the recogniser's."""
    policy = load_policy()
    chosen = policy.outcome(outcome)
    undetermined = {c.id: next(a.id for a in c.answers if not a.settles) for c in policy.criteria}
    made = decide(
        policy=policy,
        flag_id="f-1",
        category="threat",
        state=FlagState.PROPOSED,
        person=Person("p-1", "確認", frozenset([Role.REVIEWER])),
        answers=undetermined if chosen.of_conduct else {},
        outcome=outcome,
        reason="会話を聞いて判断した",
        now=NOW,
        illness_suspected=True,
    )
    planned = {p.response for p in plan(policy, "threat", made)}
    follows = respond(policy, "threat", outcome)
    assert planned >= {*follows.due, *follows.open}
    assert (planned >= set(policy.exemption.meanwhile)) is chosen.of_conduct
