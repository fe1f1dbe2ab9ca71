"""The numbers of the dashboard, counted by hand beside what the program counts."""

import csv
import io
from datetime import UTC, datetime

import pytest

from screening.dashboard import figures, forecast, share
from screening.records import Priority
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
    weeks = figures(store, POLICY, now=NOW, days=4000).weeks
    assert [(w.monday.isoformat(), w.conversations, w.flags) for w in weeks] == [
        ("2026-09-28", 2, 4),
        ("2026-10-05", 2, 2),
    ]
    assert weeks[0].per_hundred == 200


def test_waiting_and_time_to_decision(store, decided):
    """Four urgent flags wait; two were decided within the hour."""
    found = figures(store, POLICY, now=NOW, days=4000)
    assert found.waiting[Priority.URGENT] == 4
    urgent = next(w for w in found.waits if w.priority is Priority.URGENT)
    assert urgent.decided == 2
    assert 0 <= urgent.median < 1


def test_contacts_are_counted_without_saying_whose(store, decided):
    """One customer has three contacts with flags."""
    found = figures(store, POLICY, now=NOW, days=4000)
    assert found.contacts == ((3, 1),)


def test_no_table_names_anybody(store, decided):
    """Neither reviewers, nor staff, nor customers, nor anything that was said."""
    whole = "".join(t.csv() for t in figures(store, POLICY, now=NOW, days=4000).tables())
    for name in ("花子", "鈴木", "佐藤", "k-77", "c-1", "夜道"):
        assert name not in whole


def test_a_backlog_shrinks_only_with_capacity():
    """Ten a day in and fifteen out clear fifty in ten days; ten in and eight out never do."""
    assert forecast(50, 10, 15).days_to_clear == 10
    assert forecast(50, 10, 8).days_to_clear is None
    assert forecast(0, 10, 8).days_to_clear == 0
    assert forecast(50, 10, 15).expected[1] == 45


def test_csv_is_read_back_as_it_was(store, decided):
    """A byte-order mark, a header, one line a row."""
    table = figures(store, POLICY, now=NOW, days=4000).tables()[1]
    rows = list(csv.reader(io.StringIO(table.csv().removeprefix("\ufeff"))))
    assert rows[0] == list(table.columns)
    assert rows[1][0] == "脅迫"
    assert rows[1][1] == "0.5"
