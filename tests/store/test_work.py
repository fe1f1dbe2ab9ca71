"""Claims, and what people do with a flag short of deciding it."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from screening.errors import Conflict, NotFound, PermissionDenied, ReviewError
from screening.review import FlagState, Role
from screening.store import Filters

from .conftest import HARASSMENT, PASSWORD


@pytest.fixture
def flag(store, make):
    return store.save(*make()).flag_ids[0]


@pytest.fixture
def me(staff):
    return staff["reviewer"]


@pytest.fixture
def other(staff):
    return staff["second"]


def _run_out(store):
    with store.engine.begin() as c:
        c.execute(text("UPDATE claims SET until = '2020-01-01T00:00:00.000000+00:00'"))


class TestClaims:
    def test_a_claim_is_seen_by_others_and_blocks_nobody(self, store, flag, me, other, policy):
        """The other sees who has it until when, and may decide all the same."""
        mine = store.work.claim(flag, me)
        assert mine.mine
        seen = store.work.claim(flag, other)
        assert (seen.mine, seen.person_name, seen.until) == (False, me.name, mine.until)
        assert store.flag(flag, viewer=other).claim == seen
        store.decide(flag, other, policy=policy, **HARASSMENT)
        assert store.flag(flag).claim is None

    def test_a_claim_runs_out_by_itself(self, store, flag, me, other):
        """After its time it is nobody's, and the next person has it without taking it over."""
        store.work.claim(flag, me)
        _run_out(store)
        assert store.flag(flag).claim is None
        assert store.work.claim(flag, other).mine
        assert store.case(store.flag(flag).conversation_key).events == ()

    def test_taking_over_is_on_record(self, store, flag, me, other):
        """Whoever takes a claim from another is named."""
        store.work.claim(flag, me)
        assert store.work.claim(flag, other, take=True).mine
        (event,) = store.case(store.flag(flag).conversation_key).events
        assert (event.kind, event.person_name) == ("taken", other.name)

    def test_a_released_claim_is_gone_and_only_ones_own(self, store, flag, me, other):
        """Letting go of another's claim does nothing."""
        store.work.claim(flag, me)
        store.work.release(flag, other)
        assert store.flag(flag).claim is not None
        store.work.release(flag, me)
        assert store.flag(flag).claim is None

    def test_a_flag_that_is_not_there(self, store, me):
        """Is said to be missing."""
        with pytest.raises(NotFound):
            store.work.claim("0" * 32, me)


class TestNext:
    def test_each_gets_another(self, store, make, me, other):
        """Two people who ask one after the other do not get the same flag."""
        ids = [store.save(*make(n)).flag_ids[0] for n in range(2)]
        found = [store.work.next(p).id for p in (me, other)]
        assert found == ids
        assert store.work.next(me).id == ids[0]

    def test_twenty_who_ask_at_once_get_twenty(self, store, make):
        """Nobody gets what another got in the same moment."""
        store.save_many([make(n) for n in range(20)])
        people = [store.people.add_person(f"p{n}", PASSWORD, [Role.REVIEWER]) for n in range(20)]
        found, failed = [], []

        def ask(person):
            try:
                found.append(store.work.next(person).id)
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=ask, args=(p,)) for p in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        assert len(set(found)) == 20

    def test_what_was_handed_to_me_comes_first_and_to_nobody_else(self, store, make, me, other):
        """A flag handed over waits for one person."""
        first, second = (store.save(*make(n)).flag_ids[0] for n in range(2))
        store.work.hand_over(second, me, to=other.id, note="前回の担当のため")
        assert store.work.next(other).id == second
        assert store.work.next(me).id == first
        store.work.skip(first, me)
        assert store.work.next(me) is None

    def test_skipped_is_left_to_others(self, store, make, me, other):
        """Skipping needs no reason, and the flag goes to somebody else."""
        flag = store.save(*make()).flag_ids[0]
        assert store.work.next(me).id == flag
        store.work.skip(flag, me)
        assert store.work.next(me) is None
        assert store.work.next(other).id == flag
        key = store.flag(flag).conversation_key
        assert store.case(key).events == ()  # who skipped is nobody's business
        assert store.flags().total == 1

    def test_who_asked_the_approvers_is_not_asked_again(self, store, make, me, other):
        """They wait for an answer, here as in the console; the flag itself waits for anybody else."""
        first, second = (store.save(*make(n)).flag_ids[0] for n in range(2))
        assert store.work.next(me).id == first
        store.work.escalate(first, me, note="判断基準の当てはめを相談したい")
        assert store.work.next(me).id == second
        assert first in store.work.passed(store.flag(first).conversation_key, me)
        store.work.release(first, me)
        assert store.work.next(other).id == first
        store.work.skip(second, me)
        assert store.work.next(me) is None

    def test_it_follows_the_filters(self, store, make, me):
        """Who works on one category gets that one."""
        store.save(*make(1, categories=("threat", "restraint")))
        assert store.work.next(me, Filters(category="restraint")).flag.category == "restraint"
        assert store.work.next(me, Filters(category="deception")) is None


class TestEvents:
    def test_on_hold_until_its_time(self, store, flag, me, other):
        """A flag put aside leaves the queue, keeps its state, and comes back by itself."""
        until = datetime.now(UTC) + timedelta(hours=2)
        store.work.hold(flag, me, until=until, note="録音を取り寄せ中")
        assert store.flags().total == 0
        assert store.work.next(other) is None
        row = store.flag(flag)
        assert row.state is FlagState.PROPOSED
        assert datetime.fromisoformat(row.held_until) == until
        with store.engine.begin() as c:
            c.execute(text("UPDATE flags SET held_until = '2020-01-01T00:00:00.000000+00:00'"))
        assert store.flags().total == 1

    def test_holding_blocks_no_decision_and_ends_with_it(self, store, flag, me, other, policy):
        """Somebody who knows enough may decide at once."""
        store.work.hold(flag, me, until=datetime.now(UTC) + timedelta(hours=2))
        store.decide(flag, other, policy=policy, **HARASSMENT)
        assert store.flag(flag).held_until is None

    def test_back_before_its_time(self, store, flag, me):
        """Who put it aside may bring it back."""
        store.work.hold(flag, me, until=datetime.now(UTC) + timedelta(hours=2))
        store.work.resume(flag, me)
        assert store.flags().total == 1

    @pytest.mark.parametrize("hours", [-1, 24 * 32])
    def test_a_time_that_makes_no_sense_is_refused(self, store, flag, me, hours):
        """Neither the past nor half a year."""
        with pytest.raises(ReviewError, match="期限"):
            store.work.hold(flag, me, until=datetime.now(UTC) + timedelta(hours=hours))

    def test_escalation_says_why(self, store, flag, me):
        """An approver finds the flag with the question."""
        with pytest.raises(ReviewError):
            store.work.escalate(flag, me, note=" ")
        store.work.escalate(flag, me, note="前例がない")
        (event,) = store.case(store.flag(flag).conversation_key).events
        assert (event.kind, event.note) == ("escalated", "前例がない")

    def test_only_to_who_can_decide(self, store, flag, me, staff):
        """A flag is not handed to somebody who could do nothing with it."""
        for to in (staff["auditor"].id, "nobody"):
            with pytest.raises(ReviewError, match="確認者"):
                store.work.hand_over(flag, me, to=to)

    def test_what_was_decided_is_not_worked_on(self, store, flag, me, policy):
        """The second is told, and nothing changes."""
        store.decide(flag, me, policy=policy, **HARASSMENT)
        later = datetime.now(UTC) + timedelta(hours=1)
        for act in (
            lambda: store.work.hold(flag, me, until=later),
            lambda: store.work.escalate(flag, me, note="確認したい"),
            lambda: store.work.skip(flag, me),
        ):
            with pytest.raises(Conflict, match="決定"):
                act()

    def test_all_of_it_is_in_the_audit_log(self, store, flag, me, other, staff):
        """Every event has its entry."""
        later = datetime.now(UTC) + timedelta(hours=1)
        store.work.hold(flag, me, until=later)
        store.work.resume(flag, me)
        store.work.hand_over(flag, me, to=other.id)
        store.work.escalate(flag, other, note="相談")
        store.work.skip(flag, other)
        log = store.audit.entries(staff["auditor"], subject=f"flag:{flag}")
        assert [e.action for e in reversed(log)] == [
            "held",
            "resumed",
            "handed",
            "escalated",
            "skipped",
        ]
        assert store.audit.verify().ok

    @pytest.mark.parametrize("who", ["approver", "administrator", "auditor", "machine"])
    def test_nobody_but_a_reviewer(self, store, flag, staff, who):
        """No other role claims, skips or hands over."""
        person = staff[who]
        for act in (
            lambda: store.work.claim(flag, person),
            lambda: store.work.next(person),
            lambda: store.work.skip(flag, person),
            lambda: store.work.escalate(flag, person, note="x"),
            lambda: store.work.hand_over(flag, person, to=person.id),
            lambda: store.work.reviewers(person),
        ):
            with pytest.raises(PermissionDenied):
                act()

    def test_who_may_take_over(self, store, staff, me):
        """Active reviewers but oneself."""
        names = {p.name for p in store.work.reviewers(me)}
        assert names == {staff["second"].name, staff["third"].name}
