"""Texts as a recogniser would have heard them, and as writers hide them from filters.

Made for training and for measuring only: nothing here is ever written into the corpus. An edit turns
a text into pieces (new words, start, end) that cover it from end to end, so that spans can follow.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from corpora.reader import Document, LabelledSpan, LabelledTurn
from screening.text.tokens import Token, tokenize

Piece = tuple[str, int, int]
Edit = Callable[[str, random.Random], list[Piece]]
#: For each reading (katakana) the ways in which the corpus writes it.
Confusions = Mapping[str, Sequence[str]]

#: The share of characters that a recogniser gets wrong when products are compared at 10 %.
ERROR_RATE = 0.10
#: A recogniser set to hide abuse hides a listed word this often; Azure does so by default.
MASKED = 0.3
_ABUSE = frozenset(["死ぬ", "殺す", "打ち殺す", "馬鹿", "糞", "阿呆", "惚け", "屑", "土下座"])
_FILLERS = ["えーと", "あの", "まあ", "そのー", "なんか", "えー", "あー"]
_SIGNS = frozenset("、。，．！？!?「」『』…・（）()")
_DISGUISE = {
    "死ね": ["氏ね", "タヒね", "4ね", "し ね", "死.ね", "ﾀﾋﾈ", "○ね", "シネ", "死 ね"],
    "死": ["氏", "タヒ", "4", "○"], "殺": ["頃", "56", "○", "コロ"], "馬鹿": ["馬@鹿", "ﾊﾞｶ", "馬 鹿", "ば か"],
    "バカ": ["ﾊﾞｶ", "バ カ", "バ.カ", "ヴァカ"], "クソ": ["ｸｿ", "ク ソ", "クッソ", "糞"], "アホ": ["ｱﾎ", "ア ホ", "あフォ"],
    "クズ": ["ｸｽﾞ", "ク ズ", "九図"], "無能": ["無 能", "む能", "無〇"], "ね": ["ﾈ", "ネ"], "カス": ["ｶｽ", "カ ス"],
    "晒": ["さら", "サラ"], "住所": ["じゅうしょ", "住 所"], "殴": ["なぐ", "ナグ"], "ゴミ": ["ｺﾞﾐ", "五味", "ゴ ミ"],
}  # fmt: skip


def confusions(texts: Iterable[str]) -> Confusions:
    """Words of these texts that sound alike, by their reading."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for text in texts:
        for token in tokenize(text):
            if token.reading and len(token.surface) > 1 and token.pos.startswith(("名詞", "動詞", "形容詞", "副詞")):  # fmt: skip
                found[token.reading].add(token.surface)
    return {reading: sorted(words) for reading, words in found.items() if len(words) > 1}


def heard(sounds: Confusions, rate: float) -> Edit:
    """No punctuation, and about ``rate`` of the characters wrong: words that sound alike, dropped
    particles, fillers, cut endings; abuse is masked now and then."""

    def edit(text: str, rng: random.Random) -> list[Piece]:
        pieces: list[Piece] = []
        at = 0
        for token in tokenize(text):
            if token.start > at:
                pieces.append((text[at : token.start], at, token.start))
            pieces.append((_heard(token, sounds, rate, rng), token.start, token.end))
            at = token.end
        if at < len(text):
            pieces.append((text[at:], at, len(text)))
        return pieces

    return edit


def _heard(token: Token, sounds: Confusions, rate: float, rng: random.Random) -> str:
    word = token.surface
    if word in _SIGNS:
        return ""
    if token.lemma in _ABUSE and rng.random() < MASKED:
        return "＊＊"
    if rng.random() >= rate:
        return word
    if token.pos.startswith("助詞"):
        return ""
    others = [w for w in sounds.get(token.reading or "", ()) if w != word]
    if others:
        return rng.choice(others)
    if token.reading and any("一" <= c <= "鿿" for c in word):
        return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in token.reading)
    return word[:-1] if len(word) > 1 else word + rng.choice(_FILLERS)


def disguised(text: str, rng: random.Random) -> list[Piece]:
    """As mails hide their words from filters: other signs of the same look or sound."""
    pieces = []
    at = 0
    while at < len(text):
        for plain, others in _DISGUISE.items():
            if text.startswith(plain, at) and rng.random() < 0.6:
                pieces.append((rng.choice(others), at, at + len(plain)))
                at += len(plain)
                break
        else:
            pieces.append((text[at], at, at + 1))
            at += 1
    return pieces


def carry(pieces: Sequence[Piece], start: int, end: int) -> tuple[int, int] | None:
    """Where [start, end) of the text stands after the edit; None where nothing of it is left."""
    at, first, last = 0, None, None
    for words, a, b in pieces:
        if b > start and a < end and words:
            first = at if first is None else first
            last = at + len(words)
        at += len(words)
    return None if first is None or last is None else (first, last)


def rewritten(document: Document, edit: Edit, rng: random.Random) -> Document:
    """A document whose every turn went through an edit, its spans carried along."""
    turns = []
    for turn in document.turns:
        pieces = edit(turn.text, rng)
        spans = [
            LabelledSpan(*place, span.labels)
            for span in turn.spans
            if (place := carry(pieces, span.start, span.end))
        ]
        turns.append(LabelledTurn(turn.speaker, "".join(p[0] for p in pieces), tuple(spans), turn.line))  # fmt: skip
    return replace(document, turns=tuple(turns))
