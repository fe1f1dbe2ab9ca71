"""The order of the queue, its filters, and who sees what in it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from screening.corrections import Correction, CorrectionKind
from screening.errors import PermissionDenied, ReviewError
from screening.policy.kinds import Gravity
from screening.records import Priority
from screening.review import FlagState
from screening.store import Filters, Place

from .conftest import HARASSMENT


def _ids(page):
    return [row.id for row in page.items]


def _age(store, flag_id, days):
    """As if the flag had been raised so many days earlier."""
    with store.engine.begin() as c:
        c.execute(
            text("UPDATE flags SET rank = rank - :step WHERE id = :id"),
            {"step": days / 2, "id": flag_id},
        )


class TestOrder:
    def test_graver_comes_first_within_one_urgency(self, store, make, policy):
        """Of two flags of equal urgency and confidence, the graver conduct is first."""
        store.adopt(policy)
        calm, grave = "intimidation", "defamation"
        assert policy.categories[grave].gravity is Gravity.GRAVE
        assert policy.categories[calm].gravity is not Gravity.GRAVE
        store.save(*make(1, categories=(calm,)))
        store.save(*make(2, categories=(grave,)))
        assert [r.flag.category for r in store.flags().items] == [grave, calm]

    def test_waiting_outweighs_gravity_in_time(self, store, make, policy):
        """A flag that has waited a week passes a new one that is graver."""
        store.adopt(policy)
        old = store.save(*make(1, categories=("intimidation",))).flag_ids[0]
        new = store.save(*make(2, categories=("defamation",))).flag_ids[0]
        _age(store, old, 7)
        assert _ids(store.flags()) == [old, new]

    def test_urgency_is_never_outweighed(self, store, make):
        """However long others have waited, what is urgent stays first."""
        old = store.save(*make(1, categories=("intimidation",))).flag_ids[0]
        urgent = store.save(*make(2, categories=("threat",))).flag_ids[0]
        _age(store, old, 300)
        assert _ids(store.flags()) == [urgent, old]

    def test_a_policy_taken_over_later_moves_what_waits(self, store, make, policy):
        """Flags that came before the gravities were known stand where they would stand after."""
        first = store.save(*make(1, categories=("intimidation", "defamation"))).flag_ids
        store.adopt(policy)
        second = store.save(*make(2, categories=("intimidation", "defamation"))).flag_ids
        ranks = {f: (store.flag(f).gravity, store.flag(f).rank) for f in (*first, *second)}
        for earlier, later in zip(first, second, strict=True):
            assert ranks[earlier][0] == ranks[later][0]
            assert ranks[earlier][1] == pytest.approx(ranks[later][1], abs=0.001)

    def test_a_policy_taken_over_moves_what_was_set_right_by_its_category_now(
        self, store, make, policy, reviewer
    ):
        """Its gravity is that of the category it has, not of the one that the machine gave it."""
        saved = store.save(*make(1, categories=("intimidation",)))
        (there,) = store.save(*make(2, categories=("defamation",))).flag_ids
        (here,) = saved.flag_ids
        correction = Correction(CorrectionKind.CATEGORY, flag_id=here, category="defamation")
        store.corrections.add(saved.key, reviewer, correction, policy=policy)
        store.adopt(policy)
        assert store.flag(here).gravity == store.flag(there).gravity


class TestFilters:
    @pytest.fixture
    def mixed(self, store, make):
        call, found = make(1, occurred_at="2026-10-05T23:30:00+09:00", channel="phone")
        store.save(call, found, trade="介護")
        call, found = make(2, occurred_at="2026-10-06T08:00:00+09:00", channel="chat")
        store.save(call, replace(found, policy="other@2"), trade="薬局")

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            (Filters(channel="phone"), ["c-1"]),
            (Filters(trade="薬局"), ["c-2"]),
            (Filters(policy="other"), ["c-2"]),
            (Filters(policy="medical-care@1"), ["c-1"]),
            (Filters(policy="med"), []),
            (Filters(since="2026-10-06T00:00:00+09:00"), ["c-2"]),
            (Filters(until="2026-10-06T00:00:00+09:00"), ["c-1"]),
            # A day is Japan's, wherever the server stands.
            (Filters(since="2026-10-06"), ["c-2"]),
            (Filters(until="2026-10-06"), ["c-1"]),
            (Filters(kind="email"), []),
            (Filters(category="threat", channel="chat", trade="薬局"), ["c-2"]),
        ],
    )
    def test_each_narrows(self, store, mixed, wanted, expected):
        """Channel, trade, policy and period choose, alone and together."""
        page = store.flags(wanted)
        assert sorted(r.conversation_id for r in page.items) == expected
        assert page.total == len(expected)

    def test_mine_is_what_i_claimed_or_was_handed(self, store, make, staff):
        """And nothing of what others have."""
        one, two, three = (store.save(*make(n)).flag_ids[0] for n in range(3))
        store.work.claim(one, staff["reviewer"])
        store.work.hand_over(two, staff["second"], to=staff["reviewer"].id)
        store.work.claim(three, staff["second"])
        mine = store.flags(Filters(mine=True), viewer=staff["reviewer"])
        assert set(_ids(mine)) == {one, two}
        with pytest.raises(ReviewError):
            store.flags(Filters(mine=True))

    def test_a_filter_that_is_not_one_is_refused(self, store):
        """An unknown place or a date that is none is said, not ignored."""
        for wrong in (Filters(place="nowhere"), Filters(since="soon")):
            with pytest.raises(ReviewError):
                store.flags(wrong)

    def test_places_hold_what_they_say(self, store, make, staff):
        """On hold, escalated and claimed flags can be looked through on their own."""
        held, escalated, claimed, plain = (store.save(*make(n)).flag_ids[0] for n in range(4))
        me = staff["reviewer"]
        store.work.hold(held, me, until=datetime.now(UTC) + timedelta(hours=1))
        store.work.escalate(escalated, me, note="判断に迷う")
        store.work.claim(claimed, me)
        found = {p: _ids(store.flags(Filters(place=p))) for p in Place}
        assert found == {
            Place.HELD: [held],
            Place.ESCALATED: [escalated],
            Place.DISPUTED: [],
            Place.CLAIMED: [claimed],
        }
        assert set(_ids(store.flags())) == {escalated, claimed, plain}


class TestSeeing:
    def test_a_case_opened_is_a_look_in_the_log(self, store, make, staff):
        """Whoever sees the words is on record; a masked page is none."""
        key = store.save(*make()).key
        before = store.audit.head().seq
        store.open_case(key, staff["reviewer"], words=False)
        assert store.audit.head().seq == before
        store.open_case(key, staff["approver"])
        (entry,) = store.audit.entries(staff["auditor"], limit=1)
        assert (entry.action, entry.actor) == ("look", staff["approver"].id)
        assert entry.subject == f"conversation:{key}"

    @pytest.mark.parametrize("who", ["administrator", "machine"])
    def test_who_may_not_read_cases(self, store, make, staff, who):
        """Managing accounts, or delivering conversations, is no reason to read them."""
        key = store.save(*make()).key
        with pytest.raises(PermissionDenied):
            store.open_case(key, staff[who])

    def test_pages_of_a_blind_reader_have_no_gap_either(self, store, make, staff, policy):
        """Flags that await a second reading are walked through in their place among the others."""
        store.set_plan(replace(store.plan(), double_share=1))
        ids = [f for n in range(12) for f in store.save(*make(n)).flag_ids]
        for flag_id in ids[::3]:
            store.decide(flag_id, staff["reviewer"], policy=policy, **HARASSMENT)
        seen, after = [], None
        while True:
            page = store.flags(viewer=staff["second"], limit=5, after=after)
            seen += _ids(page)
            after = page.next
            if after is None:
                break
        assert seen == ids
        assert page.total == 12
        assert store.flags(viewer=staff["reviewer"]).total == 8
        assert store.flags(viewer=staff["auditor"]).total == 8

    def test_the_next_case_is_another_conversation(self, store, make, reviewer):
        """Going on leaves the conversation at hand, and ends at the end."""
        store.save(*make(1, categories=("threat", "verbal_abuse")))
        store.save(*make(2, categories=("threat",)))
        first, second, third = store.flags().items
        assert store.onward(first, reviewer).id == second.id
        assert store.onward(third, reviewer).id == second.id, "from any flag of the conversation"
        assert store.onward(third, reviewer, passing=True).id == second.id
        assert store.onward(second, reviewer).id == first.id
        assert store.onward(second, reviewer, passing=True) is None


class TestOnward:
    """Where a person goes after a conversation, by the queue's own order."""

    def _saved(self, store, make, *categories):
        return [store.save(*make(n, categories=c)) for n, c in enumerate(categories, 1)]

    def test_after_an_urgent_conversation_comes_the_next_urgent_one(self, store, make, reviewer):
        """Even where the last flag decided in it was an ordinary one."""
        one, two, three = self._saved(
            store, make, ("threat", "persistence"), ("verbal_abuse",), ("threat", "intimidation")
        )
        last = store.flag(one.flag_ids[1])
        assert last.flag.priority is Priority.NORMAL
        following = store.onward(last, reviewer)
        assert following.conversation_key == three.key
        assert following.id == store.case(three.key).flags[0].id
        passed = store.onward(store.flag(three.flag_ids[0]), reviewer, passing=True)
        assert passed.conversation_key == two.key

    def test_a_conversation_is_entered_at_its_first_open_flag(self, store, make, policy, reviewer):
        """What is decided in it already is passed over."""
        store.adopt(policy)
        one, two = self._saved(store, make, ("threat",), ("defamation", "intimidation", "threat"))
        for step in range(3):
            waiting = [f for f in store.case(two.key).flags if f.state is FlagState.PROPOSED]
            following = store.onward(store.flag(one.flag_ids[0]), reviewer)
            assert following.id == waiting[0].id, step
            store.decide(waiting[0].id, reviewer, policy=policy, **HARASSMENT)

    def test_something_more_urgent_that_came_in_goes_before_what_follows(
        self, store, make, reviewer
    ):
        """An urgent flag is next, whatever place the ordinary one at hand had."""
        here, _ = self._saved(store, make, ("intimidation",), ("persistence",))
        urgent = store.save(*make(9, categories=("threat",)))
        assert store.onward(store.flag(here.flag_ids[0]), reviewer).id == urgent.flag_ids[0]

    def test_a_first_flag_that_waits_elsewhere_hides_no_other(self, store, make, staff, policy):
        """Put aside, handed on, skipped or set right to care: the rest of its conversation still comes."""
        me = staff["reviewer"]
        here, *saved = self._saved(store, make, *[("threat",), *[("threat", "persistence")] * 4])
        first = [s.flag_ids[0] for s in saved]
        store.work.hold(first[0], me, until=datetime.now(UTC) + timedelta(hours=1))
        store.work.hand_over(first[1], me, to=staff["second"].id)
        store.work.skip(first[2], me)
        correction = Correction(
            CorrectionKind.CATEGORY, flag_id=first[3], category="self_harm_risk"
        )
        store.corrections.add(saved[3].key, me, correction, policy=policy)
        others = Filters(without=tuple(policy.routed))
        seen, at = [], store.flag(here.flag_ids[0])
        while at := store.onward(at, me, asked_for=others, passing=True):
            assert at.flag.category == "persistence"
            assert at.conversation_key not in seen
            seen.append(at.conversation_key)
        assert set(seen) <= {s.key for s in saved}
        assert seen

    def test_whoever_narrowed_the_list_stays_within_it(self, store, make, staff):
        """The next conversation holds what was asked for, and comes at the flag that does."""
        me = staff["reviewer"]
        here, other, both = self._saved(
            store, make, ("persistence",), ("threat",), ("threat", "persistence")
        )
        asked_for = Filters(category="persistence")
        following = store.onward(store.flag(here.flag_ids[0]), me, asked_for=asked_for)
        assert following.conversation_key == both.key
        assert following.named == "persistence"
        behind = [
            store.onward(at, me, asked_for=asked_for, passing=True)
            for at in (store.flag(here.flag_ids[0]), following)
        ]
        assert other.key not in {x.conversation_key for x in behind if x}
        assert sum(x is None for x in behind) == 1, "whichever is last has nothing behind it"
        mails = Filters(kind="email")
        assert store.onward(store.flag(here.flag_ids[0]), me, asked_for=mails) is None

    def test_what_was_left_to_others_does_not_come_back(self, store, make, staff):
        """Skipped, or put before the approvers: to this person it is not next again."""
        me = staff["reviewer"]
        here, skipped, asked, last = self._saved(store, make, *[("threat",)] * 4)
        store.work.skip(skipped.flag_ids[0], me)
        store.work.escalate(asked.flag_ids[0], me, note="判断に迷う")
        seen, at = [], store.flag(here.flag_ids[0])
        while at := store.onward(at, me, passing=True):
            seen.append(at.id)
        assert set(seen) <= {last.flag_ids[0]}
        assert skipped.flag_ids[0] in _ids(store.flags(viewer=staff["second"]))


def test_states_of_every_priority_are_asked_for_at_once(store, make):
    """No state given means all of them."""
    store.save(*make(1, categories=("threat", "intimidation")))
    page = store.flags(Filters(states=()))
    assert [r.flag.priority for r in page.items] == [Priority.URGENT, Priority.NORMAL]
    assert {r.state for r in page.items} == {FlagState.PROPOSED}


def test_states_that_are_asked_for_together_stand_in_one_order(store, make, policy, reviewer):
    """As if they were one; a state that is asked for twice is no other one."""
    ids = [f for n in range(4) for f in store.save(*make(n)).flag_ids]
    order = _ids(store.flags())
    assert set(order) == set(ids)
    for flag_id in order[::2]:
        store.decide(flag_id, reviewer, policy=policy, **HARASSMENT)
    both = (FlagState.CONFIRMED, FlagState.PROPOSED, FlagState.PROPOSED)
    first = store.flags(Filters(states=both), limit=3)
    assert (_ids(first), first.total) == (order[:3], 4)
    rest = store.flags(Filters(states=both), limit=3, after=first.next)
    assert (_ids(rest), rest.total, rest.next) == (order[3:], 4, None)
