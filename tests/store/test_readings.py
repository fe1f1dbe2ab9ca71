"""Second readings: blind, counted, and settled by a third person."""

import threading
from dataclasses import replace

import pytest

from screening.errors import Conflict, PermissionDenied, ReviewError
from screening.review import FlagState
from screening.store import Filters, Place

from .conftest import HARASSMENT, HARMLESS


@pytest.fixture(autouse=True)
def _all_are_read_twice(store):
    store.set_plan(replace(store.plan(), double_share=1))


@pytest.fixture
def flag(store, make):
    return store.save(*make()).flag_ids[0]


@pytest.fixture
def first(store, flag, staff, policy):
    """The flag after its first decision."""
    store.decide(flag, staff["reviewer"], policy=policy, **HARASSMENT)
    return flag


class TestBlind:
    def test_nothing_shows_the_first_decision_to_the_second_reader(self, store, first, staff):
        """Neither state nor decision, in the queue, the flag or the case."""
        second = staff["second"]
        key = store.flag(first).conversation_key
        assert store.flag(first, viewer=second).state is FlagState.PROPOSED
        assert store.flag(first, viewer=second).second_after is None
        case = store.open_case(key, second)
        assert case.flags[0].state is FlagState.PROPOSED
        assert case.decisions == ()
        assert [r.id for r in store.flags(viewer=second).items] == [first]
        decided = Filters(states=(FlagState.CONFIRMED, FlagState.DISMISSED))
        assert store.flags(decided, viewer=second).total == 0
        assert store.flags(Filters(states=()), viewer=second).items[0].state is FlagState.PROPOSED

    def test_the_policy_limits_the_other_contacts(self, store, make, staff, policy):
        """As many and as far away as it says, the latest first, whatever zone their times are in."""
        keys = {}
        for number, at in enumerate(("2026-10-01T09:00:00+09:00", "2026-10-20T00:30:00Z", "2026-10-20T09:00:00+09:00", "2026-10-22T09:00:00+09:00"), 1):  # fmt: skip
            keys[store.save(*make(number, customer_id="k-1", occurred_at=at)).key] = number
        last = next(key for key, number in keys.items() if number == 4)

        def shown(**rules):
            store.adopt(replace(policy, reading=replace(policy.reading, **rules)))
            return [keys[e.key] for e in store.open_case(last, staff["reviewer"]).earlier]

        assert shown() == [2, 3, 1]
        assert shown(earlier_contacts=2) == [2, 3]
        assert shown(earlier_contacts=0) == []
        assert shown(earlier_days=7) == [2, 3]

    def test_earlier_contacts_show_nothing_either(self, store, make, staff, policy):
        """The same customer's other case does not give the first decision away."""
        one, two = (store.save(*make(n, customer_id="k")) for n in range(2))
        store.decide(one.flag_ids[0], staff["reviewer"], policy=policy, **HARASSMENT)
        (earlier,) = store.open_case(two.key, staff["second"]).earlier
        assert earlier.states == {"proposed": 1}
        (earlier,) = store.open_case(two.key, staff["reviewer"]).earlier
        assert earlier.states == {"confirmed": 1}

    def test_who_decided_and_who_does_not_read_see_it(self, store, first, staff):
        """The first reader, approvers and auditors see what was decided."""
        key = store.flag(first).conversation_key
        for who in ("reviewer", "approver", "auditor"):
            case = store.open_case(key, staff[who])
            assert case.flags[0].state is FlagState.CONFIRMED
            assert len(case.decisions) == 1
        assert store.flags(viewer=staff["reviewer"]).total == 0

    def test_the_second_reading_changes_nothing(self, store, first, staff, policy):
        """It is kept beside the first decision, and the flag stays as it was."""
        given = store.decide(
            first,
            staff["second"],
            policy=policy,
            expected_state=FlagState.PROPOSED,
            **HARASSMENT,
        )
        assert given.person_id == staff["second"].id
        row = store.flag(first, viewer=staff["second"])
        assert (row.state, row.disputed, row.second_after) == (FlagState.CONFIRMED, False, None)
        case = store.case(row.conversation_key)
        assert [d.decision.person_id for d in case.decisions] == [staff["reviewer"].id]
        assert store.flags(viewer=staff["third"]).total == 0

    def test_a_second_reading_is_asked_everything_as_well(self, store, first, staff, policy):
        """Half a reading is refused, and the flag still waits."""
        for change in ({"reason": " "}, {"answers": {}}, {"outcome": "nonsense"}):
            with pytest.raises(ReviewError):
                store.decide(first, staff["second"], policy=policy, **HARASSMENT | change)
        assert store.flags(viewer=staff["second"]).total == 1

    def test_one_second_reading_is_enough(self, store, first, staff, policy):
        """Two who read at once do not both count; the later is told what happened."""
        outcomes = []

        def read(who):
            try:
                store.decide(
                    first,
                    staff[who],
                    policy=policy,
                    expected_state=FlagState.PROPOSED,
                    **HARASSMENT,
                )
                outcomes.append("read")
            except Conflict:
                outcomes.append("conflict")

        threads = [threading.Thread(target=read, args=(w,)) for w in ("second", "third")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["conflict", "read"]
        assert store.readings.agreement(staff["auditor"]).pairs == 1

    def test_the_first_reader_is_not_the_second(self, store, first, staff, policy):
        """Deciding one's own flag again is no second reading."""
        with pytest.raises(ReviewError):
            store.decide(first, staff["reviewer"], policy=policy, **HARASSMENT)
        with pytest.raises(Conflict):
            store.decide(
                first,
                staff["reviewer"],
                policy=policy,
                expected_state=FlagState.PROPOSED,
                **HARASSMENT,
            )

    def test_the_second_cannot_take_the_first_back(self, store, first, staff):
        """To them nothing was decided."""
        with pytest.raises(ReviewError, match="取り消す決定がありません"):
            store.withdraw(first, staff["second"], reason="見せてほしい")

    def test_taking_the_first_back_ends_the_wait(self, store, first, staff):
        """A flag that is open again is decided, not read a second time."""
        store.withdraw(first, staff["reviewer"], reason="読み違えていた")
        assert store.flag(first).second_after is None
        assert store.flag(first, viewer=staff["second"]).state is FlagState.PROPOSED

    def test_the_next_flag_may_be_a_second_reading(self, store, first, staff):
        """Who asks for work gets it like any other flag, and cannot tell."""
        row = store.work.next(staff["second"])
        assert (row.id, row.state, row.second_after) == (first, FlagState.PROPOSED, None)
        assert store.work.next(staff["reviewer"]) is None

    def test_without_the_draw_nothing_is_read_twice(self, store, make, staff, policy):
        """A share of 0 asks nobody twice."""
        store.set_plan(replace(store.plan(), double_share=0))
        flag = store.save(*make(9)).flag_ids[0]
        store.decide(flag, staff["reviewer"], policy=policy, **HARASSMENT)
        assert store.flags(viewer=staff["second"]).total == 0


class TestDisputes:
    @pytest.fixture
    def disputed(self, store, first, staff, policy):
        store.decide(first, staff["second"], policy=policy, **HARMLESS)
        return first

    def test_a_disagreement_waits_for_a_third(self, store, disputed, staff):
        """Both readings stand in the queue of disagreements."""
        assert [r.id for r in store.flags(Filters(states=(), place=Place.DISPUTED)).items] == [
            disputed
        ]
        (found,) = store.readings.disputed(staff["third"])
        assert found.first.decision.outcome == "harassment"
        assert found.second.decision.outcome == "legitimate_complaint"
        assert found.second.person_name == staff["second"].name

    def test_the_third_settles_it(self, store, disputed, staff, policy):
        """Their decision stands, and all that was said before stays in the record."""
        store.readings.resolve(disputed, staff["third"], policy=policy, **HARMLESS)
        row = store.flag(disputed)
        assert (row.state, row.disputed, row.second_after) == (FlagState.DISMISSED, False, None)
        case = store.case(row.conversation_key)
        assert [d.decision.outcome for d in case.decisions] == [
            "harassment",
            "withdrawn",
            "legitimate_complaint",
        ]
        assert store.readings.disputed(staff["third"]) == ()
        assert store.audit.verify().ok

    def test_neither_of_the_two_settles_it(self, store, disputed, staff, policy):
        """Two who disagree need somebody else."""
        for who in ("reviewer", "second"):
            with pytest.raises(PermissionDenied, match="別の確認者"):
                store.readings.resolve(disputed, staff[who], policy=policy, **HARMLESS)

    def test_it_is_settled_once(self, store, disputed, staff, policy):
        """Who comes later is told."""
        store.readings.resolve(disputed, staff["third"], policy=policy, **HARMLESS)
        with pytest.raises(Conflict, match="解消"):
            store.readings.resolve(disputed, staff["third"], policy=policy, **HARMLESS)

    @pytest.mark.parametrize("who", ["approver", "administrator", "auditor", "machine"])
    def test_only_a_reviewer_settles(self, store, disputed, staff, policy, who):
        """A decision is a reviewer's, here as well."""
        with pytest.raises(PermissionDenied):
            store.readings.resolve(disputed, staff[who], policy=policy, **HARMLESS)


class TestAgreement:
    def test_the_report_counts_pairs_and_names_nobody(self, store, make, staff, policy):
        """Three read alike, one not."""
        for n in range(4):
            flag = store.save(*make(n)).flag_ids[0]
            given = HARMLESS if n == 1 else HARASSMENT
            store.decide(flag, staff["reviewer"], policy=policy, **given)
            again = HARASSMENT if n == 3 else given
            store.decide(flag, staff["second"], policy=policy, **again)
        flag = store.save(*make(5)).flag_ids[0]
        store.decide(flag, staff["reviewer"], policy=policy, **HARASSMENT)
        store.decide(flag, staff["second"], policy=policy, **HARMLESS)
        found = store.readings.agreement(staff["approver"])
        assert (found.pairs, found.equal) == (5, 0.8)
        assert found.confusion == {
            ("harassment", "harassment"): 3,
            ("harassment", "legitimate_complaint"): 1,
            ("legitimate_complaint", "legitimate_complaint"): 1,
        }
        assert found.alpha == found.alpha_result == pytest.approx(1 - 9 * 2 / 42)

    def test_a_period_can_be_asked_for(self, store, first, staff, policy):
        """What was read before or after is left out."""
        store.decide(first, staff["second"], policy=policy, **HARASSMENT)
        assert store.readings.agreement(staff["auditor"], since="2020-01-01").pairs == 1
        assert store.readings.agreement(staff["auditor"], until="2020-01-01").pairs == 0

    def test_a_program_reads_no_report(self, store, staff):
        """Reports are for people."""
        with pytest.raises(PermissionDenied):
            store.readings.agreement(staff["machine"])
