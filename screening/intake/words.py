"""What the transcript readers share: words joined to an utterance, numbers, seconds, moments."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import PurePath

from screening.intake.contract import MAX_ID
from screening.records import Turn

# Kana, kanji, CJK punctuation and full-width signs: written without spaces.
_JA = "\u3000-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff9f々〇"
_GAP = re.compile(f"(?<=[{_JA}])[ \u3000]+(?=[{_JA}])")
_BEFORE_SIGN = re.compile(r" +(?=[,.?!:;%、。？！])")


def join_words(words: Iterable[str]) -> str:
    """Japanese words without spaces, others with one; a sign of punctuation follows its word."""
    return tidy(" ".join(word.strip() for word in words if word.strip()))


def tidy(text: str) -> str:
    """Take out the spaces that a recogniser puts between Japanese words."""
    return _BEFORE_SIGN.sub("", _GAP.sub("", " ".join(text.split(" ")).strip()))


def number(value: object) -> float | None:
    """A finite number, also when a string holds it, as in Amazon Transcribe."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        parsed = float(value)
    except (ValueError, OverflowError):
        return None
    return parsed if math.isfinite(parsed) else None


def millis(value: object, unit_ms: float = 1.0) -> int | None:
    """``value`` counted in units of ``unit_ms`` milliseconds; None where it is no time."""
    parsed = number(value)
    return round(parsed * unit_ms) if parsed is not None and parsed >= 0 else None


def mean_confidence(values: Iterable[object]) -> float | None:
    """The mean of the confidences between 0 and 1, or None without any."""
    known = [v for v in map(number, values) if v is not None and 0 <= v <= 1]
    return sum(known) / len(known) if known else None


def epoch_moment(ms: float | None) -> str | None:
    """Milliseconds since 1970 as ISO 8601 in UTC; None outside the years 1973 to 9999."""
    if ms is None or not 1e11 < ms < 2.5e14:
        return None
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")


def derived_id(file: str, turns: Iterable[Turn]) -> str:
    """For a transcript without an identifier: the file's name and a hash of what was said when.

    The same transcript gets the same id wherever it lies; two files of one name stay apart.
    """
    said = "\x1e".join(f"{t.start_ms}\x1f{t.speaker}\x1f{t.text}" for t in turns)
    digest = hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:10]
    stem = PurePath(file).name.split(".")[0] if file else ""
    return f"{(stem or 'transcript')[: MAX_ID - 11]}-{digest}"
