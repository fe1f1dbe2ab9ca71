"""How much one input may hold before it is refused instead of filling the memory."""

from __future__ import annotations

import os

#: Names the setting in every message that refuses an input by its size.
SETTING = "SCREENING_MAX_DOCUMENT_MIB"
_DEFAULT_MIB = 64


def max_document_bytes() -> int:
    """Bytes that one JSON line, one JSON document, one mail or one subtitle file may have.

    The environment variable ``SCREENING_MAX_DOCUMENT_MIB`` sets it in MiB; a value that is no positive
    number counts as not set.
    """
    try:
        mib = float(os.environ.get(SETTING, ""))
    except ValueError:
        mib = 0.0
    return int((mib if mib > 0 else _DEFAULT_MIB) * 1024 * 1024)


def too_large(limit: int, what: str) -> str:
    """The reason of a reject: ``what`` is larger than ``limit`` bytes."""
    return (
        f"{what}が上限（{limit / 1024 / 1024:g} MiB）を超えています。1件ずつに分けるか、"
        f"環境変数 {SETTING} に上限（MiB）を指定してください。"
    )
