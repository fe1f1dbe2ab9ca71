"""The audit log in a real database: nobody edits it quietly."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, IntegrityError

from screening.cli import main
from screening.corrections import Correction, CorrectionKind
from screening.errors import PermissionDenied
from screening.records import Speaker
from screening.sampling import Plan
from screening.store.migrations.triggers import statements
from screening.store.tables import APPEND_ONLY, metadata

from .conftest import HARASSMENT, HARMLESS


@pytest.fixture
def full(store, make, staff, policy):
    """A row in every append-only table."""
    store.set_plan(Plan(double_share=1, check_share=1))
    saved = store.save(*make(1))
    flag = saved.flag_ids[0]
    store.work.escalate(flag, staff["reviewer"], note="相談")
    store.decide(flag, staff["reviewer"], policy=policy, **HARASSMENT)
    store.decide(flag, staff["second"], policy=policy, **HARMLESS)
    store.consult(saved.key, staff["reviewer"], consulted="相談先", note="確認した")
    store.corrections.add(
        saved.key,
        staff["reviewer"],
        Correction(CorrectionKind.SPEAKER, turn=0, speaker=Speaker.CUSTOMER),
        policy=policy,
    )
    quiet = store.save(*make(2, categories=(), review=False))
    store.checks.record(quiet.key, staff["reviewer"], found=False)
    assert store.audit.verify().ok
    return saved


def _defeat(store, table):
    """What somebody with the database in hand can do: take the triggers away."""
    with store.engine.begin() as c:
        for verb in ("update", "delete"):
            on = "" if store.engine.dialect.name == "sqlite" else f" ON {table}"
            c.execute(text(f"DROP TRIGGER {table}_no_{verb}{on}"))


class TestTriggers:
    @pytest.mark.parametrize("table", APPEND_ONLY)
    def test_the_database_refuses_every_change(self, store, full, table):
        """Neither update nor delete, of any row of any append-only table."""
        column = list(metadata.tables[table].columns)[-1].name
        with store.engine.begin() as c:
            before = c.execute(text(f"SELECT count(*) FROM {table}")).scalar()
        assert before
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError, match="append-only"), store.engine.begin() as c:
                c.execute(text(statement))

    @pytest.mark.parametrize("table", APPEND_ONLY)
    def test_no_row_takes_the_place_of_another(self, store, full, table):
        """An insert that replaces is a change as well."""
        shape = metadata.tables[table]
        key = next(iter(shape.primary_key.columns)).name
        names = ", ".join(f'"{c.name}"' for c in shape.columns)
        copy = f"INTO {table} ({names}) SELECT {names} FROM {table} LIMIT 1"
        if store.engine.dialect.name == "sqlite":
            statements = [f"INSERT OR REPLACE {copy}", f"REPLACE {copy}"]
        else:
            statements = [f"INSERT {copy} ON CONFLICT ({key}) DO UPDATE SET {key} = EXCLUDED.{key}"]
            with pytest.raises(DatabaseError, match="append-only"), store.engine.begin() as c:
                c.execute(text(f"TRUNCATE {table} CASCADE"))
        for statement in statements:
            with pytest.raises(DatabaseError, match="append-only"), store.engine.begin() as c:
                c.execute(text(statement))

    def test_every_table_of_the_list_has_its_triggers(self, store):
        """No append-only table was forgotten in the migrations."""
        kind = store.engine.dialect.name
        query = {
            "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
            "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
        }[kind]
        with store.engine.begin() as c:
            there = set(c.execute(text(query)).scalars())
        for table in APPEND_ONLY:
            wanted = {s.split()[2] for s in statements(kind, table) if "CREATE TRIGGER" in s}
            assert wanted <= there


class TestChain:
    def test_a_changed_decision_is_found(self, store, full):
        """Who rewrites a reason past the triggers is found out by its digest."""
        _defeat(store, "decisions")
        with store.engine.begin() as c:
            c.execute(text("UPDATE decisions SET reason = 'まったく別の理由'"))
        assert any("決定" in p and "変わって" in p for p in store.audit.verify().problems)

    def test_a_changed_second_reading_is_found(self, store, full):
        """Second readings are vouched for as well."""
        _defeat(store, "second_readings")
        with store.engine.begin() as c:
            c.execute(text("UPDATE second_readings SET outcome = 'harassment'"))
        assert any("二人目" in p for p in store.audit.verify().problems)

    def test_a_decision_slipped_in_is_found(self, store, full, staff):
        """A row without its entry in the log was not taken through the review."""
        with store.engine.begin() as c:
            c.execute(
                text(
                    "INSERT INTO decisions (id, flag_id, person_id, answers, outcome, reason,"
                    " decided_at, from_state, to_state, policy, illness_suspected,"
                    " illness_consulted) SELECT 9999, flag_id, person_id, answers, outcome, reason,"
                    " decided_at, from_state, to_state, policy, illness_suspected,"
                    " illness_consulted FROM decisions LIMIT 1"
                )
            )
        assert any("9999番は、監査の記録にありません" in p for p in store.audit.verify().problems)

    def test_a_removed_decision_is_found(self, store, full):
        """An entry whose decision is gone says so."""
        for table in ("second_readings", "decisions"):
            _defeat(store, table)
        with store.engine.begin() as c:
            c.execute(text("DELETE FROM second_readings"))
            c.execute(text("DELETE FROM decisions"))
        problems = store.audit.verify().problems
        assert any("決定" in p and "消えて" in p for p in problems)
        assert any("二人目" in p and "消えて" in p for p in problems)

    def test_an_altered_entry_and_a_cut_tail_are_found(self, store, full, url, tmp_path, capsys):
        """The command finds both, the tail only with the head that was kept."""
        assert main(["audit", "head", "--database", url]) == 0
        kept = tmp_path / "head"
        kept.write_text(capsys.readouterr().out)
        verify = ["audit", "verify", "--database", url]
        assert main([*verify, "--head", str(kept)]) == 0
        _defeat(store, "audit")
        with store.engine.begin() as c:
            last = c.execute(text("SELECT max(seq) FROM audit")).scalar()
            c.execute(text("DELETE FROM audit WHERE action = 'check' AND seq = :n"), {"n": last})
        assert store.audit.head().seq == last - 1
        assert main(verify) == 0
        assert main([*verify, "--head", str(kept)]) == 3
        assert "切れて" in capsys.readouterr().err
        with store.engine.begin() as c:
            c.execute(text("UPDATE audit SET actor = 'somebody else' WHERE seq = 2"))
        assert main(verify) == 3
        assert "2番の内容" in capsys.readouterr().err

    def test_many_who_write_at_once_leave_one_chain(self, store, make, staff):
        """No fork and no gap, whoever came first."""
        key = store.save(*make()).key
        failed = []

        def look():
            try:
                for _ in range(10):
                    store.open_case(key, staff["reviewer"])
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=look) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        found = store.audit.verify()
        assert found.ok
        assert len(store.audit.entries(staff["auditor"], action="look", limit=200)) == 80

    def test_two_entries_cannot_have_one_number(self, store, staff):
        """The database itself refuses a fork."""
        with pytest.raises((IntegrityError, DatabaseError)), store.engine.begin() as c:
            c.execute(
                text(
                    "INSERT INTO audit (seq, at, actor, action, subject, detail, previous, hash)"
                    " SELECT seq, at, actor, action, subject, detail, previous, hash FROM audit"
                )
            )

    def test_no_words_stand_in_the_log(self, store, full):
        """Erasing texts later cannot break the chain: it holds none."""
        with store.engine.begin() as c:
            log = str(c.execute(metadata.tables["audit"].select()).all())
        for words in ("家は知ってるぞ", HARASSMENT["reason"], HARMLESS["reason"], "確認した"):
            assert words not in log

    def test_a_failed_decision_leaves_no_entry(self, store, make, staff, policy):
        """What was rolled back never was."""
        flag = store.save(*make()).flag_ids[0]
        before = store.audit.head()
        with pytest.raises(Exception, match="理由"):
            store.decide(flag, staff["reviewer"], policy=policy, **HARASSMENT | {"reason": " "})
        assert store.audit.head() == before

    @pytest.mark.parametrize("who", ["reviewer", "approver", "machine"])
    def test_who_may_not_read_it(self, store, staff, who):
        """The log is for auditors and administrators."""
        for read in (store.audit.entries, store.audit.head):
            with pytest.raises(PermissionDenied):
                read(staff[who])
        with pytest.raises(PermissionDenied):
            store.audit.verify(None, staff[who])
