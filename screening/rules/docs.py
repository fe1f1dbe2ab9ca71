"""Patterns of tokens, found by spaCy; the only module that imports it, and only when called.

LEMMA is UniDic's, TAG is part of speech and conjugated form (``動詞-一般/命令形``). Words that the
lexicon names and the dictionary splits (土下座 → 土 + 下座) become one token again. A pattern of one token
known by its lemma or its spelling is looked up without spaCy, which takes a hundred times as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Any, Protocol

import ahocorasick

from screening.text import Token

from .notation import Pattern


class Words(Protocol):
    """The tokens of one text: where each starts and ends, and any stretch of their lemmas (None for
    unknown words) or of them as records."""

    @property
    def starts(self) -> Sequence[int]: ...
    @property
    def ends(self) -> Sequence[int]: ...
    def lemmas(self, first: int, last: int) -> Sequence[str | None]: ...
    def tokens(self, first: int, last: int) -> Sequence[Token]: ...


@lru_cache(maxsize=1)
def _vocab() -> Any:
    from spacy.vocab import Vocab

    return Vocab()


class Matcher:
    """The patterns of a rule that have tokens."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._patterns = patterns
        single = {i: _single(p) for i, p in enumerate(patterns) if p.tokens}
        self._single = [(i, *found) for i, found in single.items() if found]
        self._others = [i for i, found in single.items() if not found]

    def __call__(self, sentence: Sentence) -> Iterator[tuple[Pattern, int, int]]:
        """Each pattern that matches, with the first of the ``sentence``'s tokens and the one behind the
        last."""
        for i, attribute, words in self._single:
            values = sentence.lemmas if attribute == "LEMMA" else sentence.words
            for at, value in enumerate(values):
                if value in words:
                    yield self._patterns[i], at, at + 1
        if self._others:
            for key, first, last in self._matcher(sentence.doc):
                yield self._patterns[key - 1], first, last

    @cached_property
    def _matcher(self) -> Any:
        from spacy.matcher import Matcher as SpacyMatcher

        made = SpacyMatcher(_vocab(), validate=False)
        for i in self._others:
            made.add(i + 1, [[dict(token) for token in self._patterns[i].tokens]])
        return made


def _single(pattern: Pattern) -> tuple[str, frozenset[str]] | None:
    """The attribute and its values where the pattern is one token that has one of them."""
    if len(pattern.tokens) != 1 or len(pattern.tokens[0]) != 1:
        return None
    ((attribute, asked),) = pattern.tokens[0].items()
    if attribute not in ("LEMMA", "ORTH"):
        return None
    if isinstance(asked, str):
        return attribute, frozenset([asked])
    return (attribute, frozenset(asked["IN"])) if set(asked) == {"IN"} else None


class Merger:
    """Puts words together that the dictionary splits, where they start and end at tokens."""

    def __init__(self, words: Iterable[str]) -> None:
        self._automaton = ahocorasick.Automaton()
        for word in words:
            if len(word) > 1:
                self._automaton.add_word(word, len(word))
        if self._automaton:
            self._automaton.make_automaton()

    def __call__(
        self, text: str, starts: Sequence[int], ends: Sequence[int]
    ) -> list[tuple[int, int]]:
        """Ranges of indices of the tokens, in order, each to become one token."""
        if not self._automaton:
            # One that holds no word can neither be made ready nor asked.
            return [(i, i) for i in range(len(starts))]
        base = starts[0]
        found = [
            (base + end + 1 - size, base + end + 1)
            for end, size in self._automaton.iter(text[base : ends[-1]])
        ]
        if not found:
            return [(i, i) for i in range(len(starts))]
        first_at = {start: i for i, start in enumerate(starts)}
        last_at = {end: i for i, end in enumerate(ends)}
        merged: dict[int, int] = {}
        taken = -1
        for start, end in sorted(found, key=lambda r: (r[0], -r[1])):
            if start < taken or start not in first_at or end not in last_at:
                continue
            if first_at[start] < last_at[end]:
                merged[first_at[start]] = last_at[end]
            taken = end
        ranges, at = [], 0
        while at < len(starts):
            last = merged.get(at, at)
            ranges.append((at, last))
            at = last + 1
        return ranges


class Sentence:
    """The tokens ``first`` to ``last`` (at least one) of a text, put together where they are one word:
    where each starts and ends, its word and its lemma, and all of them as a spaCy ``doc``."""

    def __init__(self, text: str, words: Words, first: int, last: int, merger: Merger) -> None:
        starts, ends = words.starts[first:last], words.ends[first:last]
        self._tokens, self._first = words, first
        self._ranges = merger(text, starts, ends)
        self.starts = [starts[a] for a, _ in self._ranges]
        self.ends = [ends[b] for _, b in self._ranges]
        self.words = [text[a:b] for a, b in zip(self.starts, self.ends, strict=True)]
        lemmas = words.lemmas(first, last)
        self.lemmas = [
            (lemmas[a] or word) if a == b else word
            for (a, b), word in zip(self._ranges, self.words, strict=True)
        ]

    @cached_property
    def doc(self) -> Any:
        from spacy.tokens import Doc

        tokens = self._tokens.tokens(self._first, self._first + self._ranges[-1][1] + 1)
        tags = [f"{tokens[b].pos}/{tokens[b].form}" for _, b in self._ranges]
        spaces = [False] * len(tags)
        return Doc(_vocab(), words=self.words, spaces=spaces, lemmas=self.lemmas, tags=tags)
