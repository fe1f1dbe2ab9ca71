"""What a decision obliges to: who, until when, in which order, and who may approve it."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from screening.days import day_of
from screening.errors import Conflict, NotFound, PermissionDenied, ReviewError
from screening.policy import Side
from screening.review import FlagState, Person, Role
from screening.steps import Act, Readiness, StepState
from screening.store import Filters

PROPER = {"demand_validity": "no_demand", "means_acceptability": "unacceptable"}
FOUND = {"answers": PROPER, "outcome": "harassment", "reason": "家族への害をほのめかした"}
HELD = {"answers": PROPER, "outcome": "needs_consultation", "reason": "病状の可能性がある"}
COMPLAINT = {
    "answers": {"demand_validity": "valid", "means_acceptability": "acceptable"},
    "outcome": "legitimate_complaint",
    "reason": "正当な申し出である",
}


@pytest.fixture
def approver(store):
    return store.people.add_person("承認 一郎", "long enough 123", [Role.APPROVER])


@pytest.fixture
def both(store):
    """Somebody who reviews and approves."""
    return store.people.add_person("兼任 次郎", "long enough 123", [Role.REVIEWER, Role.APPROVER])


@pytest.fixture
def saved(store, make):
    return store.save(*make())


def _steps(store, key):
    return {row.step.planned.response: row for row in store.steps.of_case(key)}


def _act(store, saved, person, response, what=Act.DONE, note="実施した内容の記録", **more):
    row = _steps(store, saved.key)[response]
    return store.steps.act(row.id, person, what, note=note, **more)


def test_nothing_is_due_before_a_decision(store, saved):
    """A flag by itself obliges nobody to anything."""
    assert store.steps.of_case(saved.key) == ()


def test_a_finding_leads_to_steps_inside_first_with_owner_and_day(store, saved, reviewer, policy):
    """Each has the policy's order, the role that owns it and the day counted from the decision."""
    now = datetime(2026, 11, 2, 10, tzinfo=UTC)
    store.decide(saved.flag_ids[0], reviewer, policy=policy, now=now, **FOUND)
    rows = store.steps.of_case(saved.key)
    sides = [row.step.planned.side for row in rows]
    assert sides == sorted(sides, key=lambda side: side is Side.EXTERNAL)
    care = rows[0].step
    assert (care.planned.response, care.state) == ("staff_care", StepState.DUE)
    assert (care.planned.owner, care.planned.due_on) == ("承認者", date(2026, 11, 3))
    assert care.overdue(date(2026, 11, 4))
    assert {r.step.state for r in rows if r.step.planned.side is Side.EXTERNAL} == {
        StepState.OFFERED
    }


def test_a_refusal_of_service_needs_what_comes_before_it_and_another_person(
    store, saved, both, approver, policy
):
    """Care first, then a warning, then a second person of the role; each is in the record."""
    store.decide(saved.flag_ids[0], both, policy=policy, **FOUND)
    with pytest.raises(PermissionDenied, match="別の人"):
        _act(store, saved, both, "refusal_of_service", Act.APPROVE)
    with pytest.raises(ReviewError, match=r"心のケア.*お伝えする"):
        _act(store, saved, approver, "refusal_of_service", Act.APPROVE)
    _act(store, saved, approver, "staff_care")
    with pytest.raises(ReviewError, match="承認の後"):
        _act(store, saved, both, "warning")
    _act(store, saved, approver, "warning", Act.APPROVE)
    _act(store, saved, both, "warning")
    row = _act(store, saved, approver, "refusal_of_service", Act.APPROVE, note="")
    assert row.step.state is StepState.APPROVED
    row = _act(store, saved, approver, "refusal_of_service")
    assert row.step.state is StepState.DONE
    assert [(e.act, row.people[e.person_id]) for e in row.step.entries] == [
        (Act.APPROVE, "承認 一郎"),
        (Act.DONE, "承認 一郎"),
    ]
    with pytest.raises(ReviewError, match="実施済み"):
        _act(store, saved, approver, "refusal_of_service")


def test_whoever_decided_any_of_the_flags_behind_it_is_no_second_person(
    store, make, both, approver, reviewer, policy
):
    """Two flags of one conversation, two deciders: neither approves what both lead to."""
    saved = store.save(*make(categories=("threat", "verbal_abuse")))
    store.decide(saved.flag_ids[0], reviewer, policy=policy, **FOUND)
    store.decide(saved.flag_ids[1], both, policy=policy, **FOUND)
    assert len(store.steps.of_case(saved.key)) == len(_steps(store, saved.key))
    with pytest.raises(PermissionDenied, match="別の人"):
        _act(store, saved, both, "refusal_of_service", Act.APPROVE)


@pytest.mark.parametrize("what", [Act.ASSIGN, Act.APPROVE, Act.DECLINE, Act.DONE, Act.CANCEL])
def test_no_program_does_anything_with_a_step(store, saved, reviewer, policy, what):
    """A key cannot approve, do, decline, assign or cancel, whatever role it claims."""
    store.decide(saved.flag_ids[0], reviewer, policy=policy, **FOUND)
    machine = Person("key:1", "取込", frozenset([Role.MACHINE, Role.APPROVER]))
    for response in ("staff_care", "refusal_of_service"):
        with pytest.raises(PermissionDenied):
            _act(store, saved, machine, response, what)


def test_the_wrong_role_and_an_empty_record_are_refused(store, saved, reviewer, approver, policy):
    """A reviewer does not approve; done means that something is written down."""
    store.decide(saved.flag_ids[0], reviewer, policy=policy, **FOUND)
    with pytest.raises(PermissionDenied, match="承認者"):
        _act(store, saved, reviewer, "warning", Act.APPROVE)
    with pytest.raises(ReviewError, match="理由"):
        _act(store, saved, approver, "staff_care", note=" ")
    with pytest.raises(ReviewError, match="承認は要りません"):
        _act(store, saved, approver, "staff_care", Act.APPROVE)
    with pytest.raises(PermissionDenied, match="登録されていない"):
        _act(store, saved, Person("x", "x", frozenset([Role.APPROVER])), "staff_care")


def test_an_owner_is_named_from_those_who_hold_the_role(store, saved, reviewer, approver, policy):
    store.decide(saved.flag_ids[0], reviewer, policy=policy, **FOUND)
    with pytest.raises(PermissionDenied, match="承認者"):
        _act(store, saved, reviewer, "staff_care", Act.ASSIGN, owner_id=reviewer.id)
    row = _act(store, saved, reviewer, "staff_care", Act.ASSIGN, owner_id=approver.id)
    assert row.people[row.step.owner_id] == "承認 一郎"


def test_taking_a_decision_back_ends_what_is_not_done(store, saved, reviewer, approver, policy):
    """What is done stays on record as done; the rest is cancelled with the reason."""
    store.decide(saved.flag_ids[0], reviewer, policy=policy, **FOUND)
    _act(store, saved, approver, "staff_care")
    store.withdraw(saved.flag_ids[0], reviewer, reason="別の会話と取り違えた")
    assert list(_steps(store, saved.key)) == ["staff_care"]
    assert store.steps.waiting() == ()
    store.decide(saved.flag_ids[0], reviewer, policy=policy, **COMPLAINT)
    steps = _steps(store, saved.key)
    assert set(steps) == {"staff_care", "voice_of_customer"}


def test_the_second_flag_keeps_a_step_alive_when_the_first_is_taken_back(
    store, make, reviewer, policy
):
    """A response that two flags lead to goes on while one of them stands."""
    saved = store.save(*make(categories=("threat", "verbal_abuse")))
    for flag in saved.flag_ids:
        store.decide(flag, reviewer, policy=policy, **FOUND)
    store.withdraw(saved.flag_ids[0], reviewer, reason="別の会話と取り違えた")
    steps = _steps(store, saved.key)
    assert steps["staff_care"].flag_id == saved.flag_ids[1]
    assert "police_or_lawyer" not in steps  # abuse alone is not grave enough


def test_a_fair_complaint_waits_in_the_list_of_the_voice_of_the_customer(
    store, make, reviewer, policy
):
    for number in (1, 2):
        flag = store.save(*make(number)).flag_ids[0]
        store.decide(flag, reviewer, policy=policy, **COMPLAINT)
    waiting = store.steps.waiting(response="voice_of_customer")
    assert len(waiting) == 2
    store.steps.act(waiting[0].id, reviewer, Act.DONE, note="改善の担当に渡した")
    assert len(store.steps.waiting(response="voice_of_customer")) == 1


def test_what_waits_is_listed_by_role_and_day(store, saved, reviewer, policy):
    now = datetime.now(UTC)
    store.decide(saved.flag_ids[0], reviewer, policy=policy, now=now, **FOUND)
    mine = store.steps.waiting(roles=[Role.REVIEWER])
    assert {row.step.planned.response for row in mine} == {"consultation_desk", "response_team"}
    soon = store.steps.waiting(due_by=day_of(now) + timedelta(days=1))
    assert {row.step.planned.response for row in soon} == {"staff_care"}


def test_staff_are_kept_safe_while_a_consultation_is_waited_for(
    store, make, reviewer, approver, policy
):
    """Held for a consultation: safety and the consultation are due; then harassment may be found."""
    saved = store.save(*make(categories=("threat", "illness_related")))
    store.decide(saved.flag_ids[0], reviewer, policy=policy, **HELD)
    assert {"staff_safety", "outside_consultation"} <= set(_steps(store, saved.key))
    with pytest.raises(ReviewError, match="協議"):
        store.decide(saved.flag_ids[0], reviewer, policy=policy, **FOUND)
    with pytest.raises(ReviewError, match="相手"):
        store.consult(saved.key, reviewer, consulted="家電店", note="話し合った内容", policy=policy)
    store.consult(saved.key, reviewer, consulted="家電店", note="話し合った内容")
    with pytest.raises(ReviewError, match="協議"):
        store.decide(saved.flag_ids[0], reviewer, policy=policy, **FOUND)
    with pytest.raises(ReviewError, match="まだ来ていません"):
        store.consult(
            saved.key,
            reviewer,
            consulted="親会社",
            note="話し合った内容",
            policy=policy,
            held_on=date(2999, 1, 1),
        )
    store.consult(
        saved.key,
        reviewer,
        consulted="居宅介護支援事業所（担当の方）",
        note="話し合った内容",
        policy=policy,
        held_on=date(2026, 11, 1),
    )
    assert store.case(saved.key).consultations[-1].held_on == "2026-11-01"
    decision = store.decide(saved.flag_ids[0], reviewer, policy=policy, **FOUND)
    assert decision.illness_consulted
    assert {"staff_safety", "warning"} <= set(_steps(store, saved.key))


def test_anothers_illness_is_no_cover(store, make, reviewer, policy):
    """A person who says so may find harassment at once, and the answer is in the record."""
    saved = store.save(*make(categories=("threat", "illness_related")))
    answers = PROPER | {"illness": "other_person"}
    given = FOUND | {"answers": answers}
    decision = store.decide(saved.flag_ids[0], reviewer, policy=policy, **given)
    assert not decision.illness_suspected
    assert store.case(saved.key).decisions[0].decision.answers == answers


def test_illness_that_no_detector_saw_blocks_by_a_persons_answer(store, saved, reviewer, policy):
    given = FOUND | {"answers": PROPER | {"illness": "speaker"}}
    with pytest.raises(ReviewError, match="協議"):
        store.decide(saved.flag_ids[0], reviewer, policy=policy, **given)


class TestOwnFlags:
    def _raise(self, store, saved, person, policy, **more):
        place = {"turn": 1, "start": 0, "end": 2, "reason": "社員の家を調べたと話している"} | more
        return store.raise_flag(saved.key, person, policy=policy, **place)

    def test_a_person_raises_what_no_list_names(self, store, saved, reviewer, policy):
        """It waits like any other, and may be found equally grave, never harassment as listed."""
        flag = self._raise(store, saved, reviewer, policy)
        row = store.flag(flag)
        assert (row.flag.text, row.state, row.queued) == ("家は", FlagState.PROPOSED, True)
        assert row.flag.provision == "同等行為"
        assert row.flag.detectors == (f"person:{reviewer.id}",)
        assert "社員の家を調べた" in row.flag.why
        with pytest.raises(ReviewError, match="対象ではありません"):
            store.decide(flag, reviewer, policy=policy, **FOUND)
        given = FOUND | {"outcome": "equivalent_conduct"}
        assert store.decide(flag, reviewer, policy=policy, **given).to_state is FlagState.CONFIRMED

    def test_no_program_raises_one(self, store, saved, policy):
        machine = Person("key:1", "取込", frozenset([Role.MACHINE, Role.REVIEWER]))
        with pytest.raises(PermissionDenied):
            self._raise(store, saved, machine, policy)

    @pytest.mark.parametrize(
        "more",
        [{"turn": 0}, {"turn": 9}, {"start": 3, "end": 3}, {"end": 99}, {"reason": "むむ"}],
        ids=["an agent's words", "no turn", "no words", "beyond the end", "no reason"],
    )
    def test_it_needs_the_customers_words_and_a_reason(self, store, saved, reviewer, policy, more):
        with pytest.raises(ReviewError):
            self._raise(store, saved, reviewer, policy, **more)

    def test_the_same_words_are_raised_once(self, store, saved, reviewer, policy):
        self._raise(store, saved, reviewer, policy)
        with pytest.raises(Conflict):
            self._raise(store, saved, reviewer, policy)
        with pytest.raises(NotFound):
            store.raise_flag(
                "0" * 32, reviewer, policy=policy, turn=1, start=0, end=1, reason="理由を書いた"
            )


def test_self_harm_waits_in_no_queue_of_harassment(store, make, policy):
    """It is out of the queue the moment it is found, and first in its own."""
    store.save(*make(categories=("threat", "self_harm_risk")))
    assert policy.routed == {"self_harm_risk"}
    queue = store.flags(without=policy.routed)
    assert [f.flag.category for f in queue.items] == ["threat"]
    assert [f.flag.category for f in store.flags(only=policy.routed).items] == ["self_harm_risk"]
    person = store.people.add_person("確認 花子", "long enough 123", [Role.REVIEWER])
    assert (
        store.onward(queue.items[0], person, asked_for=Filters(without=tuple(policy.routed)))
        is None
    )


def test_roles_are_asked_before_what_a_step_still_lacks(store, saved, reviewer, policy):
    """Who may not act is told so, and not what the step waits for."""
    store.decide(saved.flag_ids[0], reviewer, policy=policy, **FOUND)
    auditor = store.people.add_person("監査 律", "long enough 123", [Role.AUDITOR])
    for response, what in (
        ("refusal_of_service", Act.APPROVE),
        ("refusal_of_service", Act.DONE),
        ("warning", Act.DECLINE),
        ("staff_care", Act.APPROVE),
        ("staff_care", Act.CANCEL),
    ):
        for person in (auditor, *([reviewer] if response == "refusal_of_service" else [])):
            with pytest.raises(PermissionDenied):
                _act(store, saved, person, response, what, note="")


@pytest.mark.parametrize("table", ["steps", "step_entries"])
def test_the_steps_and_their_record_cannot_be_edited(
    store, saved, reviewer, approver, policy, table
):
    """The database itself refuses to change or remove them."""
    store.decide(saved.flag_ids[0], reviewer, policy=policy, **FOUND)
    _act(store, saved, approver, "staff_care")
    column = {"steps": "title", "step_entries": "note"}[table]
    for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(DatabaseError, match="append-only"), store.engine.begin() as c:
            c.execute(text(statement))


class TestBlind:
    @pytest.fixture(autouse=True)
    def _all_are_read_twice(self, store):
        store.set_plan(replace(store.plan(), double_share=1))

    def test_the_second_reader_sees_and_does_nothing_that_the_first_decision_led_to(
        self, store, saved, staff, policy
    ):
        """Until they have given their own reading; those who do not read see everything."""
        second, flag = staff["second"], saved.flag_ids[0]
        store.decide(flag, staff["reviewer"], policy=policy, **FOUND)
        assert store.steps.of_case(saved.key, second) == ()
        assert store.steps.waiting(viewer=second) == ()
        assert store.steps.of_case(saved.key, staff["approver"]) == store.steps.of_case(saved.key)
        with pytest.raises(NotFound):
            _act(store, saved, second, "consultation_desk")
        past, _ = store.shadow.past(second)
        assert [p.found for p in past] == [None]
        store.decide(flag, second, policy=policy, expected_decision=0, **FOUND)
        assert store.steps.of_case(saved.key, second) == store.steps.of_case(saved.key)
        past, _ = store.shadow.past(second)
        assert [p.found for p in past] == [True]

    def test_while_two_readers_disagree_nothing_outside_goes_on(self, store, saved, staff, policy):
        """What is inside stays due; what is outside is blocked until a third has decided."""
        store.decide(saved.flag_ids[0], staff["reviewer"], policy=policy, **FOUND)
        _act(store, saved, staff["approver"], "staff_care")
        assert _steps(store, saved.key)["warning"].readiness is Readiness.WAITING
        other = {"answers": PROPER, "outcome": "intake_error", "reason": "別の人の声だった"}
        store.decide(saved.flag_ids[0], staff["second"], policy=policy, **other)
        rows = _steps(store, saved.key)
        assert rows["warning"].readiness is Readiness.BLOCKED
        assert rows["consultation_desk"].readiness is Readiness.DUE


class TestTheSameTwice:
    def test_two_decisions_at_once_that_saw_the_same_are_one_decision(
        self, store, saved, staff, policy
    ):
        """On hold may be put on hold again, so the state alone would let both through."""
        flag = saved.flag_ids[0]
        results = []

        def decide(name):
            try:
                store.decide(flag, staff[name], policy=policy, expected_decision=0, **HELD)
                results.append("decided")
            except Conflict as error:
                results.append(error.changed.outcome)

        threads = [threading.Thread(target=decide, args=(n,)) for n in ("reviewer", "second")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results) == ["decided", "needs_consultation"]
        assert store.flag(flag).decision == store.case(saved.key).decisions[-1].id


def test_the_earliest_due_are_listed_first_and_no_more_than_asked_for(
    store, make, reviewer, policy
):
    """Over several conversations, in the order of their days."""
    for number in range(4):
        saved = store.save(*make(number))
        now = datetime(2026, 11, 9 - 2 * number, 10, tzinfo=UTC)
        store.decide(saved.flag_ids[0], reviewer, policy=policy, now=now, **FOUND)
    everything = store.steps.waiting()
    days = [row.step.planned.due_on for row in everything]
    assert days == sorted(days)
    assert len({row.conversation_key for row in everything}) == 4
    for limit in (1, 5, len(everything)):
        assert store.steps.waiting(limit=limit) == everything[:limit]
