"""What the record keeps, and what it refuses."""

import threading
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from screening.corrections import Correction, CorrectionKind
from screening.errors import Conflict, NotFound, PermissionDenied, ReviewError, ScreeningError
from screening.review import FlagState, Person, Role
from screening.store import Store
from screening.store.tables import metadata

PROPER = {"demand_validity": "no_demand", "means_acceptability": "unacceptable"}
GIVEN = {"answers": PROPER, "outcome": "harassment", "reason": "家族への害をほのめかした"}


@pytest.fixture
def flag(store, make):
    return store.save(*make()).flag_ids[0]


class TestConversations:
    def test_the_same_screening_twice_is_kept_once(self, store, make):
        """Saving again changes nothing and says so."""
        first, again = store.save(*make()), store.save(*make())
        assert (first.created, again.created) == (True, False)
        assert again.flag_ids == first.flag_ids
        assert store.flags().total == 1

    def test_other_words_under_the_same_identifier_are_another_conversation(self, store, make):
        """A corrected transcript does not replace what was reviewed."""
        first = store.save(*make())
        other = store.save(*make(text="家は知らんけど"))
        assert first.key != other.key
        assert store.flags().total == 2

    def test_another_model_adds_only_what_is_new(self, store, make, policy, reviewer):
        """Screening under a new model keeps earlier flags and their decisions."""
        flag = store.save(*make()).flag_ids[0]
        store.decide(flag, reviewer, policy=policy, **GIVEN)
        saved = store.save(*make(model="m2", categories=("threat", "intimidation")))
        case = store.case(saved.key)
        assert [f.flag.category for f in case.flags] == ["threat", "intimidation"]
        assert case.flags[0].state is FlagState.CONFIRMED

    def test_a_conversation_comes_back_as_it_went_in(self, store, make):
        """What a case shows is what was screened."""
        conversation, result = make(customer_id="k-1", occurred_at="2026-11-01T09:00:00+09:00")
        assert store.case(store.save(conversation, result).key).conversation == conversation

    def test_a_case_shows_the_customers_other_contacts(self, store, make):
        """Other contacts of one customer stand beside a case, with the state of their flags."""
        one = store.save(*make(1, customer_id="k", occurred_at="2026-10-01T00:00:00+09:00"))
        two = store.save(*make(2, customer_id="k", occurred_at="2026-11-01T00:00:00+09:00"))
        store.save(*make(3, customer_id="z"))
        (earlier,) = store.case(two.key).earlier
        assert (earlier.key, earlier.states) == (one.key, {"proposed": 1})

    @pytest.mark.parametrize(
        "at", ["0001-01-01T00:00:00+09:00", "9999-12-31T23:30:00-05:00", "9999-12-31T20:00:00Z"]
    )
    def test_a_time_at_the_end_of_the_calendar_is_kept(self, store, make, at):
        """A clock that is thousands of years off is no reason to lose a conversation."""
        key = store.save(*make(occurred_at=at)).key
        assert store.case(key).conversation.occurred_at == at

    def test_what_is_not_there_is_said_to_be_missing(self, store):
        """An unknown case or flag is NotFound."""
        for read in (store.case, store.flag):
            with pytest.raises(NotFound):
                read("0" * 32)


class TestQueue:
    def test_urgent_comes_first_then_sure(self, store, make):
        """The order is priority, then score, then age."""
        store.save(*make(1, categories=("intimidation",)))
        store.save(*make(2, categories=("threat",)))
        assert [f.flag.category for f in store.flags().items] == ["threat", "intimidation"]

    def test_pages_follow_each_other_without_gap_or_overlap(self, store, make):
        """Walking the cursor gives every flag once, in order."""
        store.save_many([make(n, categories=("threat", "verbal_abuse")) for n in range(25)])
        seen, after = [], None
        while True:
            page = store.flags(limit=7, after=after)
            seen += [f.id for f in page.items]
            after = page.next
            if after is None:
                break
        assert seen == [f.id for f in store.flags(limit=200).items]
        assert len(set(seen)) == page.total == 50

    def test_it_filters(self, store, make):
        """Category, kind and state narrow the queue."""
        store.save(*make(1, categories=("threat", "verbal_abuse")))
        assert store.flags(category="verbal_abuse").total == 1
        assert store.flags(kind="email").total == 0
        assert store.flags(states=[FlagState.CONFIRMED]).total == 0

    def test_a_plain_demand_is_not_queued_but_kept(self, store, make):
        """Flags that ask for no review stand in the record without waiting in the queue."""
        store.save(*make(categories=("compensation_demand",), review=False))
        assert store.flags().total == 0
        assert store.flags(all_flags=True).total == 1

    def test_a_broken_cursor_is_refused(self, store):
        """A cursor that nobody gave out is an error with a remedy."""
        with pytest.raises(ReviewError, match="after"):
            store.flags(after="xyz")


class TestDecisions:
    def test_a_decision_changes_the_state_and_is_recorded(self, store, flag, reviewer, policy):
        """Who, what, why and when stand in the record."""
        store.decide(flag, reviewer, policy=policy, **GIVEN)
        row = store.flag(flag)
        (recorded,) = store.case(row.conversation_key).decisions
        assert row.state is FlagState.CONFIRMED
        assert recorded.person_name == reviewer.name
        assert recorded.decision.reason == GIVEN["reason"]
        assert recorded.decision.answers == PROPER
        assert recorded.decision.policy == policy.version
        assert recorded.decision.decided_at <= datetime.now(UTC)

    @pytest.mark.parametrize(
        "change",
        [
            {"answers": {"demand_validity": "valid"}},
            {"answers": {}},
            {"outcome": "legitimate_complaint"},
            {"outcome": "nonsense"},
            {"reason": "  "},
            {"answers": PROPER | {"means_acceptability": "acceptable"}},
        ],
    )
    def test_whatever_is_missing_is_refused_and_changes_nothing(
        self, store, flag, reviewer, policy, change
    ):
        """A decision without both answers, an open outcome and a reason does not come about."""
        with pytest.raises(ReviewError):
            store.decide(flag, reviewer, policy=policy, **GIVEN | change)
        assert store.flag(flag).state is FlagState.PROPOSED
        assert store.case(store.flag(flag).conversation_key).decisions == ()

    def test_a_role_that_only_the_caller_claims_counts_nothing(self, store, flag, policy):
        """Roles are the record's: a person made up by a caller decides nothing."""
        auditor = store.people.add_person("監査", "long enough 123", [Role.AUDITOR])
        for person in (
            Person("nobody", "誰か", frozenset([Role.REVIEWER])),
            Person(auditor.id, auditor.name, frozenset([Role.REVIEWER])),
            Person(
                store.people.person_for_key(store.people.add_api_key("k")).id,
                "k",
                frozenset([Role.MACHINE, Role.REVIEWER]),
            ),
        ):
            with pytest.raises(PermissionDenied):
                store.decide(flag, person, policy=policy, **GIVEN)
        assert store.flag(flag).state is FlagState.PROPOSED

    def test_the_second_of_two_is_told_what_happened(self, store, flag, reviewer, policy):
        """Who decides on an outdated page is told by whom and when the flag was changed."""
        store.decide(flag, reviewer, policy=policy, expected_state=FlagState.PROPOSED, **GIVEN)
        with pytest.raises(Conflict, match=r"確認 花子さんが.+ハラスメントに当たる"):
            store.decide(flag, reviewer, policy=policy, expected_state=FlagState.PROPOSED, **GIVEN)

    def test_and_when_in_the_time_of_those_who_read_it(self, store, flag, reviewer, policy):
        """Half past midnight in Japan, whatever the server's clock is set to."""
        store.decide(
            flag, reviewer, policy=policy, now=datetime(2026, 11, 2, 15, 30, tzinfo=UTC), **GIVEN
        )
        with pytest.raises(Conflict, match="2026年11月3日 00:30"):
            store.decide(flag, reviewer, policy=policy, expected_state=FlagState.PROPOSED, **GIVEN)

    def test_many_at_once_decide_a_flag_once(self, store, flag, reviewer, policy):
        """However many try at the same moment, one decision stands."""
        outcomes = []

        def attempt():
            try:
                store.decide(
                    flag, reviewer, policy=policy, expected_state=FlagState.PROPOSED, **GIVEN
                )
                outcomes.append("decided")
            except Conflict:
                outcomes.append("conflict")

        threads = [threading.Thread(target=attempt) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["conflict"] * 7 + ["decided"]
        assert len(store.case(store.flag(flag).conversation_key).decisions) == 1

    def test_taking_back_adds_a_decision(self, store, flag, reviewer, policy):
        """Undo returns the flag to the queue and leaves both decisions in the record."""
        store.decide(flag, reviewer, policy=policy, **GIVEN)
        store.withdraw(flag, reviewer, reason="読み違えていたため")
        case = store.case(store.flag(flag).conversation_key)
        assert store.flag(flag).state is FlagState.PROPOSED
        assert [d.decision.outcome for d in case.decisions] == ["harassment", "withdrawn"]

    def test_nobody_takes_back_anothers_decision(self, store, flag, reviewer, policy):
        """Only who decided may undo."""
        other = store.people.add_person("別の人", "long enough 123", [Role.REVIEWER])
        store.decide(flag, reviewer, policy=policy, **GIVEN)
        with pytest.raises(PermissionDenied):
            store.withdraw(flag, other, reason="違うと思うので")

    def test_possible_symptoms_block_until_a_consultation_is_recorded(
        self, store, make, reviewer, policy
    ):
        """Conduct beside signs of illness is no harassment before somebody was consulted."""
        saved = store.save(*make(categories=("threat", "illness_related")))
        with pytest.raises(ReviewError, match="協議"):
            store.decide(saved.flag_ids[0], reviewer, policy=policy, **GIVEN)
        store.consult(saved.key, reviewer, consulted="居宅介護支援事業所", note="薬の変更後の症状")
        decision = store.decide(saved.flag_ids[0], reviewer, policy=policy, **GIVEN)
        assert (decision.illness_suspected, decision.illness_consulted) == (True, True)

    def test_a_sign_of_illness_that_a_person_found_blocks_as_well(
        self, store, make, reviewer, policy
    ):
        """Set right to it counts as found; set right from it, the machine's finding still counts."""
        saved = store.save(*make(categories=("threat", "verbal_abuse")))
        other = saved.flag_ids[1]
        for category in ("illness_related", "verbal_abuse"):
            correction = Correction(CorrectionKind.CATEGORY, flag_id=other, category=category)
            store.corrections.add(saved.key, reviewer, correction, policy=policy)
            suspected, _ = store.illness(policy, saved.key)
            assert suspected is (category == "illness_related")
        found = store.save(*make(2, categories=("illness_related",)))
        correction = Correction(
            CorrectionKind.CATEGORY, flag_id=found.flag_ids[0], category="verbal_abuse"
        )
        store.corrections.add(found.key, reviewer, correction, policy=policy)
        assert store.illness(policy, found.key) == (True, False)

    @pytest.mark.parametrize("table", ["decisions", "consultations"])
    def test_the_record_cannot_be_edited(self, store, flag, reviewer, policy, table):
        """The database itself refuses to change or remove a decision or a consultation."""
        store.decide(flag, reviewer, policy=policy, **GIVEN)
        store.consult(
            store.flag(flag).conversation_key, reviewer, consulted="相談先", note="確認した"
        )
        column = {"decisions": "reason", "consultations": "note"}[table]
        for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError, match="append-only"), store.engine.begin() as c:
                c.execute(text(statement))


class TestPeople:
    def test_the_right_password_signs_in(self, store, reviewer):
        """A session's token leads back to the person until it is closed."""
        token = store.people.open_session(
            store.people.authenticate(reviewer.name, "long enough 123")
        )
        assert store.people.person_for_session(token) == reviewer
        store.people.close_session(token)
        assert store.people.person_for_session(token) is None

    def test_guessing_is_slowed_down(self, store, reviewer):
        """After repeated failures even the right password has to wait."""
        for _ in range(8):
            with pytest.raises(PermissionDenied, match="違います"):
                store.people.authenticate(reviewer.name, "wrong")
        with pytest.raises(PermissionDenied, match="待って"):
            store.people.authenticate(reviewer.name, "long enough 123")

    def test_a_key_is_a_program_and_nothing_else(self, store):
        """An API key gives the role of a machine; a wrong secret gives nothing."""
        key = store.people.add_api_key("取り込み")
        assert store.people.person_for_key(key).roles == {Role.MACHINE}
        assert store.people.person_for_key(key[:-1]) is None
        assert store.people.person_for_key("nothing") is None

    def test_names_are_given_once(self, store, reviewer):
        """A second person of the same name is refused."""
        with pytest.raises(ReviewError, match="登録"):
            store.people.add_person(reviewer.name, "long enough 123", [Role.REVIEWER])

    def test_no_secret_stands_in_the_database(self, store, reviewer):
        """Passwords, tokens and keys are kept as hashes only."""
        token, key = store.people.open_session(reviewer), store.people.add_api_key("k")
        with store.engine.connect() as connection:
            rows = [
                tuple(row) for x in metadata.sorted_tables for row in connection.execute(x.select())
            ]
        raw = str(rows)
        assert reviewer.id in raw
        for secret in ("long enough 123", token, key.partition(".")[2]):
            assert secret not in raw


class TestDatabase:
    def test_the_migrations_lead_to_the_tables(self, store):
        """What Alembic builds is what the code expects."""
        with store.engine.connect() as connection:
            context = MigrationContext.configure(connection)
            assert compare_metadata(context, metadata) == []

    def test_opening_at_once_migrates_once(self, url):
        """Processes that start together end with one database in shape."""
        errors = []

        def open_it():
            try:
                Store.open(url).close()
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=open_it) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert Store.open(url).alive()

    @pytest.mark.parametrize(
        "url", ["nonsense", "mysql://x/y", "sqlite:////nonexistent/folder/x.db"]
    )
    def test_a_wrong_address_is_explained(self, url):
        """A database that cannot be used is an error with a remedy, not a trace."""
        with pytest.raises(ScreeningError, match="データベース"):
            Store.open(url)


class TestContacts:
    def test_a_customers_earlier_contacts_come_back_without_their_words(self, store, make):
        """On both databases, whatever zone their times carry; later ones and others' do not."""
        for number, (customer, at) in enumerate(
            [
                ("k", "2026-11-02T09:00:00+09:00"),
                ("k", "2026-11-02T00:30:00+00:00"),
                ("x", "2026-11-02T09:00:00+09:00"),
                ("k", "2026-11-02T12:00:00+09:00"),
                ("k", None),
            ]
        ):
            store.save(*make(number, customer_id=customer, occurred_at=at))
        asked, _ = make(9, customer_id="k", occurred_at="2026-11-02T10:00:00+09:00")
        found = store.history(asked)
        assert [c.id for c in found] == ["c-0", "c-1"]
        assert {c.turns for c in found} == {()}
        stranger, _ = make(9)
        assert store.history(stranger) == ()
        assert store.shadow.contacts().before(asked) == found
