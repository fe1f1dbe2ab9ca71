"""Accounts, sessions and keys, and who may touch them."""

import pytest

from screening.errors import Conflict, NotFound, PermissionDenied, ReviewError
from screening.review import Role
from screening.store import people as module
from screening.store.tables import people as table

from .conftest import HARASSMENT, PASSWORD


def test_passwords_are_kept_as_argon2id(store, staff):
    """RFC 9106's recommended variant."""
    with store.engine.begin() as c:
        kept = c.execute(table.select()).all()
    assert {row.password.split("$")[1] for row in kept} == {"argon2id"}


class TestAccounts:
    def test_an_administrator_manages(self, store, staff):
        """Adds, lists, changes roles, stops; all of it on record."""
        admin = staff["administrator"]
        new = store.people.add_person("新人", PASSWORD, [Role.REVIEWER], by=admin)
        store.people.set_roles(new.id, [Role.REVIEWER, Role.APPROVER], by=admin)
        store.people.set_active(new.id, False, by=admin)
        account = next(a for a in store.people.everyone(admin) if a.person.id == new.id)
        assert account.person.roles == {Role.REVIEWER, Role.APPROVER}
        assert not account.active
        log = store.audit.entries(staff["auditor"], subject=f"person:{new.id}")
        assert [e.action for e in reversed(log)] == ["add_person", "set_roles", "deactivate"]
        assert {e.actor for e in log} == {admin.id}

    @pytest.mark.parametrize("who", ["reviewer", "approver", "auditor", "machine"])
    def test_nobody_else_does(self, store, staff, who):
        """No other role touches accounts or keys."""
        person, other = staff[who], staff["second"]
        people = store.people
        for act in (
            lambda: people.everyone(person),
            lambda: people.add_person("x", PASSWORD, [Role.REVIEWER], by=person),
            lambda: people.set_roles(other.id, [Role.ADMINISTRATOR], by=person),
            lambda: people.set_active(other.id, False, by=person),
            lambda: people.set_password(other.id, PASSWORD, by=person),
            lambda: people.add_api_key("x", by=person),
            lambda: people.keys(person),
            lambda: people.revoke_key("x", by=person),
            lambda: people.revoke_all(other.id, by=person),
        ):
            with pytest.raises(PermissionDenied):
                act()

    def test_a_role_taken_away_counts_at_once(self, store, make, staff, policy):
        """Whoever still holds an old session decides nothing any more."""
        flag = store.save(*make()).flag_ids[0]
        me = staff["reviewer"]
        store.people.set_roles(me.id, [Role.AUDITOR])
        with pytest.raises(PermissionDenied):
            store.decide(flag, me, policy=policy, **HARASSMENT)
        store.people.set_active(me.id, False)
        with pytest.raises(PermissionDenied, match="登録"):
            store.open_case(store.flag(flag).conversation_key, me)

    def test_the_last_administrator_stays(self, store, staff):
        """The record never ends up with nobody to manage it."""
        admin = staff["administrator"]
        with pytest.raises(Conflict, match="最後の管理者"):
            store.people.set_roles(admin.id, [Role.REVIEWER], by=admin)
        with pytest.raises(Conflict, match="最後の管理者"):
            store.people.set_active(admin.id, False, by=admin)

    def test_a_short_password_is_refused(self, store, staff):
        """By the core, whichever way it came."""
        with pytest.raises(ReviewError, match="12文字"):
            store.people.add_person("x", "short", [Role.REVIEWER])
        with pytest.raises(ReviewError, match="12文字"):
            store.people.set_password(staff["reviewer"].id, "short")

    def test_ones_own_password_needs_the_old_one(self, store, staff):
        """And ends every session that was opened with it."""
        me = staff["reviewer"]
        token = store.people.open_session(me)
        with pytest.raises(PermissionDenied, match="今のパスワード"):
            store.people.set_password(me.id, "another one 123", by=me, old="wrong")
        store.people.set_password(me.id, "another one 123", by=me, old=PASSWORD)
        assert store.people.person_for_session(token) is None
        assert store.people.authenticate(me.name, "another one 123").id == me.id

    def test_somebody_who_is_not_there(self, store):
        """Is said to be missing."""
        for act in (
            lambda: store.people.set_roles("x", [Role.REVIEWER]),
            lambda: store.people.set_active("x", False),
            lambda: store.people.set_password("x", PASSWORD),
        ):
            with pytest.raises(NotFound):
                act()


class TestSessions:
    def test_ones_own_are_listed_and_ended(self, store, staff):
        """One browser can be signed out from another."""
        me = staff["reviewer"]
        here, there = store.people.open_session(me), store.people.open_session(me)
        store.people.open_session(staff["second"])
        found = store.people.sessions(me, token=here)
        assert len(found) == 2
        (other,) = (s for s in found if not s.current)
        store.people.revoke_session(other.id, by=me)
        assert store.people.person_for_session(there) is None
        assert store.people.person_for_session(here) == me

    def test_anothers_are_the_administrators_to_end(self, store, staff):
        """Nobody else sees or ends them."""
        me, other, admin = staff["reviewer"], staff["second"], staff["administrator"]
        token = store.people.open_session(other)
        with pytest.raises(PermissionDenied):
            store.people.sessions(me, other.id)
        (session,) = store.people.sessions(admin, other.id)
        with pytest.raises(PermissionDenied):
            store.people.revoke_session(session.id, by=me)
        assert store.people.person_for_session(token) == other
        store.people.revoke_session(session.id, by=admin)
        assert store.people.person_for_session(token) is None
        with pytest.raises(NotFound):
            store.people.revoke_session(session.id, by=admin)

    def test_stopping_somebody_ends_all_theirs(self, store, staff):
        """At once, not at the next sign-in."""
        token = store.people.open_session(staff["reviewer"])
        store.people.set_active(staff["reviewer"].id, False)
        assert store.people.person_for_session(token) is None
        assert store.people.sessions(staff["administrator"], staff["reviewer"].id) == ()

    def test_a_sessions_name_opens_nothing(self, store, staff):
        """What is listed is no token."""
        store.people.open_session(staff["reviewer"])
        (session,) = store.people.sessions(staff["reviewer"])
        assert store.people.person_for_session(session.id) is None


class TestKeys:
    def test_a_stopped_key_is_nobody(self, store, staff):
        """From the next request on."""
        admin = staff["administrator"]
        key = store.people.add_api_key("取り込み", by=admin)
        prefix = key.partition(".")[0]
        assert prefix in {k.prefix for k in store.people.keys(admin)}
        store.people.revoke_key(prefix, by=admin)
        assert store.people.person_for_key(key) is None
        with pytest.raises(NotFound):
            store.people.revoke_key(prefix, by=admin)


class TestThrottling:
    def test_one_address_cannot_try_every_name(self, store, staff, monkeypatch):
        """Failures of one address count together, whatever name they are for."""
        monkeypatch.setattr(module, "MAX_ADDRESS_FAILURES", 5)
        for n in range(5):
            with pytest.raises(PermissionDenied, match="違います"):
                store.people.authenticate(f"nobody {n}", "wrong", "10.0.0.1")
        me = staff["reviewer"]
        with pytest.raises(PermissionDenied, match="待って"):
            store.people.authenticate(me.name, PASSWORD, "10.0.0.1")
        assert store.people.authenticate(me.name, PASSWORD, "10.0.0.2").id == me.id

    def test_failures_are_on_record_without_the_name_tried(self, store, staff):
        """A password typed into the field for the name is nobody's to read."""
        with pytest.raises(PermissionDenied):
            store.people.authenticate("my secret password", "wrong")
        (entry,) = store.audit.entries(staff["auditor"], action="sign_in_failed")
        assert "secret" not in str(entry)
