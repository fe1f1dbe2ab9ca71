"""The format of an input by its first bytes; the name of a file says too little."""

from __future__ import annotations

import codecs
import re

#: Known beginnings of what is not read here, with the words that name it.
_MAGIC = (
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "ZIP または Office のファイル"),
    (b"\xd0\xcf\x11\xe0", "Outlook の .msg または旧 Office のファイル"),
    (b"RIFF", "音声・動画ファイル"),
    (b"ID3", "音声ファイル"),
    (b"OggS", "音声ファイル"),
    (b"fLaC", "音声ファイル"),
    (b"\xff\xfb", "音声ファイル"),
    (b"\x89PNG", "画像"),
    (b"\xff\xd8\xff", "画像"),
    (b"GIF8", "画像"),
    (b"SQLite format 3", "SQLite データベース"),
    (b"BZh", "bzip2 の圧縮ファイル"),
    (b"\xfd7zXZ", "xz の圧縮ファイル"),
    (b"7z\xbc\xaf", "7z の圧縮ファイル"),
    (b'File type = "ooTextFile"', "Praat の TextGrid"),
    (b"<?xml", "XML"),
    (b"<!DOCTYPE", "HTML"),
    (b"<html", "HTML"),
    (b"{\\rtf", "リッチテキスト"),
)
_SRT = re.compile(rb"\s*(?:\d+\s*\n)?\s*\d{1,4}:\d{1,2}:\d{1,2}[,.]\d{1,3}\s*-+>\s*\d")
_MBOX = re.compile(rb"From \S+.*\d\d:\d\d.*\r?\n(?:>?[A-Za-z][A-Za-z0-9-]*:|\s)")
_FIELD = rb"[A-Za-z][A-Za-z0-9-]{1,60}:[^\n]*\n(?:[ \t][^\n]*\n)*"
_MAIL = re.compile(
    rb"(?:"
    + _FIELD
    + rb"){0,80}?(?:From|To|Date|Subject|Message-ID|Received|Return-Path|MIME-Version"
    rb"|Delivered-To|Reply-To|Sender|Content-Type)[ \t]*:",
    re.IGNORECASE,
)
_TABLE = re.compile(rb'"?[^\n",{}\[\]]{1,60}"?(?:[,\t]"?[^\n",{}\[\]]{0,60}"?){2,}\r?\n')


def recognise(head: bytes) -> str | None:
    """``json``, ``parquet``, ``webvtt``, ``srt``, ``eml`` or ``mbox``; None for anything else."""
    if head.startswith(b"PAR1"):
        return "parquet"
    text = _as_utf8(head).lstrip()
    if not text:
        return None
    if text.startswith(b"WEBVTT"):
        return "webvtt"
    if text[:1] in (b"{", b"[") and not text.startswith(b"{\\rtf"):
        return "json"
    if _SRT.match(text):
        return "srt"
    if _MBOX.match(text):
        return "mbox"
    if b"\x00" not in text and _MAIL.match(text):
        return "eml"
    return None


def product_of(head: bytes) -> str:
    """What an unreadable input seems to be, in Japanese; empty where nothing is known."""
    for magic, name in _MAGIC:
        if head.lstrip(codecs.BOM_UTF8).lstrip()[: len(magic)].lower() == magic.lower():
            return name
    if head[4:8] == b"ftyp":
        return "音声・動画ファイル"
    if b"\x00" in head:
        return "バイナリファイル"
    if re.match(rb'\s*"(?:result|text|partial)"\s*:', head):
        return "Vosk などの JSON の断片"
    if _TABLE.match(head):
        return "CSV・TSV の表"
    return ""


def is_utf16(head: bytes) -> bool:
    """Whether the bytes begin with a mark of UTF-16 or alternate with zeros as JSON in it does."""
    return head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or head[:4] in (
        b"{\x00\"\x00", b"\x00{\x00\"", b"[\x00{\x00", b"\x00[\x00{",
    )  # fmt: skip


def _as_utf8(head: bytes) -> bytes:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", "replace").encode("utf-8", "replace")
    return head.removeprefix(codecs.BOM_UTF8)
