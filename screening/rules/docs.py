"""spaCy documents from our tokens; the only module that imports spaCy, and only when called.

LEMMA is UniDic's, TAG is part of speech and conjugated form (``動詞-一般/命令形``). Words that the
lexicon names and the dictionary splits (土下座 → 土 + 下座) become one token again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ahocorasick

from screening.text import Token

from .notation import Pattern


@dataclass(frozen=True, slots=True)
class Sentence:
    """A spaCy ``doc`` and, for each of its tokens, the [start, end) range in the text."""

    doc: Any
    starts: tuple[int, ...]
    ends: tuple[int, ...]


@lru_cache(maxsize=1)
def _vocab() -> Any:
    from spacy.vocab import Vocab

    return Vocab()


def matcher(patterns: Sequence[Pattern]) -> Any:
    """One spaCy ``Matcher``; the key of a match is the pattern's place in ``patterns``."""
    from spacy.matcher import Matcher

    made = Matcher(_vocab(), validate=False)
    for number, pattern in enumerate(patterns):
        if pattern.tokens:
            made.add(number + 1, [[dict(token) for token in pattern.tokens]])
    return made


class Merger:
    """Puts words together that the dictionary splits, where they start and end at tokens."""

    def __init__(self, words: Iterable[str]) -> None:
        self._automaton = ahocorasick.Automaton()
        for word in words:
            if len(word) > 1:
                self._automaton.add_word(word, len(word))
        if self._automaton:
            self._automaton.make_automaton()

    def __call__(self, text: str, tokens: Sequence[Token]) -> list[tuple[int, int]]:
        """Ranges of indices of ``tokens``, in order, each to become one token."""
        if not self._automaton:
            # One that holds no word can neither be made ready nor asked.
            return [(i, i) for i in range(len(tokens))]
        base = tokens[0].start
        starts = {t.start: i for i, t in enumerate(tokens)}
        ends = {t.end: i for i, t in enumerate(tokens)}
        found = [
            (base + end + 1 - size, base + end + 1)
            for end, size in self._automaton.iter(text[base : tokens[-1].end])
        ]
        merged: dict[int, int] = {}
        taken = -1
        for start, end in sorted(found, key=lambda r: (r[0], -r[1])):
            if start < taken or start not in starts or end not in ends:
                continue
            if starts[start] < ends[end]:
                merged[starts[start]] = ends[end]
            taken = end
        ranges, at = [], 0
        while at < len(tokens):
            last = merged.get(at, at)
            ranges.append((at, last))
            at = last + 1
        return ranges


def sentence(text: str, tokens: Sequence[Token], merger: Merger) -> Sentence:
    """The document of one sentence's tokens (at least one)."""
    from spacy.tokens import Doc

    words, lemmas, tags, starts, ends = [], [], [], [], []
    for first, last in merger(text, tokens):
        token = tokens[first]
        word = token.surface if first == last else text[token.start : tokens[last].end]
        words.append(word)
        lemmas.append((token.lemma or word) if first == last else word)
        final = tokens[last]
        tags.append(f"{final.pos}/{final.form}")
        starts.append(token.start)
        ends.append(final.end)
    doc = Doc(_vocab(), words=words, spaces=[False] * len(words), lemmas=lemmas, tags=tags)
    return Sentence(doc, tuple(starts), tuple(ends))
