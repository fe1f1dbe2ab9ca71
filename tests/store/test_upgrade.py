"""A record from before the review's tables, with people's work in it."""

import json
from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import text

from screening.dashboard import figures
from screening.review import FlagState, Role
from screening.store import Filters, Store
from screening.store.engine import alembic_config, connect

from .conftest import HARMLESS

CONTENT = {
    "id": "c-1",
    "kind": "call",
    "turns": [{"speaker": "customer", "text": "家は知ってるぞ"}],
}
OLD = "2026-10-01T00:00:00.000000+00:00"


@pytest.fixture
def old(url):
    """A database at the first revision: two flags, the first one decided."""
    engine = connect(url)
    config = alembic_config()
    with engine.begin() as c:
        config.attributes["connection"] = c
        command.upgrade(config, "0001")
        said = {
            "key": "k" * 32,
            "content": json.dumps(CONTENT, ensure_ascii=False),
            "at": OLD,
            "started": "2026-09-30T09:00:00+09:00",
        }
        for statement in (
            "INSERT INTO people VALUES ('p1', '前の人', 'x', 'reviewer', true, :at)",
            "INSERT INTO conversations VALUES (:key, 'c-1', 'sha', 'call', NULL, :started, :content, :at)",
            "INSERT INTO screenings VALUES (1, :key, 'medical-care@0', 'm', true, '{}', '', :at)",
            *(
                f"INSERT INTO flags VALUES ('f{n}', :key, 1, '{category}', '②-2', 0, 0, 3, '家は知',"
                f" 0.9, '[]', '理由', 0, '[]', true, '{state}', :at)"
                for n, category, state in (
                    (1, "threat", "confirmed"),
                    (2, "intimidation", "proposed"),
                )
            ),
            "INSERT INTO decisions (flag_id, person_id, answers, outcome, reason, decided_at,"
            " from_state, to_state, policy, illness_suspected, illness_consulted)"
            " VALUES ('f1', 'p1', '{}', 'harassment', '前の理由', :at,"
            " 'proposed', 'confirmed', 'medical-care@0', false, false)",
        ):
            c.execute(text(statement), said)
    engine.dispose()
    return url


def test_nothing_is_lost_and_work_goes_on(old, policy):
    """Flags keep their state and get their place; earlier decisions stand; new ones are vouched for."""
    store = Store.open(old)
    try:
        everything = store.flags(Filters(states=()))
        assert {(r.id, r.state) for r in everything.items} == {
            ("f1", FlagState.CONFIRMED),
            ("f2", FlagState.PROPOSED),
        }
        row = store.flag("f2")
        assert (row.kind, row.policy) == ("call", "medical-care@0")
        assert store.flags(Filters(until="2026-10-01T00:00:00+00:00")).total == 1
        assert store.flags(Filters(since="2026-10-01T00:00:00+00:00")).total == 0
        me = store.people.add_person("新しい人", "long enough 123", [Role.REVIEWER])
        store.decide("f2", me, policy=policy, **HARMLESS)
        assert [d.decision.reason for d in store.case("k" * 32).decisions] == [
            "前の理由",
            HARMLESS["reason"],
        ]
        assert store.audit.verify().ok
    finally:
        store.close()


def test_a_category_set_right_before_is_what_the_lists_go_by(old):
    """The last one given to a flag; what was set right otherwise changes no category."""
    engine, config = connect(old), alembic_config()
    with engine.begin() as c:
        config.attributes["connection"] = c
        command.upgrade(config, "r0006")
        for number, (flag, kind, category) in enumerate(
            [
                ("f2", "category", "verbal_abuse"),
                ("f2", "category", "threat"),
                ("f2", "span", "defamation"),
                ("f1", "missed", "defamation"),
            ]
        ):
            c.execute(
                text(
                    "INSERT INTO corrections (id, conversation_key, flag_id, person_id, kind,"
                    " category, note, at) VALUES (:id, :key, :flag, 'p1', :kind, :category, '', :at)"
                ),
                {
                    "id": number + 1,
                    "key": "k" * 32,
                    "flag": flag,
                    "kind": kind,
                    "category": category,
                    "at": OLD,
                },
            )
    engine.dispose()
    store = Store.open(old)
    try:
        assert [store.flag(f).named for f in ("f1", "f2")] == ["threat", "threat"]
        assert store.flags(Filters(states=(), category="threat")).total == 2
        assert store.flags(category="intimidation").total == 0
        assert store.flag("f2").flag.category == "intimidation", "the machine's finding stays"
    finally:
        store.close()


def test_the_numbers_count_what_was_there_before(old, policy):
    """By the day in Japan on which it took place, and with the time to its first decision."""
    store = Store.open(old)
    try:
        found = figures(store, policy, now=datetime.now(UTC), days=None)
        (week,) = found.weeks
        assert (week.monday.isoformat(), week.conversations, week.flags) == ("2026-09-28", 1, 2)
        assert (found.judged, found.waiting.total) == (1, 1)
        assert sum(w.decided for w in found.waits) == 1
    finally:
        store.close()


def test_decisions_from_before_stay_append_only(old, policy):
    """The triggers hold for what was there as well."""
    store = Store.open(old)
    with pytest.raises(Exception, match="append-only"), store.engine.begin() as c:
        c.execute(text("UPDATE decisions SET reason = 'x'"))
    store.close()
