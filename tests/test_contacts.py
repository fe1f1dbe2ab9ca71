"""A customer's earlier contacts, and that every way in from files counts them."""

import io
import json
import random
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from screening import conduct
from screening.cli import main
from screening.contacts import MOST, Contacts
from screening.records import Conversation, Kind, Speaker, Turn
from screening.rescore import rescore

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


def _mail(number, *, customer="k@example.jp", at=None, name=None):
    when = at or (START + timedelta(hours=number)).isoformat()
    turns = (Turn("修理の件", Speaker.CUSTOMER), Turn("まだ届きません", Speaker.CUSTOMER))
    return Conversation(name or f"m-{number}", Kind.EMAIL, turns, customer, when)


def _row(number, *, customer="k@example.jp", days=0.0):
    return {
        "id": f"m-{number}",
        "kind": "email",
        "customer_id": customer,
        "sent_at": (START + timedelta(days=days, hours=number)).isoformat(),
        "subject": "修理の件",
        "body": "まだ届きません。いつになりますか。",
    }


def _write(path, rows):
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    return path


def _flagged(lines):
    """The conversations with a flag that counting contacts has raised."""
    return {
        row["id"]
        for row in map(json.loads, lines)
        if any("conduct" in flag["detectors"] for flag in row["flags"])
    }


class TestContacts:
    def test_only_the_same_customers_earlier_ones(self):
        """Not the conversation itself, nobody else's, none that came later, none without a date."""
        others = [
            _mail(9),
            _mail(1),
            _mail(2, customer="x"),
            replace(_mail(3), occurred_at=None),
            _mail(4, at="昨日"),
        ]
        contacts = Contacts([_mail(5), *others])
        found = contacts.before(_mail(5))
        assert [c.id for c in found] == ["m-1"]
        assert (found[0].turns, found[0].customer_id) == ((), "k@example.jp")
        assert contacts.before(_mail(5, customer=None)) == ()

    def test_what_is_passed_counts_as_the_whole_history_would(self):
        """In whatever order they were added, and with times of different zones."""
        mails = [_mail(n) for n in range(0, 400, 13)]
        mails += [_mail(n, at=f"2026-11-0{n}T18:00:00+09:00", name=f"z-{n}") for n in range(1, 9)]
        mails += [_mail(n, at=f"2026-11-0{n}T18:00:00", name=f"n-{n}") for n in range(1, 9)]
        random.Random(3).shuffle(mails)
        contacts = Contacts(mails)
        for mail in mails:
            passed = conduct.observe(mail, contacts.before(mail))
            assert passed == conduct.observe(mail, mails)

    def test_the_latest_are_kept(self):
        """So many, and no more: a customer of years costs no more than one of weeks."""
        contacts = Contacts(_mail(n) for n in range(3 * MOST))
        found = contacts.before(_mail(3 * MOST))
        assert [c.id for c in found] == [f"m-{n}" for n in range(2 * MOST, 3 * MOST)]

    def test_one_identifier_counts_once(self):
        """The same mail with other words is the same contact."""
        contacts = Contacts([_mail(1), _mail(1), _mail(2, name="m-1")])
        assert len(contacts.before(_mail(3))) == 1

    @pytest.mark.parametrize("at", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "x"])
    def test_a_date_that_nothing_can_be_done_with_is_passed_over(self, at):
        """It is nobody's earlier contact, and no error."""
        contacts = Contacts([_mail(1, at=at)])
        assert contacts.before(_mail(2)) == contacts.before(_mail(2, at=at)) == ()

    def test_what_was_read_too_late_is_known(self):
        """Only then is a second look needed."""
        contacts = Contacts()
        assert [len(contacts.so_far(_mail(n))) for n in range(4)] == [0, 1, 2, 3]
        assert not contacts.late
        contacts.so_far(_mail(-1))
        assert contacts.late


class TestFiles:
    @pytest.fixture
    def rows(self):
        """Twelve mails of one customer in a day and one of another, out of order."""
        rows = [_row(n) for n in range(12)] + [_row(20, customer="x@example.jp")]
        random.Random(5).shuffle(rows)
        return rows

    def test_the_command_counts_across_a_file_in_any_order(self, rows, tmp_path):
        """From the tenth contact within the policy's days on, and nobody else's."""
        out = tmp_path / "out.jsonl"
        assert main(["screen", str(_write(tmp_path / "m.jsonl", rows)), "--output", str(out)]) == 0
        assert _flagged(out.open(encoding="utf-8")) == {"m-9", "m-10", "m-11"}

    def test_the_command_counts_across_files(self, rows, tmp_path):
        """A folder's files are one."""
        folder = tmp_path / "in"
        folder.mkdir()
        for number, row in enumerate(rows):
            _write(folder / f"{number:02}.jsonl", [row])
        out = tmp_path / "out.jsonl"
        assert main(["screen", str(folder), "--output", str(out)]) == 0
        assert _flagged(out.open(encoding="utf-8")) == {"m-9", "m-10", "m-11"}

    def test_a_pipe_counts_what_it_has_read(self, tmp_path, monkeypatch):
        """In the order of time that is everything."""
        text = "".join(json.dumps(_row(n)) + "\n" for n in range(11))
        stdin = io.TextIOWrapper(io.BytesIO(text.encode()))
        monkeypatch.setattr(sys, "stdin", stdin)
        out = tmp_path / "out.jsonl"
        assert main(["screen", "-", "--output", str(out)]) == 0
        assert _flagged(out.open(encoding="utf-8")) == {"m-9", "m-10"}

    def test_more_days_than_the_policy_counts_are_no_flag(self, tmp_path):
        """Two mails a day's distance apart are no siege."""
        rows = [_row(n, days=2 * n) for n in range(12)]
        out = tmp_path / "out.jsonl"
        main(["screen", str(_write(tmp_path / "m.jsonl", rows)), "--output", str(out)])
        assert _flagged(out.open(encoding="utf-8")) == set()

    def test_an_archive_counts_within_a_file_in_any_order(self, rows, tmp_path):
        """A file that is not in the order of time is gone through twice, and counted once."""
        folder = tmp_path / "in"
        folder.mkdir()
        _write(folder / "a.jsonl", [*rows, {"id": "broken"}])
        _write(folder / "b.jsonl", sorted(rows, key=lambda row: row["sent_at"]))
        done = {d.name: d for d in rescore(folder, tmp_path / "out", workers=1)}
        assert [(done[n].conversations, done[n].rejects) for n in ("a.jsonl", "b.jsonl")] == [
            (13, 1),
            (13, 0),
        ]
        for name in ("a", "b"):
            lines = (tmp_path / "out" / f"{name}.jsonl.flags.jsonl").open(encoding="utf-8")
            assert _flagged(lines) == {"m-9", "m-10", "m-11"}
