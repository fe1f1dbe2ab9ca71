"""One opened input becomes conversations: its format is recognised, its reader called."""

from __future__ import annotations

import io
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from typing import BinaryIO

from screening.errors import IntakeError
from screening.intake.jsontext import bounded_lines, oversized_line, parse
from screening.intake.limits import max_document_bytes, too_large
from screening.intake.origin import Located, Origin
from screening.intake.recognise import is_utf16, product_of, recognise
from screening.intake.sources import SNIFF_BYTES, rejoined
from screening.intake.vendors import VENDORS, read_object, unrecognised
from screening.records import Conversation

#: What ``--format`` takes.
FORMATS = ("jsonl", "parquet", *(vendor.name for vendor in VENDORS), "webvtt", "srt", "eml", "mbox")
_JSON_FORMATS = {"json", "jsonl", *(vendor.name for vendor in VENDORS)}


def read_stream(stream: BinaryIO, origin: Origin, format: str | None) -> Iterator[Located]:
    """Everything that ``stream`` holds. Each thing that cannot be read is a reject of its own."""
    head = stream.read(SNIFF_BYTES)
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        yield (
            origin,
            origin.reject("", "ファイルが空です。書き出しが完了しているか確かめてください。"),
        )
        return
    family = format or recognise(head)
    whole = rejoined(head, stream)
    if family == "parquet":
        plain = isinstance(getattr(stream, "raw", None), io.FileIO) and stream.seekable()
        yield from _parquet(stream if plain else whole, origin, plain)
    elif family in _JSON_FORMATS:
        if is_utf16(head):
            yield (
                origin,
                origin.reject("", "文字コードが UTF-16 です。UTF-8 で保存し直してください。"),
            )
        elif b"\x00" in head:
            yield origin, origin.reject("", unrecognised("バイナリファイル"))
        else:
            yield from _json(whole, origin, format)
    elif family == "mbox":
        from screening.intake.mbox import read_mbox

        yield from read_mbox(whole, origin)
    elif family in ("webvtt", "srt", "eml"):
        yield _document(whole, origin, family)
    else:
        product = "UTF-16 の文書" if is_utf16(head) else product_of(head)
        yield origin, origin.reject("", unrecognised(product))


def _document(stream: BinaryIO, origin: Origin, family: str) -> Located:
    raw = _bounded(stream)
    if raw is None:
        return origin, origin.reject("", too_large(max_document_bytes(), "ファイル"))
    try:
        return origin, _document_reader(family)(raw, origin)
    except IntakeError as error:
        return origin, error.reject


def _document_reader(family: str) -> Callable[[bytes, Origin], Conversation]:
    if family == "eml":
        from screening.intake.mail import read_mail

        return read_mail
    from screening.intake.subtitles import read_srt, read_webvtt

    return read_srt if family == "srt" else read_webvtt


def _json(stream: BinaryIO, origin: Origin, format: str | None) -> Iterator[Located]:
    """JSON lines, or one document over several lines.

    It is lines when the first one is a whole value, or too long to be a line of a formatted document;
    else a document. A document that does not parse although some line of it is a whole object was JSON
    lines with a broken first line: then the others are read.
    """
    limit = max_document_bytes()
    first = stream.readline(limit + 1)
    while first and not first.strip(b"\xef\xbb\xbf \t\r\n"):
        first += stream.readline(limit + 1 - len(first))
        if len(first) > limit:
            break
    if len(first) > limit or _parses(first):
        yield from _lines(rejoined(first, stream), origin, format)
        return
    rest = stream.read(limit + 1 - len(first))
    whole = first + rest
    if len(whole) <= limit:
        try:
            value = parse(whole, origin)
        except IntakeError as error:
            if not _has_object_line(rest):
                yield origin, error.reject
                return
        else:
            yield from read_object(value, origin, format)
            return
    elif not _has_object_line(rest):
        yield origin, origin.reject("", too_large(limit, "JSON 文書"))
        return
    del rest
    yield from _lines(rejoined(whole, stream), origin, format)


def _lines(stream: BinaryIO, origin: Origin, format: str | None) -> Iterator[Located]:
    for number, line in bounded_lines(stream):
        here = origin.at(str(number))
        if line is None:
            yield here, here.reject("", oversized_line(here))
        elif line:
            try:
                value = parse(line, here)
            except IntakeError as error:
                yield here, error.reject
            else:
                yield from read_object(value, here, format)


def _parses(line: bytes) -> bool:
    try:
        parse(line.strip(), Origin())
    except IntakeError:
        return False
    return True


def _has_object_line(rest: bytes) -> bool:
    """Whether an unindented line is a whole object that reads like a conversation's beginning."""
    return any(
        re.match(rb'\{\s*"', line) is not None and _parses(line)
        for line in rest.split(b"\n", 2000)[:2000]
        if line[:1] == b"{"
    )


def _parquet(stream: BinaryIO, origin: Origin, plain: bool) -> Iterator[Located]:
    from screening.intake.parquet import read_parquet  # pyarrow: 0.2 s that other formats save

    if plain:
        yield from read_parquet(stream, origin)
        return
    # Parquet is read from its end: what comes through a pipe or was packed goes to a file first.
    with tempfile.TemporaryFile() as spool:
        shutil.copyfileobj(stream, spool, 1 << 20)
        yield from read_parquet(spool, origin)


def _bounded(stream: BinaryIO) -> bytes | None:
    limit = max_document_bytes()
    raw = stream.read(limit + 1)
    return raw if len(raw) <= limit else None
