"""Bytes become JSON values: line by line with a bounded memory, or one whole document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from screening.intake.charset import japanese_guess
from screening.intake.limits import max_document_bytes, too_large
from screening.intake.origin import Origin

_BOM = b"\xef\xbb\xbf"
_SKIP_BYTES = 1 << 20


def bounded_lines(stream: BinaryIO, limit: int | None = None) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines without the ends; None stands for a line over ``limit`` bytes, read past."""
    top = max_document_bytes() if limit is None else limit
    number = 0
    while line := stream.readline(top + 1):
        number += 1
        if len(line) > top and not line.endswith(b"\n"):
            del line
            while (rest := stream.readline(_SKIP_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        else:
            yield number, line.removeprefix(_BOM).strip() if number == 1 else line.strip()


def oversized_line(origin: Origin) -> str:
    return too_large(max_document_bytes(), "この行")


def parse(raw: bytes, origin: Origin) -> object:
    """The JSON value of ``raw`` (UTF-8, a BOM is accepted). Raises IntakeError with line and column.

    msgspec refuses an escaped lone surrogate (``\\ud800``), although the rest of the conversation is
    sound; the slower parser of the standard library takes it, and the contract replaces it.
    """
    raw = raw.removeprefix(_BOM)
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        text = raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        guess = japanese_guess(raw)
        seen = f"{guess} のようです" if guess else "UTF-8 として正しくありません"
        raise origin.error(
            "", f"文字コードが UTF-8 ではありません（{seen}）。UTF-8 で保存し直してください。"
        ) from None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise origin.error("", _reason(error, text)) from None
    except RecursionError:
        raise origin.error("", "JSON の入れ子が深すぎます。会話の形に直してください。") from None
    except ValueError:  # an integer of thousands of digits
        raise origin.error("", "JSON の数値が大きすぎます。数値を直してください。") from None


def _reason(error: json.JSONDecodeError, text: str) -> str:
    where = f"{error.lineno}行{error.colno}文字目" if "\n" in text else f"{error.colno}文字目"
    cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    if cut:
        return (
            f"JSON が途中で切れています（{where}）。書き出しが完了したファイルを用意してください。"
        )
    return f"JSON として読めません（{where}付近）。書式を直すか、もう一度書き出してください。"
