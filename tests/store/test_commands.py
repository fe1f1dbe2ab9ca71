"""People and keys from the command line, as the operator at the machine."""

import io

import pytest

from screening.cli import main
from screening.review import Role

from .conftest import PASSWORD


@pytest.fixture
def run(url, store, monkeypatch):
    def run(*words, typed=PASSWORD):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed + "\n"))
        return main([*words, "--database", url])

    return run


def test_a_person_from_the_first_day_to_the_last(run, store, capsys):
    """Added, listed, given another role and password, stopped."""
    assert run("people", "add", "確認 次郎") == 0
    person = store.people.authenticate("確認 次郎", PASSWORD)
    assert run("people", "roles", "確認 次郎", "--role", "auditor", "--role", "approver") == 0
    assert store.people.named("確認 次郎").roles == {Role.AUDITOR, Role.APPROVER}
    token = store.people.open_session(person)
    assert run("people", "password", "確認 次郎", typed="a new long one 1") == 0
    assert store.people.person_for_session(token) is None
    assert store.people.authenticate("確認 次郎", "a new long one 1").id == person.id
    capsys.readouterr()
    assert run("people", "stop", "確認 次郎") == 0
    assert run("people", "list") == 0
    assert "確認 次郎\t承認者・監査者\t停止中" in capsys.readouterr().out


def test_a_short_password_and_an_unknown_name_are_explained(run, capsys):
    """Usage errors, each with its remedy."""
    assert run("people", "add", "x", typed="short") == 2
    assert "12文字" in capsys.readouterr().err
    for command in (["stop", "誰か"], ["roles", "誰か", "--role", "auditor"], ["password", "誰か"]):
        assert run("people", *command) == 2
        assert "people list" in capsys.readouterr().err


def test_a_key_is_made_and_stopped(run, store, capsys):
    """A stopped key is nobody's."""
    assert run("keys", "add", "取り込み") == 0
    key = capsys.readouterr().out.strip()
    assert store.people.person_for_key(key) is not None
    assert run("keys", "revoke", key.partition(".")[0]) == 0
    assert store.people.person_for_key(key) is None


def test_what_the_operator_does_is_on_record(run, store):
    """Under the operator's name, for there is no other."""
    run("people", "add", "確認 三郎")
    auditor = store.people.add_person("監査", PASSWORD, [Role.AUDITOR])
    assert {e.actor for e in store.audit.entries(auditor, action="add_person")} == {"operator"}


def test_a_head_that_is_none_is_refused(run, tmp_path, capsys):
    """A wrong file is not taken for a kept head."""
    path = tmp_path / "head"
    path.write_text("12")
    assert run("audit", "verify", "--head", str(path)) == 2
    assert "控え" in capsys.readouterr().err
