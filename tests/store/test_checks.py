"""Checking what was not flagged."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from screening.corrections import Correction, CorrectionKind
from screening.errors import Conflict, NotFound, PermissionDenied, ReviewError
from screening.records import ScreeningResult

from .conftest import HARASSMENT


@pytest.fixture
def quiet(store, make):
    """Saves a conversation in which nothing was found."""

    def save(number):
        conversation, _ = make(number, text="家の工事の日を変えたい")
        return store.save(
            conversation, ScreeningResult(conversation.id, False, "medical-care@1", "m")
        ).key

    return save


@pytest.fixture(autouse=True)
def _all_are_drawn(store):
    store.set_plan(replace(store.plan(), check_share=1, double_share=0))


class TestOffering:
    def test_only_what_was_not_flagged_is_offered(self, store, make, quiet, staff):
        """A conversation that waits in the queue is no sample of what is missed."""
        store.save(*make(1))
        key = quiet(2)
        assert store.checks.next(staff["reviewer"]) == key
        assert store.checks.waiting(staff["reviewer"]) == 1

    def test_each_person_gets_another_until_the_time_is_up(self, store, quiet, staff):
        """What one person has open is offered to nobody else for a while."""
        keys = {quiet(1), quiet(2)}
        me, other = staff["reviewer"], staff["second"]
        mine = store.checks.next(me)
        assert store.checks.next(me) == mine
        assert {mine, store.checks.next(other)} == keys
        assert store.checks.next(staff["third"]) is None
        with store.engine.begin() as c:
            c.execute(text("UPDATE unflagged SET offered_until = '2020-01-01'"))
        assert store.checks.next(staff["third"]) in keys

    def test_a_share_is_drawn(self, store, quiet, staff):
        """About the share that was set, and nothing at 0."""
        store.set_plan(replace(store.plan(), check_share=0.3))
        for n in range(100):
            quiet(n)
        assert 15 <= store.checks.waiting(staff["reviewer"]) <= 45
        store.set_plan(replace(store.plan(), check_share=0))
        before = store.checks.waiting(staff["reviewer"])
        quiet(200)
        assert store.checks.waiting(staff["reviewer"]) == before


class TestRecording:
    def test_a_checked_conversation_is_done(self, store, quiet, staff):
        """It is counted once, and whoever comes later is told by whom."""
        key = quiet(1)
        store.checks.record(key, staff["reviewer"], found=False)
        assert store.checks.next(staff["second"]) is None
        with pytest.raises(Conflict, match=staff["reviewer"].name):
            store.checks.record(key, staff["second"], found=True, categories=["threat"])

    def test_what_was_found_has_a_category(self, store, quiet, staff):
        """Something missed without a name helps nobody."""
        with pytest.raises(ReviewError, match="区分"):
            store.checks.record(quiet(1), staff["reviewer"], found=True)

    def test_what_was_not_drawn_is_not_recorded(self, store, make, staff):
        """Nobody chooses what counts."""
        with pytest.raises(NotFound):
            store.checks.record(store.save(*make(1)).key, staff["reviewer"], found=False)

    @pytest.mark.parametrize("who", ["approver", "administrator", "auditor", "machine"])
    def test_only_a_reviewer_checks(self, store, quiet, staff, who):
        """No other role looks through calm conversations."""
        key = quiet(1)
        with pytest.raises(PermissionDenied):
            store.checks.next(staff[who])
        with pytest.raises(PermissionDenied):
            store.checks.record(key, staff[who], found=False)


class TestEstimate:
    def test_missed_and_recall(self, store, make, quiet, staff, policy):
        """Ten came in without a flag, five are checked, one hid something; two were confirmed."""
        me = staff["reviewer"]
        for n in range(3):
            flag = store.save(*make(n)).flag_ids[0]
            if n < 2:
                store.decide(flag, me, policy=policy, **HARASSMENT)
        keys = [quiet(n) for n in range(100, 110)]
        for key in keys[:5]:
            found = key == keys[0]
            store.checks.record(key, me, found=found, categories=["threat"] if found else [])
        report = store.checks.estimate(staff["auditor"])
        assert (report.unflagged, report.checked, report.found) == (10, 5, 1)
        assert report.confirmed == 2
        assert report.missed == pytest.approx(2)
        assert report.recall == pytest.approx(0.5)
        assert report.recall_low < 0.5 < report.recall_high
        assert "Clopper-Pearson" in report.method

    def test_a_missed_flag_that_is_confirmed_stays_missed(self, store, quiet, staff, policy):
        """What a person had to find does not count as flagged by the machine."""
        me, key = staff["reviewer"], quiet(1)
        store.checks.record(key, me, found=True, categories=["threat"])
        added = store.corrections.add(
            key,
            me,
            Correction(CorrectionKind.MISSED, turn=1, start=0, end=3, category="threat"),
            policy=policy,
        )
        store.decide(added.correction.flag_id, me, policy=policy, **HARASSMENT)
        report = store.checks.estimate(me)
        assert (report.confirmed, report.found, report.recall) == (0, 1, 0)
