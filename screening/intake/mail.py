"""One mail (RFC 5322) becomes a conversation: turn 0 the subject, turn 1 the body.

Attachments are not read; each leaves a line in the body, so that the reviewer knows of it. A mail
attached as a mail is put below a 転送メッセージ line, which marks its words as not the sender's.
"""

from __future__ import annotations

import email
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message

from screening.errors import IntakeError
from screening.intake.charset import decode_text
from screening.intake.contract import MAX_ID, mail_turns, whole
from screening.intake.mailheader import address, decode_header, header, sent_at
from screening.intake.mailhtml import text_of_html
from screening.intake.origin import Origin
from screening.intake.roles import prepare, speaker_of
from screening.records import Conversation, Kind, Speaker

_MAX_DEPTH = 100
_HEADERS = ("From", "Sender", "To", "Date", "Subject", "Message-ID", "Received", "Return-Path")
_META_CHARSET = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]+)", re.IGNORECASE
)


@dataclass(slots=True)
class _Parts:
    """What a part of the mail and the parts inside it hold."""

    texts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    forwarded: list[str] = field(default_factory=list)
    plain: bool = False

    def add(self, other: _Parts) -> None:
        self.texts += other.texts
        self.notes += other.notes
        self.forwarded += other.forwarded
        self.plain = self.plain or other.plain

    @property
    def filled(self) -> bool:
        return any(text.strip() for text in self.texts)


def conversation_from_message(
    raw: bytes, *, file: str = "", role_map: Mapping[str, Speaker] | None = None
) -> Conversation:
    """Read the bytes of one mail. ``role_map`` may name a sender's address, or ``@`` and a domain.

    Raises IntakeError where the bytes are no mail, or nest too deeply to be read.
    """
    return read_mail(raw, Origin(file, roles=prepare(role_map)))


def read_mail(raw: bytes, origin: Origin) -> Conversation:
    """``conversation_from_message`` with a prepared role map and a place for the error."""
    try:
        message = email.message_from_bytes(raw)
        if not any(name in message for name in _HEADERS):
            raise origin.error(
                "",
                "メールのヘッダー（From・Subject・Date など）がありません。.eml 形式で保存し直してください。",
            )
        parts = _collect(message, 0)
    except RecursionError:
        raise origin.error(
            "", "MIME の入れ子が深すぎて読めません。本文だけを保存し直してください。"
        ) from None
    sender, mailbox = address(message)
    speaker = Speaker.CUSTOMER
    if origin.roles and mailbox:
        mapped = speaker_of(origin.roles, mailbox, "@" + mailbox.rpartition("@")[2])
        speaker = mapped if mapped is not Speaker.UNKNOWN else speaker
    return Conversation(
        id=_identifier(message, raw),
        kind=Kind.EMAIL,
        turns=mail_turns(header(message, "Subject") or "", _body(parts), speaker),
        customer_id=mailbox,
        occurred_at=sent_at(message),
        channel="email",
        sender=sender or None,
    )


def _identifier(message: Message, raw: bytes) -> str:
    given = (header(message, "Message-ID") or "").strip().strip("<>").strip()
    if given and len(given) <= MAX_ID:
        return given
    return f"mail-{hashlib.sha256(raw).hexdigest()[:24]}"


def _body(parts: _Parts) -> str:
    own = "\n".join(text.strip("\n") for text in parts.texts if text.strip())
    blocks = [own, "\n".join(parts.notes), *parts.forwarded]
    return whole("\n\n".join(block for block in blocks if block))


def _collect(part: Message, depth: int) -> _Parts:
    kind = part.get_content_type()
    found = _Parts()
    if depth > _MAX_DEPTH:
        found.notes.append("［これより深い MIME の入れ子は読み込んでいません］")
    elif kind in ("message/rfc822", "message/global"):
        inner = part.get_payload()
        if isinstance(inner, list) and inner and isinstance(inner[0], Message):
            found.forwarded.append(_forwarded(inner[0], depth + 1))
        else:
            found.notes.append(_note(part))
    elif part.is_multipart():
        children = [c for c in part.get_payload() if isinstance(c, Message)]
        collected = [_collect(child, depth + 1) for child in children]
        if kind == "multipart/alternative" and collected:
            # The same words twice: plain text is nearest to what was typed, unless it is empty.
            best = max(collected, key=lambda c: (c.filled, c.plain))
            for other in collected:
                if other is not best:
                    other.texts.clear()
        for child in collected:
            found.add(child)
    elif _is_text(part):
        text = _part_text(part)
        found.plain = kind != "text/html"
        found.texts.append(text_of_html(text) if kind == "text/html" else text)
    else:
        found.notes.append(_note(part))
    return found


def _is_text(part: Message) -> bool:
    attached = part.get_content_disposition() == "attachment"
    return part.get_content_type() in ("text/plain", "text/html") and not attached


def _forwarded(message: Message, depth: int) -> str:
    fields = (("差出人", "From"), ("送信日時", "Date"), ("宛先", "To"), ("件名", "Subject"))
    head = [f"{label}: {value}" for label, name in fields if (value := header(message, name))]
    return "\n".join(["----- 転送メッセージ -----", *head, "", _body(_collect(message, depth))])


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _part_text(part: Message) -> str:
    raw = _payload(part)
    charset = part.get_content_charset()
    if charset is None and part.get_content_type() == "text/html":
        meta = _META_CHARSET.search(raw[:4096])
        charset = meta[1].decode("ascii") if meta else None
    text = decode_text(raw, charset).replace("\r\n", "\n").replace("\r", "\n")
    if str(part.get_param("format", "")).lower() == "flowed":
        return _unflowed(text, joined=str(part.get_param("delsp", "")).lower() == "yes")
    return text


def _unflowed(text: str, *, joined: bool) -> str:
    """RFC 3676: a line that ends in a space goes on in the next one of the same quotation depth."""
    lines: list[str] = []
    flowing = False
    depth = 0
    for line in text.split("\n"):
        marks = len(line) - len(line.lstrip(">"))
        content = line[marks:].removeprefix(" ")
        if flowing and marks == depth and content != "-- ":
            lines[-1] += content
        else:
            lines.append(f"{'>' * marks} {content}" if marks else content)
        flowing = content.endswith(" ") and content != "-- "
        if flowing and joined:
            lines[-1] = lines[-1][:-1]
        depth = marks
    return "\n".join(lines)


def _note(part: Message) -> str:
    try:
        name = part.get_filename() or ""
    except (ValueError, LookupError):
        name = ""
    shown = decode_header(name.encode("utf-8", "surrogateescape")) or "名前なし"
    size = len(_payload(part))
    return f"［添付ファイル: {shown}（{part.get_content_type()}、{size:,} バイト）］"


__all__ = ["IntakeError", "conversation_from_message", "read_mail"]
