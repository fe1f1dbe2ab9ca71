"""Header fields of mails: RFC 2047 words, and the raw bytes that Japanese mailers put instead."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from datetime import UTC
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from screening.intake.charset import decode_text
from screening.intake.contract import whole

_WORD = re.compile(rb"=\?([A-Za-z0-9_.:()+-]+)(?:\*[A-Za-z0-9-]*)?\?([BbQq])\?([^?]*)\?=")
_FOLD = re.compile(rb"\r?\n[ \t]*")


def header(message: Message, name: str) -> str | None:
    """The first field of that name as text, or None; never raises."""
    wanted = name.lower()
    for field, value in message.raw_items():
        if field.lower() == wanted:
            return decode_header(str(value).encode("ascii", "surrogateescape"))
    return None


def decode_header(raw: bytes) -> str:
    """The text of one field's bytes.

    Bytes of neighbouring encoded words in one charset are joined before they are decoded: many mailers
    cut a word in the middle of a character.
    """
    raw = _FOLD.sub(b" ", raw)
    pieces: list[str] = []
    run: list[bytes] = []
    run_charset = ""
    position = 0

    def flush() -> None:
        if run:
            pieces.append(decode_text(b"".join(run), run_charset))
            run.clear()

    for word in _WORD.finditer(raw):
        between = raw[position : word.start()]
        position = word.end()
        charset = word[1].decode("ascii").lower()
        if between.strip() or not run:
            flush()
            pieces.append(decode_text(between))
        elif charset != run_charset:
            flush()
        run.append(_word_bytes(word[2], word[3]))
        run_charset = charset
    flush()
    pieces.append(decode_text(raw[position:]))
    return whole(" ".join("".join(pieces).split("\n"))).strip()


def address(message: Message) -> tuple[str | None, str | None]:
    """The decoded From (or Sender) field, and its address in lower case; None where there is none."""
    for name in ("From", "Sender", "Reply-To"):
        text = header(message, name)
        if text:
            found = re.search(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+", parseaddr(text)[1] or text)
            return text, found.group().lower() if found else None
    return None, None


def sent_at(message: Message) -> str | None:
    """The Date field as ISO 8601 with offset; None where it is missing or no date."""
    text = header(message, "Date")
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # RFC 5322: -0000 says only that the time is in UTC.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _word_bytes(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"Qq":
        return quopri.decodestring(text.replace(b"_", b" "), header=False)
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", text)
    clean = clean[:-1] if len(clean) % 4 == 1 else clean
    try:
        return base64.b64decode(clean + b"=" * (-len(clean) % 4))
    except binascii.Error:
        return text
