"""The features of words by number: what MeCab says of a word is read once, however often it comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .mecab import feature_at
from .tokens import Feature, parse_feature

#: What a caller wants to know of every word, as a 32-bit number.
Column = Callable[[Feature], int]


@njit(nogil=True, cache=True)
def slot_of(pointer: Any, keys: NDArray[np.int64]) -> Any:
    """The slot of a pointer among the ``keys``, its own or the free one for it."""
    mask = len(keys) - 1
    at = (np.uint64(pointer) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(20)) & np.uint64(mask)
    while keys[at] != 0 and keys[at] != pointer:
        at = (at + np.uint64(1)) & np.uint64(mask)
    return at


class FeatureTable:
    """Every word feature met so far, by a small id; ids are private to one analyzer.

    ``columns[name][id]`` is a number that a caller's function gave for the feature. The column
    ``lemma`` is always there: a stable hash of the lemma, 0 for unknown words, which are known by
    their surface alone.
    """

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self.features: list[Feature] = []
        self._functions: dict[str, Column] = {"lemma": _lemma_column, **columns}
        self.columns = {name: np.zeros(1 << 12, np.uint32) for name in self._functions}
        self.keys = np.zeros(1 << 15, np.int64)
        self.ids = np.zeros(1 << 15, np.int32)
        self._by_raw: dict[str, int] = {}

    def add(self, raw: str) -> int:
        known = self._by_raw.get(raw)
        if known is not None:
            return known
        number = len(self.features)
        feature = parse_feature(raw)
        for name, function in self._functions.items():
            if number == len(self.columns[name]):
                self.columns[name] = np.resize(self.columns[name], 2 * number)
            self.columns[name][number] = function(feature)
        self.features.append(feature)
        self._by_raw[raw] = number
        return number

    def add_pointer(self, pointer: int) -> int:
        slot = slot_of(pointer, self.keys)
        if self.keys[slot]:
            return int(self.ids[slot])
        number = self.add(feature_at(pointer))
        self.keys[slot], self.ids[slot] = pointer, number
        if 2 * len(self.features) > len(self.keys):
            self._grow()
        return number

    def _grow(self) -> None:
        keys, ids = self.keys, self.ids
        self.keys, self.ids = np.zeros(2 * len(keys), np.int64), np.zeros(2 * len(ids), np.int32)
        for at in np.flatnonzero(keys):
            slot = slot_of(keys[at], self.keys)
            self.keys[slot], self.ids[slot] = keys[at], ids[at]


def _lemma_column(feature: Feature) -> int:
    return lemma_hash(feature.lemma) if feature.lemma else 0


def lemma_hash(lemma: str) -> int:
    """A 32-bit hash that is the same on every machine, never 0."""
    return int.from_bytes(blake2b(lemma.encode(), digest_size=4).digest(), "little") or 1
