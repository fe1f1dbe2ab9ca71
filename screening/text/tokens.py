"""The reference tokeniser: fugashi with unidic-lite, copied at once into immutable tokens.

fugashi reads a node's features lazily from MeCab's memory, and a ``Tagger`` shared between threads
mixes texts up without an exception; so every thread has its own and no node leaves this module.
"""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import fugashi

#: The longest piece given to MeCab at once, in code points. Its node lengths are 16-bit byte
#: counts, and its lattice takes about 1 kB a character; longer texts are cut at a sentence's end.
MAX_PIECE = 2000


@dataclass(frozen=True, slots=True)
class Feature:
    """What UniDic says of a word form. ``lemma`` and ``reading`` are None for unknown words.

    ``lemma`` unifies spellings (ぶっころす → 打ち殺す); ``orth_base`` is the dictionary form as it
    was written; ``reading`` is katakana; ``pos`` joins the first three levels; ``form`` is the
    conjugated form.
    """

    lemma: str | None
    orth_base: str | None
    reading: str | None
    pos: str
    form: str


@dataclass(frozen=True, slots=True)
class Token:
    """A morpheme; ``start`` and ``end`` count code points of the text that was tokenised."""

    surface: str
    start: int
    end: int
    lemma: str | None
    orth_base: str | None
    reading: str | None
    pos: str
    form: str


@lru_cache(maxsize=65536)
def parse_feature(raw: str) -> Feature:
    """Reads UniDic's feature columns (dicrc of unidic-lite 1.0.8)."""
    columns = next(csv.reader([raw]))
    pos = "-".join(x for x in columns[:3] if x != "*")
    known = len(columns) > 9
    return Feature(
        lemma=(columns[7] or None) if known else None,
        orth_base=(columns[10] or None) if known else None,
        reading=((columns[17] if len(columns) > 17 else "") or columns[9] or None)
        if known
        else None,
        pos=pos,
        form="" if columns[5] == "*" else columns[5],
    )


def pieces(text: str) -> list[tuple[int, int]]:
    """Cuts a text into [start, end) ranges of at most ``MAX_PIECE`` code points.

    Cuts fall after a line break or 。 where there is one in the last half of a piece.
    """
    if len(text) <= MAX_PIECE:
        return [(0, len(text))]
    cuts, start = [], 0
    while len(text) - start > MAX_PIECE:
        window = text[start + MAX_PIECE // 2 : start + MAX_PIECE]
        at = max(window.rfind("\n"), window.rfind("。"))
        end = start + MAX_PIECE // 2 + at + 1 if at >= 0 else start + MAX_PIECE
        cuts.append((start, end))
        start = end
    cuts.append((start, len(text)))
    return cuts


_local = threading.local()
#: fugashi keeps every surface it has seen; a fresh Tagger after this many texts keeps memory flat.
_RECYCLE_AFTER = 20_000


def _tagger() -> fugashi.Tagger:
    used = getattr(_local, "used", 0)
    if used % _RECYCLE_AFTER == 0:
        _local.tagger = fugashi.Tagger()
    _local.used = used + 1
    tagger: fugashi.Tagger = _local.tagger
    return tagger


def tokenize_raw(text: str) -> Iterator[tuple[int, int, str]]:
    """The [start, end) range and MeCab's feature string of each token of a folded text."""
    for start, end in pieces(text):
        at = start
        for node in _tagger()(text[start:end]):
            at += len(node.white_space)
            yield at, at + len(node.surface), node.feature_raw
            at += len(node.surface)


def tokenize(text: str) -> tuple[Token, ...]:
    """Tokens of a folded text, in order; white space lies between tokens.

    Safe in any number of threads and processes.
    """
    return tuple(
        make_token(text, start, end, parse_feature(raw)) for start, end, raw in tokenize_raw(text)
    )


def make_token(text: str, start: int, end: int, feature: Feature) -> Token:
    return Token(
        text[start:end],
        start,
        end,
        feature.lemma,
        feature.orth_base,
        feature.reading,
        feature.pos,
        feature.form,
    )
