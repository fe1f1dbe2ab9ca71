"""The numbers of the dashboard, counted by hand beside what the program counts."""

import csv
import io
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from screening.corrections import Correction, CorrectionKind
from screening.dashboard import counts, figures, forecast, share
from screening.records import Priority
from screening.review import Role
from screening.store import Store
from tests.report.conftest import POLICY, call, result
from tests.report.conftest import decided as decided
from tests.report.conftest import store as store

NOW = datetime.now(UTC)


def test_a_share_of_nothing_is_unknown():
    """No decisions: no number, not a zero."""
    assert share(0, 0).share is None


def test_the_interval_is_wilsons():
    """Nine of ten: 0.596 to 0.982 (Wilson 1927, as in Newcombe 1998)."""
    found = share(9, 10)
    assert found.low == pytest.approx(0.5958, abs=1e-3)
    assert found.high == pytest.approx(0.9821, abs=1e-3)


def test_confirmed_shares_are_counted_by_category_and_detector(store, decided):
    """Six threats, of which one is confirmed, one dismissed and four wait."""
    found = figures(store, POLICY, now=NOW, days=4000)
    ((name, rate, waiting),) = found.categories
    assert (name, rate.hits, rate.of, waiting) == ("脅迫", 1, 2, 4)
    assert {n for n, _, _ in found.detectors} == {"規則", "学習した検出器"}
    assert [n for n, _, _ in found.rules] == ["threat.veiled"]


def test_flags_for_a_hundred_conversations(store, decided):
    """Weeks begin on Monday; a conversation without flags counts below the line."""
    calm = call(9, "ありがとうございました", day=8)
    store.save(calm, result(calm))
    found = figures(store, POLICY, now=NOW, days=4000)
    weeks = found.weeks
    assert (found.conversations, found.flags, found.per_hundred) == (4, 6, 150)
    assert [(w.monday.isoformat(), w.conversations, w.flags) for w in weeks] == [
        ("2026-09-28", 2, 4),
        ("2026-10-05", 2, 2),
    ]
    assert weeks[0].per_hundred == 200


def test_waiting_and_time_to_decision(store, decided):
    """Four urgent flags wait; two were decided within the hour."""
    found = figures(store, POLICY, now=NOW, days=4000)
    assert found.waiting.queue[Priority.URGENT] == 4
    assert found.waiting.total == 4
    urgent = next(w for w in found.waits if w.priority is Priority.URGENT)
    assert urgent.decided == 2
    assert 0 <= urgent.median < 1


def test_contacts_are_counted_without_saying_whose(store, decided):
    """One customer has three contacts with flags."""
    found = figures(store, POLICY, now=NOW, days=4000)
    assert found.contacts == ((3, 1),)
    assert found.repeated == 1


def test_no_table_names_anybody(store, decided):
    """Neither reviewers, nor staff, nor customers, nor anything that was said."""
    whole = "".join(t.csv() for t in figures(store, POLICY, now=NOW, days=4000).tables(POLICY))
    for name in ("花子", "鈴木", "佐藤", "k-77", "c-1", "夜道"):
        assert name not in whole


def test_every_number_says_what_it_counts(store, decided):
    """Each table has a note with its period or that there is none, and no two have the same id."""
    tables = figures(store, POLICY, now=NOW, days=91).tables(POLICY)
    assert len({t.id for t in tables}) == len(tables) == 9
    for table in tables:
        assert "今日まで" in table.note or "いまの" in table.note, table.id


def test_a_conversation_and_its_flags_fall_on_the_same_day(store):
    """Half past midnight in Japan is yesterday in UTC: both count today, whichever way it is written."""
    for number, at in ((1, "2026-10-05T00:30:00+09:00"), (2, "2026-10-04T15:30:00Z"), (3, "2026-10-04T15:30:00.5+00:00")):  # fmt: skip
        c = replace(call(number, "家は知ってるぞ"), occurred_at=at)
        store.save(c, result(c, (1, 0, 3)))
    (week,) = figures(store, POLICY, now=NOW, days=None).weeks
    assert (week.monday.isoformat(), week.conversations, week.flags) == ("2026-10-05", 3, 3)


def test_time_to_decision_is_of_what_is_judged(store, decided):
    """A decision that was taken back leaves both the judged and the time; the sums agree."""
    hanako = store.people.named("確認 花子")
    flag = next(f for f in store.case(decided[2]).flags if f.flag.turn == 1)
    store.withdraw(flag.id, hanako, reason="取り違えた")
    found = figures(store, POLICY, now=NOW, days=4000)
    assert found.judged == sum(w.decided for w in found.waits) == 1
    assert found.waiting.total == 5


def test_what_was_put_aside_or_goes_its_own_way_is_told_apart(store):
    """Held and routed flags wait, and neither hides in the queue's number; no share has the routed."""
    c = call(1, "もう死にたい。家は知ってるぞ")
    saved = store.save(c, result(c, (1, 0, 5), (1, 7, 10)))
    care = call(2, "もう死にたい")
    store.save(care, result(care, (1, 0, 6), category="self_harm_risk"))
    jiro = store.people.add_person("次郎", "a long pass phrase", [Role.REVIEWER])
    store.work.hold(saved.flag_ids[0], jiro, until=NOW + timedelta(days=1))
    found = figures(store, POLICY, now=datetime.now(UTC), days=None)
    assert (sum(found.waiting.queue.values()), found.waiting.held, found.waiting.routed) == (
        1,
        1,
        1,
    )
    assert found.flags == 2
    assert [name for name, _, _ in found.categories] == ["脅迫"]


def test_a_pace_is_of_the_days_on_record(store, decided):
    """A record a day old has a day's pace, not a twenty-eighth of it."""
    found = figures(store, POLICY, now=datetime.now(UTC), days=None)
    assert found.pace_days == 1
    assert found.forecast.arrivals == 6
    assert found.forecast.capacity == 2


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request, tmp_path):
    """A record on each database."""
    url = f"sqlite:///{tmp_path / 'either.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").database()
    opened = Store.open(url)
    yield opened
    opened.close()


def test_both_databases_count_the_same_and_from_one_state(either, monkeypatch):
    """What is written while the page is counted is in none of its numbers, on SQLite and PostgreSQL."""
    c = call(1, "家は知ってるぞ")
    either.save(c, result(c, (1, 0, 3)))
    later = call(2, "家は知ってるぞ")
    count = counts.conversations

    def interrupted(connection, since):
        found = count(connection, since)
        either.save(later, result(later, (1, 0, 3)))
        return found

    monkeypatch.setattr(counts, "conversations", interrupted)
    found = figures(either, POLICY, now=datetime.now(UTC), days=None)
    assert (found.conversations, found.flags, found.waiting.total) == (1, 1, 1)
    monkeypatch.undo()
    found = figures(either, POLICY, now=datetime.now(UTC), days=None)
    assert (found.conversations, found.flags, found.waiting.total) == (2, 2, 2)


def test_a_flag_set_right_counts_as_what_it_is_now(either):
    """What a person set right leaves one list for another, and the numbers go with the lists."""
    hanako = either.people.add_person("確認 花子", "a long pass phrase", [Role.REVIEWER])
    names = {}
    for number, (found, right) in enumerate(
        [("threat", "self_harm_risk"), ("self_harm_risk", "intimidation"), ("threat", "threat")]
    ):
        c = call(number, "もう死にたい。家は知ってるぞ")
        saved = either.save(c, result(c, (1, 0, 5), category=found))
        names[right] = saved.flag_ids[0]
        correction = Correction(CorrectionKind.CATEGORY, flag_id=saved.flag_ids[0], category=right)
        either.corrections.add(saved.key, hanako, correction, policy=POLICY)
    queue = either.flags(without=POLICY.routed)
    care = either.flags(only=POLICY.routed, all_flags=True)
    assert {row.id for row in queue.items} == {names["intimidation"], names["threat"]}
    found = figures(either, POLICY, now=datetime.now(UTC), days=None)
    assert (found.waiting.total, found.waiting.routed) == (queue.total, care.total) == (2, 1)
    assert Counter(found.waiting.queue) == Counter(row.flag.priority for row in queue.items)
    assert (found.flags, found.forecast.arrivals) == (2, 2)
    expected = {POLICY.categories[id].name for id in ("intimidation", "threat")}
    assert {name for name, _, _ in found.categories} == expected


def test_a_backlog_shrinks_only_with_capacity():
    """Ten a day in and fifteen out clear fifty in ten days; ten in and eight out never do."""
    assert forecast(50, 10, 15).days_to_clear == 10
    assert forecast(50, 10, 8).days_to_clear is None
    assert forecast(0, 10, 8).days_to_clear == 0
    assert forecast(50, 10, 15).expected[1] == 45


def test_csv_is_read_back_as_it_was(store, decided):
    """A byte-order mark, a header, one line a row."""
    tables = figures(store, POLICY, now=NOW, days=4000).tables(POLICY)
    table = next(t for t in tables if t.id == "categories")
    rows = list(csv.reader(io.StringIO(table.csv().removeprefix("\ufeff"))))
    assert rows[0] == list(table.columns)
    assert rows[1][0] == "脅迫"
    assert rows[1][1] == "0.5"
