"""Which rules a text could touch at all: one Aho-Corasick pass, microseconds where nothing hits."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Generic, TypeVar

import ahocorasick

T = TypeVar("T")


class Anchors(Generic[T]):
    """Sets of strings, each leading to what is worth trying where all of a set stand together."""

    def __init__(self, entries: Iterable[tuple[frozenset[str], T]]) -> None:
        self._single: dict[int, tuple[T, ...]] = {}
        self._joint: dict[int, tuple[tuple[frozenset[int], T], ...]] = {}
        words: dict[str, int] = {}
        single: dict[int, list[T]] = {}
        joint: dict[int, list[tuple[frozenset[int], T]]] = {}
        for strings, target in entries:
            ids = frozenset(words.setdefault(s, len(words)) for s in strings)
            if len(ids) == 1:
                single.setdefault(min(ids), []).append(target)
            else:
                # A joint anchor is looked up under its longest word, the rarest as a rule.
                longest = words[max(sorted(strings), key=len)]
                joint.setdefault(longest, []).append((ids, target))
        #: The length of each anchor string, by its number.
        self.sizes = [len(word) for word in words]
        self._automaton = ahocorasick.Automaton()
        for word, number in words.items():
            self._automaton.add_word(word, (number, len(word)))
        if words:
            self._automaton.make_automaton()
        self._iter = self._automaton.iter if words else lambda text: ()
        self._single = {k: tuple(v) for k, v in single.items()}
        self._joint = {k: tuple(v) for k, v in joint.items()}

    def hits(self, text: str) -> list[tuple[int, int]]:
        """The (start, anchor) of every anchor string in ``text``."""
        return [(end + 1 - size, number) for end, (number, size) in self._iter(text)]

    def targets(self, present: Collection[int]) -> list[T]:
        """What the anchors present lead to, each once, in a fixed order."""
        there = frozenset(present)
        found: dict[T, None] = {}
        for number in sorted(there):
            for target in self._single.get(number, ()):
                found[target] = None
            for ids, target in self._joint.get(number, ()):
                if ids <= there:
                    found[target] = None
        return list(found)
