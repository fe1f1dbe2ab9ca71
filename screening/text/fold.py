"""Folds spellings that mean the same onto one, with a way back to the original offsets.

In this order: NFKC (Unicode UAX #15) unit by unit, control characters and lone surrogates to one
harmless character each, zero-width characters away, runs of elongation and of emphatic small kana,
vowels and punctuation to one. Case is kept, and hiragana and katakana stay apart: バカ and ばか are
different evidence.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_PLAIN = "[ \u3000\\n!-~、。「」『』・々〇〜→←↑↓○●◎△▲×÷※★☆ぁ-ゔァ-ヺー一-龠０-９！？，．：（）]"
#: A text of these characters alone folds character by character.
PLAIN = re.compile(f"{_PLAIN}*\\Z")
STRETCH = re.compile(f"{_PLAIN}+")
WIDE = str.maketrans("\u3000０１２３４５６７８９！？，．：（）", " 0123456789!?,.:()")
#: Characters and the length from which a run of one of them folds to one. Vowels only from three
#: on, because ああ and ええ are words; other letters from five on (ｷﾞｬｱｱｱ, wwwww, アアアア).
RUNS = (
    (re.compile(r"[ー!?、。・…っッwW]"), 2),
    (re.compile(r"[ぁぃぅぇぉァィゥェォあいうえおアイウエオ]"), 3),
    (re.compile(r"\."), 4),
    (re.compile(r"[^\W\d]"), 5),
)
_RUN = re.compile(
    "|".join(
        f"({chars.pattern})\\{group}{{{length - 1},}}"
        for group, (chars, length) in enumerate(RUNS, 1)
    )
)
_HALF_MARKS = "\uff9e\uff9f"  # half-width voiced and semi-voiced marks follow their kana
_ZERO_WIDTH = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text; ``starts[i]`` and ``ends[i]`` bound, in the original, what became character i.

    Both are None where every character stands at its own place.
    """

    text: str
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The [start, end) range of the original behind a range of the folded text."""
        if self.starts is None or self.ends is None:
            return start, end
        if start >= end:
            at = self.starts[start] if start < len(self.starts) else self.end_of_text
            return at, at
        return self.starts[start], self.ends[end - 1]

    @property
    def end_of_text(self) -> int:
        return self.ends[-1] if self.ends else len(self.text)


def _is_harmless(char: str) -> str:
    """The character itself, or one that neither MeCab nor UTF-8 trips over."""
    if "\ud800" <= char <= "\udfff":
        return "\ufffd"
    if char != "\n" and unicodedata.category(char) == "Cc":
        return " "
    return char


def _is_mark(char: str) -> bool:
    """Whether a character folds with the one before it."""
    return char in _HALF_MARKS or unicodedata.combining(char) > 0


def _fold_units(text: str) -> tuple[list[str], list[int], list[int]]:
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at, length = 0, len(text)
    while at < length:
        if stretch := STRETCH.match(text, at):
            until = stretch.end()
            if until < length and _is_mark(text[until]):
                until -= 1
            chars += text[at:until].translate(WIDE)
            starts += range(at, until)
            ends += range(at + 1, until + 1)
            at = until
            if at == length:
                break
        until = at + 1
        while until < length and _is_mark(text[until]):
            until += 1
        unit = text[at:until]
        if not _ZERO_WIDTH.fullmatch(unit):
            for char in unicodedata.normalize("NFKC", unit):
                if _ZERO_WIDTH.match(char):
                    continue
                chars.append(_is_harmless(char))
                starts.append(at)
                ends.append(until)
        at = until
    return chars, starts, ends


def fold(text: str) -> Folded:
    """Folds ``text``. Never fails, whatever the string; the result encodes to UTF-8."""
    if PLAIN.match(text):
        plain = text.translate(WIDE) if not text.isascii() else text
        if not _RUN.search(plain):
            return Folded(plain)
    chars, starts, ends = _fold_units(text)
    folded = "".join(chars)
    runs = list(_RUN.finditer(folded))
    if runs:
        kept_chars: list[str] = []
        kept_starts: list[int] = []
        kept_ends: list[int] = []
        last = 0
        for run in runs:
            kept_chars += chars[last : run.start() + 1]
            kept_starts += starts[last : run.start() + 1]
            kept_ends += ends[last : run.start() + 1]
            kept_ends[-1] = ends[run.end() - 1]
            last = run.end()
        chars = kept_chars + chars[last:]
        starts, ends = kept_starts + starts[last:], kept_ends + ends[last:]
        folded = "".join(chars)
    return Folded(folded, tuple(starts), tuple(ends))
