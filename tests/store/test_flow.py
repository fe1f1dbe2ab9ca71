"""What follows a flag set right, a decision taken, and one that repeats another."""

import pytest

from screening.corrections import Correction, CorrectionKind
from screening.errors import Conflict, PermissionDenied, ReviewError
from screening.records import Priority
from screening.review import FlagState, Role
from screening.store import Filters

from .conftest import HARASSMENT, HARMLESS, PROPER

TWICE = {"answers": PROPER, "outcome": "duplicate", "reason": "前の候補と同じ言葉の重複"}


def _correct(store, saved, flag_id, person, policy, category):
    correction = Correction(CorrectionKind.CATEGORY, flag_id=flag_id, category=category)
    store.corrections.add(saved.key, person, correction, policy=policy)


def _ids(page):
    return {row.id for row in page.items}


class TestSetRight:
    def test_a_flag_set_right_to_self_harm_takes_the_care_route(
        self, store, make, reviewer, policy
    ):
        """It leaves the queue, is urgent on its own list, and is handed over without a question."""
        saved = store.save(*make(categories=("intimidation", "persistence")))
        flag_id, other = saved.flag_ids
        _correct(store, saved, flag_id, reviewer, policy, "self_harm_risk")
        assert _ids(store.flags(without=policy.routed)) == {other}
        (row,) = store.flags(only=policy.routed, all_flags=True).items
        assert (row.id, row.named, row.flag.priority) == (
            flag_id,
            "self_harm_risk",
            Priority.URGENT,
        )
        assert row.flag.category == "intimidation", "the machine's finding stays"
        seen, _ = store.assessment(flag_id, reviewer, policy=policy, answers={})
        assert (seen.route, seen.questions) == ("care_escalation", ())
        store.decide(
            flag_id,
            reviewer,
            policy=policy,
            answers={},
            outcome="care_escalation",
            reason="死にたいという言葉があった",
        )
        assert store.flag(flag_id).outcome == "care_escalation"
        assert store.flags(only=policy.routed, all_flags=True).total == 0

    def test_and_one_that_was_no_self_harm_comes_into_the_queue(
        self, store, make, reviewer, policy
    ):
        """The last category given counts, in the filters as well."""
        saved = store.save(*make(categories=("self_harm_risk",)))
        (flag_id,) = saved.flag_ids
        _correct(store, saved, flag_id, reviewer, policy, "threat")
        assert _ids(store.flags(without=policy.routed)) == {flag_id}
        assert store.flags(only=policy.routed, all_flags=True).total == 0
        assert _ids(store.flags(category="threat")) == {flag_id}
        assert store.flags(category="self_harm_risk").total == 0
        _correct(store, saved, flag_id, reviewer, policy, "self_harm_risk")
        assert store.flags(without=policy.routed).total == 0

    def test_the_steps_are_about_the_category_that_was_set_right(
        self, store, make, reviewer, policy
    ):
        """The decision was made on it, and its steps are listed under it."""
        saved = store.save(*make())
        _correct(store, saved, saved.flag_ids[0], reviewer, policy, "verbal_abuse")
        store.decide(saved.flag_ids[0], reviewer, policy=policy, **HARASSMENT)
        assert {row.category for row in store.steps.of_case(saved.key)} == {"verbal_abuse"}

    def test_a_decided_flag_is_not_made_urgent_unseen(self, store, make, reviewer, policy):
        """It would wait on no list; whoever finds it is told to add it as a new flag."""
        saved = store.save(*make())
        store.decide(saved.flag_ids[0], reviewer, policy=policy, **HARMLESS)
        with pytest.raises(Conflict, match="見落としを加える"):
            _correct(store, saved, saved.flag_ids[0], reviewer, policy, "self_harm_risk")
        _correct(store, saved, saved.flag_ids[0], reviewer, policy, "verbal_abuse")


class TestOutcomes:
    def test_a_row_says_what_was_chosen_until_it_is_taken_back(self, store, make, reviewer, policy):
        """Not only the state that it led to; and the lists can be asked for it."""
        saved = store.save(*make(categories=("threat", "verbal_abuse")))
        one, two = saved.flag_ids
        store.decide(one, reviewer, policy=policy, **TWICE)
        store.decide(two, reviewer, policy=policy, **HARMLESS)
        assert store.flag(one).outcome == "duplicate"
        both = (FlagState.DISMISSED,)
        assert _ids(store.flags(Filters(states=both, outcome="duplicate"))) == {one}
        store.withdraw(one, reviewer, reason="取り違えました")
        assert store.flag(one).outcome is None
        assert store.flags(Filters(states=(), outcome="duplicate")).total == 0

    def test_earlier_contacts_are_counted_by_outcome(self, store, make, reviewer, policy):
        """What waits is under None."""
        before = store.save(*make(1, customer_id="k", categories=("threat", "verbal_abuse")))
        after = store.save(*make(2, customer_id="k"))
        store.decide(before.flag_ids[0], reviewer, policy=policy, **TWICE)
        (earlier,) = store.case(after.key).earlier
        assert dict(earlier.outcomes) == {"duplicate": 1, None: 1}

    def test_who_reads_blind_is_not_told_the_outcome(self, store, make, staff, policy):
        """Neither in a row nor in the counts of other contacts."""
        from screening.sampling import Plan

        store.set_plan(Plan(double_share=1, check_share=0, claim_minutes=20))
        before = store.save(*make(1, customer_id="k"))
        after = store.save(*make(2, customer_id="k"))
        store.decide(before.flag_ids[0], staff["reviewer"], policy=policy, **TWICE)
        blind = staff["second"]
        assert store.flag(before.flag_ids[0], blind).outcome is None
        assert dict(store.case(after.key, blind).earlier[0].outcomes) == {None: 1}


class TestDuplicates:
    def test_the_original_is_kept_with_the_decision_and_vouched_for(
        self, store, make, reviewer, policy
    ):
        """Of the same conversation, or of another contact of the same customer."""
        before = store.save(*make(1, customer_id="k", categories=("threat",)))
        here = store.save(*make(2, customer_id="k", categories=("threat", "verbal_abuse")))
        one, two = here.flag_ids
        offered = [f.id for f in store.originals(one, reviewer)]
        assert offered == [two, before.flag_ids[0]]
        made = store.decide(one, reviewer, policy=policy, duplicate_of=before.flag_ids[0], **TWICE)
        assert made.duplicate_of == before.flag_ids[0]
        assert store.flag(one).duplicate_of == before.flag_ids[0]
        (kept,) = store.case(here.key).decisions
        assert (kept.decision.duplicate_of, dict(kept.decision.answers)) == (
            before.flag_ids[0],
            PROPER,
        )
        assert store.audit.verify().ok

    def test_a_duplicate_is_no_example_of_harmless_words(self, store, make, reviewer, policy):
        """What the original is says the label; the repeated words leave the export unlabelled."""
        saved = store.save(*make(categories=("threat", "verbal_abuse")))
        one, two = saved.flag_ids
        store.decide(one, reviewer, policy=policy, **HARMLESS)
        store.decide(two, reviewer, policy=policy, duplicate_of=one, **TWICE)
        (decided,) = store.corrections.decided()
        assert [flag_id for flag_id, _, _ in decided.flags] == [one]

    def test_a_stranger_or_a_circle_is_refused(self, store, make, reviewer, policy):
        """Another customer's flag, one that there is not, or one that repeats this one."""
        saved = store.save(*make(1, customer_id="k", categories=("threat", "verbal_abuse")))
        strange = store.save(*make(2, customer_id="other"))
        one, two = saved.flag_ids
        for wrong in (strange.flag_ids[0], "nothing"):
            with pytest.raises(ReviewError, match="同じお客様"):
                store.decide(one, reviewer, policy=policy, duplicate_of=wrong, **TWICE)
        store.decide(one, reviewer, policy=policy, duplicate_of=two, **TWICE)
        with pytest.raises(ReviewError, match="重複とされて"):
            store.decide(two, reviewer, policy=policy, duplicate_of=one, **TWICE)
        assert store.flag(two).state is FlagState.PROPOSED


def test_roles_come_before_content(store, make, reviewer, policy):
    """Who may not decide learns nothing of who was first, and nothing of what is missing."""
    saved = store.save(*make())
    flag_id = saved.flag_ids[0]
    store.decide(flag_id, reviewer, policy=policy, **HARASSMENT)
    auditor = store.people.add_person("監査 律", "long enough 123", [Role.AUDITOR])
    for refused in (
        lambda: store.decide(
            flag_id,
            auditor,
            policy=policy,
            answers={},
            outcome="nothing",
            reason="",
            expected_state=FlagState.PROPOSED,
        ),
        lambda: store.withdraw(flag_id, auditor, reason=""),
        lambda: store.work.escalate(flag_id, auditor, note=""),
    ):
        with pytest.raises(PermissionDenied):
            refused()
