"""Watches one IMAP mailbox: screens each new mail, marks the flagged ones, stores them for review.

Nothing is ever deleted, moved, answered or marked as read. A mail is known by mailbox, UIDVALIDITY
and UID (RFC 9051 §2.3.1.1), and by its Message-ID, so neither a crash nor a re-indexed mailbox has
it stored or marked twice. A mail that cannot be read is noted with the reason and passed over.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Event
from typing import Any, Protocol

import structlog
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from .errors import IntakeError, ScreeningError
from .intake.mail import conversation_from_message
from .records import Conversation, MailSeen
from .screener import Screener

log = structlog.get_logger(__name__)

#: A user-defined keyword (RFC 9051 §2.3.2): no white space, no system flag's backslash.
KEYWORD = "ScreeningReview"
#: RFC 2177 asks for a new IDLE before 29 minutes; most routers forget a silent connection sooner.
IDLE_SECONDS = 240
#: Between two looks where the server has no IDLE.
POLL_SECONDS = 30
#: A larger mail is noted as unread rather than fetched, in bytes.
LARGEST_MAIL = 32 * 1024 * 1024
#: Seconds before the first and the longest wait for a server that does not answer.
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0


class Security(StrEnum):
    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class MailState(StrEnum):
    """How far one mail has come; what is ``stored`` still waits for its mark."""

    STORED = "stored"
    DONE = "done"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Account:
    host: str
    user: str
    password: str
    port: int | None = None
    security: Security = Security.TLS
    mailbox: str = "INBOX"
    keyword: str = KEYWORD


class Record(Protocol):
    """What the inbox needs of the store."""

    def mail_seen(
        self, mailbox: str, uidvalidity: int, uid: int, message_id: str | None
    ) -> MailSeen | None: ...
    def note_mail(
        self,
        mailbox: str,
        uidvalidity: int,
        uid: int,
        message_id: str | None,
        *,
        state: str,
        flagged: bool,
        reason: str = "",
    ) -> None: ...
    def mails_noted(self, mailbox: str, uidvalidity: int) -> set[int]: ...
    def save(self, conversation: Conversation, result: Any, *, source: str = "") -> Any: ...
    def history(self, conversation: Conversation) -> Sequence[Conversation]: ...


@dataclass(frozen=True, slots=True)
class Counts:
    """What one look at the mailbox did."""

    screened: int = 0
    flagged: int = 0
    rejected: int = 0


def connect(account: Account) -> IMAPClient:
    """Signs in and returns the connection.

    Raises:
        ScreeningError: where the server refuses the sign-in, with what to check.
    """
    context = ssl.create_default_context()
    client = IMAPClient(
        account.host,
        port=account.port,
        ssl=account.security is Security.TLS,
        ssl_context=context if account.security is Security.TLS else None,
        timeout=60,
    )
    if account.security is Security.STARTTLS:
        client.starttls(context)
    try:
        client.login(account.user, account.password)
    except IMAPClientError:
        client.shutdown()
        raise ScreeningError(
            f"{account.host}: {account.user} でサインインできません。ユーザー名・パスワード・IMAPの許可を確かめてください"
        ) from None
    return client


def _select(client: IMAPClient, account: Account) -> tuple[int, bool]:
    """Opens the mailbox; returns its UIDVALIDITY, and whether keywords can be kept there."""
    try:
        answer = client.select_folder(account.mailbox)
    except IMAPClientError:
        names = "、".join(name for _, _, name in client.list_folders()[:20])
        raise ScreeningError(
            f"{account.host}: メールボックス {account.mailbox} を開けません。あるもの：{names}"
        ) from None
    permanent = {_text(flag) for flag in answer.get(b"PERMANENTFLAGS", ())}
    keeps = "\\*" in permanent or account.keyword in permanent
    return int(answer[b"UIDVALIDITY"]), keeps


def _text(value: bytes | str) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value


def look(client: IMAPClient, account: Account, record: Record, screener: Screener) -> Counts:
    """Screens whatever has not been dealt with yet, oldest first."""
    validity, keeps_keywords = _select(client, account)
    if not keeps_keywords:
        log.warning("mailbox keeps no keywords; flagged mails are stored but not marked")
    finished = record.mails_noted(account.mailbox, validity)
    new = [uid for uid in client.search("ALL") if uid not in finished]
    screened = flagged = rejected = 0
    for uid in sorted(new):
        seen = _one(client, account, record, screener, validity, uid, keeps_keywords)
        if seen is None:
            continue
        screened += seen.state != MailState.REJECTED
        rejected += seen.state == MailState.REJECTED
        flagged += seen.flagged
    return Counts(screened, flagged, rejected)


def _message_id(client: IMAPClient, uid: int) -> tuple[str | None, int, set[str]] | None:
    """Message-ID, size in bytes and flags; None where the mail has gone meanwhile."""
    part = "BODY[HEADER.FIELDS (MESSAGE-ID)]"
    found = client.fetch([uid], [f"BODY.PEEK{part[4:]}", "RFC822.SIZE", "FLAGS"]).get(uid)
    if found is None:
        return None
    header = found.get(part.encode(), b"").decode("utf-8", "replace")
    message_id = " ".join(header.partition(":")[2].split()) or None
    return message_id, int(found[b"RFC822.SIZE"]), {_text(f) for f in found.get(b"FLAGS", ())}


def _one(
    client: IMAPClient,
    account: Account,
    record: Record,
    screener: Screener,
    validity: int,
    uid: int,
    keeps_keywords: bool,
) -> MailSeen | None:
    facts = _message_id(client, uid)
    if facts is None:
        return None
    message_id, size, flags = facts
    place = f"imap:{account.mailbox}:{validity}:{uid}"

    def note(state: MailState, flagged: bool, reason: str = "") -> MailSeen:
        record.note_mail(
            account.mailbox, validity, uid, message_id, state=state, flagged=flagged, reason=reason
        )
        return MailSeen(state, flagged)

    known = record.mail_seen(account.mailbox, validity, uid, message_id)
    if known is not None and known.state != MailState.STORED:
        note(MailState(known.state), known.flagged)  # the same message under another number
        return None
    if known is None:
        if size > LARGEST_MAIL:
            log.warning("mail too large", place=place, bytes=size)
            return note(
                MailState.REJECTED, False, f"{size}バイトは大きすぎます（上限{LARGEST_MAIL}）"
            )
        raw = client.fetch([uid], ["BODY.PEEK[]"]).get(uid, {}).get(b"BODY[]")
        if raw is None:
            return None
        try:
            conversation = conversation_from_message(raw, file=place)
            result = screener.screen(conversation, history=record.history(conversation))
        except IntakeError as error:
            log.warning("mail not read", place=place, reason=error.reject.reason)
            return note(MailState.REJECTED, False, error.reject.reason)
        except Exception as error:  # one poisoned mail must not stop the mailbox
            log.error("mail failed", place=place, kind=type(error).__name__)
            return note(MailState.REJECTED, False, f"処理できません（{type(error).__name__}）")
        record.save(conversation, result, source=place)
        known = note(MailState.STORED, result.needs_review)
    if known.flagged and keeps_keywords and account.keyword not in flags:
        client.add_flags([uid], [account.keyword.encode()], silent=True)
    return note(MailState.DONE, known.flagged)


def run(
    account: Account,
    record: Record,
    screener: Screener,
    *,
    stop: Event,
    once: bool = False,
    on_look: Callable[[Counts], None] = lambda counts: None,
) -> None:
    """Watches until ``stop`` is set; connects again, ever more slowly, when the server is away.

    Raises:
        ScreeningError: for a refused sign-in or a mailbox that is not there, which waiting does
            not mend; with ``once``, also where the server cannot be reached.
    """
    wait = FIRST_WAIT
    while not stop.is_set():
        try:
            client = connect(account)
            try:
                for counts in _looks(client, account, record, screener, stop, once):
                    on_look(counts)
                    wait = FIRST_WAIT
            finally:
                client.shutdown()
        except (OSError, IMAPClientError) as error:
            if once:
                raise ScreeningError(
                    f"{account.host}: つながりません（{type(error).__name__}）。ホスト・ポート・暗号化を確かめてください"
                ) from None
            log.warning("connection lost", host=account.host, kind=type(error).__name__, wait=wait)
            stop.wait(wait)
            wait = min(2 * wait, LONGEST_WAIT)
        if once:
            return


def _looks(
    client: IMAPClient,
    account: Account,
    record: Record,
    screener: Screener,
    stop: Event,
    once: bool,
) -> Iterator[Counts]:
    idles = b"IDLE" in client.capabilities()
    while not stop.is_set():
        yield look(client, account, record, screener)
        if once:
            return
        if not idles:
            stop.wait(POLL_SECONDS)
            continue
        client.idle()
        try:
            # Short checks keep Ctrl-C and the IDLE limit exact without a second thread.
            for _ in range(IDLE_SECONDS):
                if stop.is_set() or any(b"EXISTS" in answer for answer in client.idle_check(1)):
                    break
        finally:
            client.idle_done()
