"""Which rules a text could touch at all: one pass over its characters, microseconds where nothing hits.

A string is searched with Aho and Corasick's automaton. Folded texts in arrays, which are the most, are
searched by compiled code that looks each two characters up in a table of the strings beginning so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Generic, TypeVar

import ahocorasick
import numpy as np
from numba import njit
from numpy.typing import NDArray

#: Slots of the table of beginnings, a power of two well above the number of anchors.
_SLOTS = 1 << 13
#: Stands for the second character of strings that have only one.
_NONE = 0xFFFFFFFF
#: A slot is the highest bits of two characters times odd numbers.
_MIX, _SPREAD = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xFF51AFD7ED558CCD)
_SHIFT = np.uint64(64 - 13)

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
        self._letters = np.frombuffer("".join(words).encode("utf-32-le"), np.uint32)
        self._begins = np.cumsum([0, *self.sizes], dtype=np.int64)
        slots = _slots(self._letters, self._begins)
        #: Anchors by the slot of their beginning, and where those of each slot begin.
        self._order = np.argsort(slots, kind="stable")
        self._groups = np.searchsorted(slots[self._order], np.arange(_SLOTS + 1))
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

    def scan(
        self, codes: NDArray[np.uint32], offsets: NDArray[np.int64]
    ) -> list[tuple[int, int, int]]:
        """The (text, start within it, anchor) of every anchor string in the texts
        ``codes[offsets[i]:offsets[i+1]]``."""
        room = len(codes) // 8 + 16
        while True:
            out = np.empty((room, 3), np.int64)
            count = _scan(codes, offsets, self._letters, self._begins, self._order, self._groups, out)  # fmt: skip
            if count <= room:
                return [(text, start, number) for text, start, number in out[:count].tolist()]
            room = count

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


def _slots(letters: NDArray[np.uint32], begins: NDArray[np.int64]) -> NDArray[np.int64]:
    """The slot of each word's beginning."""
    first = letters[begins[:-1]].astype(np.uint64)
    second = np.full(len(first), _NONE, np.uint64)
    longer = np.diff(begins) > 1
    second[longer] = letters[begins[:-1][longer] + 1]
    return (((first * _MIX + second) * _SPREAD) >> _SHIFT).astype(np.int64)


@njit(nogil=True, cache=True)
def _slot(first: Any, second: Any) -> Any:
    return np.int64(((np.uint64(first) * _MIX + np.uint64(second)) * _SPREAD) >> _SHIFT)


@njit(nogil=True, cache=True)
def _scan(
    codes: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    letters: NDArray[np.uint32],
    begins: NDArray[np.int64],
    order: NDArray[np.int64],
    groups: NDArray[np.int64],
    out: NDArray[np.int64],
) -> int:
    """Fills ``out`` as far as there is room, and returns how many anchors there are."""
    count = 0
    for text in range(len(offsets) - 1):
        first, last = offsets[text], offsets[text + 1]
        for at in range(first, last):
            for second in (codes[at + 1] if at + 1 < last else _NONE, _NONE):
                slot = _slot(codes[at], second)
                for place in range(groups[slot], groups[slot + 1]):
                    number = order[place]
                    begin, size = begins[number], begins[number + 1] - begins[number]
                    if at + size > last or (size == 1) != (second == _NONE):
                        continue
                    same = 0
                    while same < size and codes[at + same] == letters[begin + same]:
                        same += 1
                    if same == size:
                        if count < len(out):
                            out[count, 0], out[count, 1], out[count, 2] = text, at - first, number
                        count += 1
                if second == _NONE:
                    break
    return count
