"""How far the inbox has come, mail by mail."""

from __future__ import annotations

from sqlalchemy import Connection, select

from ..records import MailSeen
from . import tables as t

_FINISHED = ("done", "rejected")


def seen(
    connection: Connection, mailbox: str, uidvalidity: int, uid: int, message_id: str | None
) -> MailSeen | None:
    """What is noted of a mail under its number, or else under its Message-ID in the same mailbox."""
    m = t.mails.c
    row = connection.execute(
        select(m.state, m.flagged).where(
            m.mailbox == mailbox, m.uidvalidity == uidvalidity, m.uid == uid
        )
    ).first()
    if row is None and message_id:
        row = connection.execute(
            select(m.state, m.flagged).where(m.mailbox == mailbox, m.message_id == message_id)
        ).first()
    return MailSeen(row.state, row.flagged) if row else None


def note(
    connection: Connection,
    mailbox: str,
    uidvalidity: int,
    uid: int,
    message_id: str | None,
    *,
    state: str,
    flagged: bool,
    reason: str,
    now: str,
) -> None:
    m = t.mails.c
    place = (m.mailbox == mailbox, m.uidvalidity == uidvalidity, m.uid == uid)
    values = {"state": state, "flagged": flagged, "reason": reason, "noted_at": now}
    if connection.execute(t.mails.update().where(*place).values(values)).rowcount == 0:
        connection.execute(
            t.mails.insert().values(
                mailbox=mailbox,
                uidvalidity=uidvalidity,
                uid=uid,
                message_id=message_id,
                **values,
            )
        )


def finished(connection: Connection, mailbox: str, uidvalidity: int) -> set[int]:
    """The numbers of the mails that nothing is left to do for."""
    m = t.mails.c
    return set(
        connection.execute(
            select(m.uid).where(
                m.mailbox == mailbox, m.uidvalidity == uidvalidity, m.state.in_(_FINISHED)
            )
        ).scalars()
    )
