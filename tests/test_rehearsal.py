"""What a draft would change is shown before it is switched on, and looking changes nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from screening.corrections import Correction, CorrectionKind
from screening.policy import OutcomeKind, load_policy
from screening.policy.load import read
from screening.records import Conversation, Kind, Speaker, Turn
from screening.rehearsal import (
    Change,
    Compared,
    Past,
    Rehearsal,
    Shadowed,
    compare,
    rehearse,
    replay,
    simulate,
)
from screening.review import Decision, FlagState, Role
from screening.screener import default_screener
from screening.store import Store, tables

WORDS = (
    "いい加減にしろ、この給料泥棒が。お前みたいな無能は死ね。",
    "夜道には気をつけて帰れよ、家族がどうなっても知らないぞ。",
    "昨日届いた歩行器の車輪が壊れていました。交換していただけますか。",
)


@pytest.fixture(scope="module")
def active():
    return default_screener()


@pytest.fixture(scope="module")
def draft(active, tmp_path_factory):
    """The shipped policy, but insults are shown only when all but certain."""
    text = read("medical-care")[1].decode()
    place = text.index("  - id: verbal_abuse\n")
    text = text[:place] + text[place:].replace("threshold: 0.5", "threshold: 1", 1)
    path = tmp_path_factory.mktemp("draft") / "draft.yaml"
    path.write_text(text, encoding="utf-8")
    return active.with_policy(load_policy(path))


def _calls():
    return [
        Conversation(f"c-{i}", Kind.CALL, (Turn(words, Speaker.CUSTOMER),))
        for i, words in enumerate(WORDS)
    ]


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'record.db'}")
    yield opened
    opened.close()


def test_a_rehearsal_says_what_would_change_by_category_with_examples(active, draft):
    """The lost insults are counted and shown at their place; nothing else changes."""
    summary = Rehearsal()
    for _, compared in rehearse(active, draft, _calls()):
        summary.add(compared)
    assert summary.conversations == 3
    assert summary.categories == ["verbal_abuse"]
    assert summary.lost["verbal_abuse"] >= 1
    assert summary.gained.total() == 0
    name, change = summary.examples["verbal_abuse", False][0]
    assert (name, change.provision) == ("c-0", "②-2")
    assert WORDS[0][change.start : change.end]


def test_the_same_policy_twice_changes_nothing(active):
    for _, compared in rehearse(active, active, _calls()):
        assert compared.changes == ()
        assert compared.active_review == compared.draft_review


def test_flags_on_overlapping_words_are_the_same_flag(active):
    """A draft that marks a word more of the same insult gains and loses nothing."""
    result = active.screen(_calls()[0])
    longer = replace(
        result, flags=tuple(replace(f, start=max(0, f.start - 1)) for f in result.flags)
    )
    assert result.flags
    assert compare(result, longer).changes == ()


def test_a_shadow_answers_as_the_active_one_and_only_reports(active, draft):
    """Live traffic gets the active result; the draft's flags reach nobody but the report."""
    heard = []
    shadowed = Shadowed(active, draft, heard.append)
    assert list(shadowed.screen_many(_calls())) == list(active.screen_many(_calls()))
    assert shadowed.screen(_calls()[0]) == active.screen(_calls()[0])
    assert [c.id for c in heard] == ["c-0", "c-1", "c-2", "c-0"]
    assert {c.category for one in heard for c in one.changes} == {"verbal_abuse"}
    assert heard[0].draft.startswith(draft.policy.version)


def test_a_draft_that_fails_disturbs_nobody(active, draft):
    def broken(_):
        raise RuntimeError("the report is broken")

    shadowed = Shadowed(active, draft, broken)
    assert shadowed.screen(_calls()[0]) == active.screen(_calls()[0])
    assert shadowed.failures == 1


def test_the_record_keeps_differences_and_no_words(active, draft, store):
    """What a shadow found is there to be summed up, without a flag and without a word of anybody."""
    shadowed = Shadowed(active, draft, store.shadow.note)
    for call in _calls():
        shadowed.screen(call)
    kept = list(store.shadow.compared())
    assert [c.id for c in kept] == ["c-0", "c-1", "c-2"]
    assert any(change.category == "verbal_abuse" for change in kept[0].changes)
    assert list(store.shadow.compared("medical-care")) == kept
    assert list(store.shadow.compared("tokyo")) == []
    assert store.flags().total == 0
    with store.engine.connect() as connection:
        (row,) = connection.execute(
            select(tables.metadata.tables["shadow_screenings"]).limit(1)
        ).all()
    assert not any(word in str(row) for word in ("給料", "泥棒", "死ね"))


def test_stored_conversations_are_rehearsed_without_a_trace(active, draft, store):
    """A rehearsal on the record leaves every table as it was."""
    for call in _calls():
        store.save(call, active.screen(call))

    def everything():
        with store.engine.connect() as connection:
            return {
                name: connection.execute(select(table)).all()
                for name, table in tables.metadata.tables.items()
            }

    before = everything()
    seen = [c.id for c, _ in rehearse(active, draft, store.shadow.conversations())]
    assert sorted(seen) == ["c-0", "c-1", "c-2"]
    assert len(list(store.shadow.conversations(limit=2))) == 2
    assert everything() == before


def _decision(outcome="harassment", **answers):
    given = {"demand_validity": "invalid", "means_acceptability": "unacceptable"} | answers
    return Decision(
        "f-1", "p-1", given, outcome, "理由", datetime.now(UTC),
        FlagState.PROPOSED, FlagState.CONFIRMED, "medical-care@1",
    )  # fmt: skip


def test_stored_conversations_are_rehearsed_with_the_customers_contacts(active, store, tmp_path):
    """Those of the whole record count, even where only the newest conversations are looked at."""
    text = read("medical-care")[1].decode()
    path = tmp_path / "draft.yaml"
    path.write_text(text.replace("contacts: 10,", "contacts: 5,", 1), encoding="utf-8")
    draft = active.with_policy(load_policy(path))
    calm = Turn("予約の確認をお願いします", Speaker.CUSTOMER)
    for i in range(6):
        at = f"2026-11-02T{9 + i:02}:00:00+09:00"
        call = Conversation(f"k-{i}", Kind.CALL, (calm,), "k", at)
        store.save(call, active.screen(call, history=store.history(call)))
    newest = store.shadow.conversations(limit=2)
    found = {
        conversation.id: [c.category for c in compared.changes if c.gained]
        for conversation, compared in rehearse(
            active, draft, newest, contacts=store.shadow.contacts()
        )
    }
    many = draft.policy.limits.many_contacts
    assert found == {"k-5": [many], "k-4": [many]}
    assert store.flags(all_flags=True).total == 0


def test_past_decisions_are_replayed_with_the_reason_for_each_that_differs():
    """Under its own policy a decision agrees; under another its questions are not there."""
    decided = [("threat", _decision()), ("threat", _decision("legitimate_complaint"))]
    agreed, other = replay(load_policy(), decided)
    assert (agreed, [o.outcome for o in other]) == (1, ["legitimate_complaint"])
    assert "判断基準②" in other[0].reason
    agreed, other = replay(load_policy("tokyo-guideline"), decided)
    assert agreed == 0
    assert len(other) == 2


def test_a_decision_without_answers_agrees_only_where_nothing_is_asked():
    """A mistake of the detector needs none; a draft that judges by such an outcome does."""
    policy = load_policy()
    mistake = replace(_decision("intake_error"), answers={})
    assert replay(policy, [("threat", mistake)]) == (1, [])
    outcomes = tuple(
        replace(o, kind=OutcomeKind.COMPLAINT) if o.id == "intake_error" else o
        for o in policy.outcomes
    )
    agreed, other = replay(replace(policy, outcomes=outcomes), [("threat", mistake)])
    assert agreed == 0
    assert "答えが足りません" in other[0].reason


PAST = [
    Past("threat", 0.55, False),
    Past("threat", 0.65, True),
    Past("threat", 0.75, None),
    Past("threat", 0.85, True),
    Past("threat", 0.95, True),
]


def test_the_simulator_counts_flags_a_day_and_precision():
    """Two days, five flags: at each threshold what is above it, and what people made of it."""
    low, middle, high = simulate(PAST, [0.5, 0.7, 0.99], days=2, floor={"threat": 0.5})
    assert (low.flags_a_day, low.judged, low.found, low.precision) == (2.5, 4, 3, 0.75)
    assert (middle.flags_a_day, middle.judged, middle.precision) == (1.5, 2, 1.0)
    assert (high.flags_a_day, high.precision, high.interval) == (0, None, None)


def test_what_was_never_flagged_was_never_counted():
    """Below the threshold that the record was made with, flags a day are unknown, not few."""
    (row,) = simulate(PAST, [0.3], days=2, floor={"threat": 0.5})
    assert row.flags_a_day is None
    with pytest.raises(ValueError, match="days"):
        simulate(PAST, [0.5], days=0, floor={})


def test_the_record_gives_the_simulator_scores_and_decisions(active, store):
    """A flag that a person raised has no score of a detector and stays out of it."""
    policy = active.policy
    reviewer = store.people.add_person("確認 花子", "long enough 123", [Role.REVIEWER])
    for i, call in enumerate(_calls()):
        dated = replace(call, occurred_at=f"2026-11-0{i + 1}T09:00:00+09:00")
        saved = store.save(dated, active.screen(dated))
        store.raise_flag(saved.key, reviewer, policy=policy, turn=0, start=0, end=4, reason="気になる言葉である")  # fmt: skip
    flag = next(f for f in store.flags().items if f.flag.category == "threat")
    answers = {"demand_validity": "no_demand", "means_acceptability": "unacceptable"}
    store.decide(flag.id, reviewer, policy=policy, answers=answers, outcome="harassment", reason="害を告げている")  # fmt: skip
    past, days = store.shadow.past()
    assert days == 3
    assert "unlisted_conduct" not in {p.category for p in past}
    assert [p.found for p in past if p.found is not None] == [True]
    assert [d.outcome for _, d in store.shadow.decided()] == ["harassment"]
    store.withdraw(flag.id, reviewer, reason="押し間違えました")
    assert list(store.shadow.decided()) == []


def test_a_decision_is_tried_again_on_the_category_that_it_was_made_on(active, store):
    """What a reviewer has set right first, not what the machine had found."""
    reviewer = store.people.add_person("確認 花子", "long enough 123", [Role.REVIEWER])
    policy = active.policy
    call = _calls()[1]
    saved = store.save(call, active.screen(call))
    flag = store.flag(saved.flag_ids[0])
    right = next(c for c in policy.categories if c not in {flag.flag.category, *policy.routed})
    correction = Correction(CorrectionKind.CATEGORY, flag_id=flag.id, category=right)
    store.corrections.add(saved.key, reviewer, correction, policy=policy)
    answers = {"demand_validity": "no_demand", "means_acceptability": "unacceptable"}
    store.decide(flag.id, reviewer, policy=policy, answers=answers, outcome="harassment", reason="害を告げている")  # fmt: skip
    assert [category for category, _ in store.shadow.decided()] == [right]


def test_what_is_compared_survives_the_record():
    change = Change(True, "threat", "②-2", None, 0, 0, 0.5)
    assert Change.from_json(change.to_json()) == change
    assert Compared("c", "a", "d", True, False, 1, 2, (change,)).changes == (change,)
