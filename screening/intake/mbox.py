"""A mailbox in one file (mbox): each mail is read on its own, a bad one does not stop the next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from screening.errors import IntakeError
from screening.intake.limits import max_document_bytes, too_large
from screening.intake.mail import read_mail
from screening.intake.origin import Located, Origin

_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
#: "From " and a date: a sentence that begins with From has no clock time.
_SEPARATOR = re.compile(rb"From \S+.*\d\d:\d\d")


def read_mbox(stream: BinaryIO, origin: Origin) -> Iterator[Located]:
    """The mails in order; the place is the mail's number, from 1."""
    limit = max_document_bytes()
    number, size, lines = 0, 0, list[bytes]()
    blank = True
    while line := stream.readline(1 << 20):
        if blank and _SEPARATOR.match(line):
            if number:
                yield _read(b"".join(lines), size > limit, origin.at(str(number)))
            number, size, lines = number + 1, 0, []
        elif number:
            size += len(line)
            if size <= limit:
                lines.append(line)
        blank = not line.strip()
    if number:
        yield _read(b"".join(lines), size > limit, origin.at(str(number)))


def _read(raw: bytes, oversized: bool, origin: Origin) -> Located:
    if oversized:
        return origin, origin.reject("", too_large(max_document_bytes(), "このメール"))
    try:
        return origin, read_mail(_ESCAPED.sub(rb"\1", raw), origin)
    except IntakeError as error:
        return origin, error.reject
