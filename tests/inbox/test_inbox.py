"""The inbox against a real Dovecot: mails are marked once, and nothing else happens to them."""

import os
import signal
import subprocess
import sys
import time
from email.message import EmailMessage
from threading import Event, Thread

import pytest

from screening.errors import ScreeningError
from screening.inbox import KEYWORD, Account, Security, connect, look, run
from screening.screener import default_screener
from screening.store import Store

pytestmark = pytest.mark.mail

ABUSE = "この役立たず、死ね。家族がどうなっても知らないぞ。"
CALM = "昨日届いた商品の色が違いました。交換をお願いします。"


@pytest.fixture(scope="module")
def screener():
    return default_screener()


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'record.db'}"


@pytest.fixture
def store(url):
    opened = Store.open(url)
    yield opened
    opened.close()


def _mail(number, body, charset="utf-8", **headers):
    message = EmailMessage()
    message["From"] = f"客 <k{number}@example.jp>"
    message["Subject"] = f"問い合わせ {number}"
    message["Message-ID"] = f"<{number}@mail.example.jp>"
    for name, value in headers.items():
        message[name] = value
    message.set_content(body, charset=charset)
    return message.as_bytes()


def _flags(mailbox):
    """The keywords and flags of every mail by UID, as any other client sees them."""
    mailbox.noop()
    uids = mailbox.search("ALL")
    return {
        uid: {f.decode() for f in data[b"FLAGS"]} - {"\\Recent"}
        for uid, data in mailbox.fetch(uids, ["FLAGS"]).items()
    }


def _cases(store):
    page = store.flags(limit=200)
    assert page.next is None
    return {row.conversation_id for row in page.items}


def _look(account, store, screener):
    client = connect(account)
    try:
        return look(client, account, store, screener)
    finally:
        client.logout()


def test_flagged_mails_get_the_keyword_and_nothing_else_changes(account, mailbox, store, screener):
    """No mail is read, answered, moved or deleted; the calm one is not touched at all."""
    mailbox.append("INBOX", _mail(1, ABUSE))
    mailbox.append("INBOX", _mail(2, CALM))
    mailbox.append("INBOX", _mail(3, ABUSE, charset="iso-2022-jp"))
    counts = _look(account, store, screener)
    assert (counts.screened, counts.flagged, counts.rejected) == (3, 2, 0)
    assert list(_flags(mailbox).values()) == [{KEYWORD}, set(), {KEYWORD}]
    assert _cases(store) == {"1@mail.example.jp", "3@mail.example.jp"}


def test_repeated_mails_of_one_sender_are_found(account, mailbox, store, screener):
    """The tenth calm mail within the policy's days is flagged; nobody else's is."""
    for number in range(11):
        date = f"Mon, 02 Nov 2026 {9 + number:02}:00:00 +0900"
        sender = b"k@example.jp" if number < 10 else b"x@example.jp"
        mail = _mail(number, CALM, Date=date)
        mailbox.append("INBOX", mail.replace(f"<k{number}@example.jp>".encode(), b"<%b>" % sender))
    assert _look(account, store, screener).flagged == 1
    (row,) = store.flags(category="persistence").items
    assert row.conversation_id == "9@mail.example.jp"
    assert "10回の連絡" in row.flag.why


def test_a_second_look_does_nothing_again(account, mailbox, store, screener):
    """What is done is done: no second mark, no second case, even where a person took the mark off."""
    mailbox.append("INBOX", _mail(1, ABUSE))
    _look(account, store, screener)
    (uid,) = mailbox.search("ALL")
    mailbox.remove_flags([uid], [KEYWORD])
    before = store.flags().total
    counts = _look(account, store, screener)
    assert (counts.screened, counts.flagged) == (0, 0)
    assert _flags(mailbox) == {uid: set()}
    assert store.flags().total == before


def test_a_crash_between_storing_and_marking_is_made_good(account, mailbox, store, screener):
    """The next start marks what was stored, and stores nothing twice."""
    mailbox.append("INBOX", _mail(1, ABUSE))

    class Crash(Exception):
        pass

    client = connect(account)
    client.add_flags = lambda *_, **__: (_ for _ in ()).throw(Crash())
    with pytest.raises(Crash):
        look(client, account, store, screener)
    client.shutdown()
    assert list(_flags(mailbox).values()) == [set()]
    assert (stored := store.flags().total)
    _look(account, store, screener)
    assert list(_flags(mailbox).values()) == [{KEYWORD}]
    assert store.flags().total == stored


def test_the_same_message_under_another_number_is_not_stored_again(
    account, mailbox, store, screener
):
    """A copy, or a rebuilt mailbox with a new UIDVALIDITY, is known by its Message-ID."""
    mailbox.append("INBOX", _mail(1, ABUSE))
    _look(account, store, screener)
    stored = store.flags().total
    mailbox.append("INBOX", _mail(1, ABUSE))
    counts = _look(account, store, screener)
    assert counts.screened == 0
    assert store.flags().total == stored


def test_one_poisoned_mail_does_not_stop_the_others(account, mailbox, store, screener):
    """What cannot be read is noted with its reason, and once."""
    mailbox.append("INBOX", b"this is no mail at all\r\n")
    mailbox.append("INBOX", _mail(2, ABUSE))
    counts = _look(account, store, screener)
    assert (counts.screened, counts.flagged, counts.rejected) == (1, 1, 1)
    again = _look(account, store, screener)
    assert (again.screened, again.rejected) == (0, 0)


def test_a_new_mail_is_marked_while_watching(account, mailbox, store, screener):
    """IDLE tells of it; stopping is immediate."""
    stop, first = Event(), Event()
    thread = Thread(
        target=run,
        args=(account, store, screener),
        kwargs={"stop": stop, "on_look": lambda counts: first.set()},
    )
    thread.start()
    assert first.wait(30)
    mailbox.append("INBOX", _mail(7, ABUSE))
    for _ in range(100):
        if KEYWORD in next(iter(_flags(mailbox).values()), set()):
            break
        time.sleep(0.1)
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
    assert list(_flags(mailbox).values()) == [{KEYWORD}]


def test_a_killed_process_resumes(account, mailbox, url, store):
    """SIGKILL in the middle of a full mailbox: the next run finishes, each mail once."""
    for number in range(40):
        mailbox.append("INBOX", _mail(number, ABUSE if number % 2 else CALM))
    command = [
        sys.executable, "-m", "screening.cli", "inbox", "run", "--host", account.host,
        "--port", str(account.port), "--user", account.user, "--security", "none",
        "--database", url, "--once",
    ]  # fmt: skip
    environment = os.environ | {"SCREENING_IMAP_PASSWORD": account.password}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    while process.poll() is None and sum(map(len, _flags(mailbox).values())) < 3:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    marked = [flags == {KEYWORD} for _, flags in sorted(_flags(mailbox).items())]
    assert marked == [bool(number % 2) for number in range(40)]
    assert len(_cases(store)) == 20


def test_a_wrong_password_and_a_wrong_mailbox_are_said(account, store, screener):
    """Waiting mends neither, so the command ends and names what to check."""
    stop = Event()
    wrong = Account(account.host, account.user, "wrong", account.port, Security.NONE)
    with pytest.raises(ScreeningError, match="サインイン"):
        run(wrong, store, screener, stop=stop, once=True)
    elsewhere = Account(account.host, account.user, "secret", account.port, Security.NONE, "なし")
    with pytest.raises(ScreeningError, match="INBOX"):
        run(elsewhere, store, screener, stop=stop, once=True)
