"""Morphemes as arrays, many texts at a time: the hot path of everything that screens.

One compiled function folds what folds character by character, hands each text to MeCab and walks
its nodes, so that a text costs little more than MeCab itself. The tokens equal ``tokens.tokenize``
of ``fold.fold``: tests hold the two together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .features import Column, FeatureTable, slot_of
from .fold import RUNS, STRETCH, WIDE, Folded, fold
from .mecab import (
    NODE_FEATURE,
    NODE_LENGTH,
    NODE_NEXT,
    NODE_RLENGTH,
    NODE_STAT,
    STAT_END,
    Parser,
    call1,
    call2,
    call3,
    library,
    load8,
    load16,
    load64,
)
from .tokens import MAX_PIECE, Feature, Token, make_token, tokenize_raw

_SLOW = 0xFFFFFFFF


@lru_cache(maxsize=1)
def _tables() -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """By character below U+10000: what it folds to (or ``_SLOW``), and the run length that folds."""
    every = "".join(map(chr, range(0x10000)))
    folded = np.frombuffer(every.translate(WIDE).encode("utf-32-le", "surrogatepass"), np.uint32)
    mapped = np.full(len(every), _SLOW, np.uint32)
    runs = np.zeros(len(every), np.uint8)
    for plain in STRETCH.finditer(every):
        mapped[slice(*plain.span())] = folded[slice(*plain.span())]
    for char_class, length in reversed(RUNS):
        for alike in re.finditer(f"{char_class.pattern}+", every):
            runs[slice(*alike.span())] = length
    mapped[0xD800:0xE000], runs[0xD800:0xE000] = _SLOW, 0
    return mapped, runs


@njit(nogil=True, cache=True)
def _fold_in_place(
    codes: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    mapped: NDArray[np.uint32],
    runs: NDArray[np.uint8],
    slow: NDArray[np.bool_],
) -> bool:
    """Folds the texts of characters that fold one by one; returns whether there are ``slow`` ones."""
    found = False
    for text in range(len(offsets) - 1):
        slow[text] = False
        run, last = 0, np.uint32(0)
        for at in range(offsets[text], offsets[text + 1]):
            code = codes[at]
            if code >= 0x10000 or mapped[code] == np.uint32(0xFFFFFFFF):
                slow[text] = True
                break
            code = mapped[code]
            run = run + 1 if code == last else 1
            if runs[code] and run >= runs[code]:
                slow[text] = True
                break
            last = code
        if slow[text]:
            found = True
        else:
            for at in range(offsets[text], offsets[text + 1]):
                codes[at] = mapped[codes[at]]
    return found


@njit(nogil=True, cache=True)
def _piece_end(codes: NDArray[np.uint32], start: int, end: int, longest: int) -> int:
    if end - start <= longest:
        return end
    at = start + longest - 1
    while at >= start + longest // 2:
        if codes[at] == 10 or codes[at] == 0x3002:
            return at + 1
        at -= 1
    return start + longest


@njit(nogil=True, cache=True)
def _utf8(codes: NDArray[np.uint32], start: int, end: int, buffer: NDArray[np.uint8]) -> int:
    n = 0
    for at in range(start, end):
        c = codes[at]
        if c < 0x80:
            buffer[n] = c
            n += 1
        elif c < 0x800:
            buffer[n] = 0xC0 | (c >> 6)
            buffer[n + 1] = 0x80 | (c & 0x3F)
            n += 2
        elif c < 0x10000:
            buffer[n] = 0xE0 | (c >> 12)
            buffer[n + 1] = 0x80 | ((c >> 6) & 0x3F)
            buffer[n + 2] = 0x80 | (c & 0x3F)
            n += 3
        else:
            buffer[n] = 0xF0 | (c >> 18)
            buffer[n + 1] = 0x80 | ((c >> 12) & 0x3F)
            buffer[n + 2] = 0x80 | ((c >> 6) & 0x3F)
            buffer[n + 3] = 0x80 | (c & 0x3F)
            n += 4
    return n


@njit(nogil=True, cache=True)
def _width(c: Any) -> int:
    return 1 if c < 0x80 else 2 if c < 0x800 else 3 if c < 0x10000 else 4


@njit(nogil=True, cache=True)
def _parse(
    codes: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    longest: int,
    calls: tuple[int, ...],
    buffer: NDArray[np.uint8],
    keys: NDArray[np.int64],
    ids: NDArray[np.int32],
    out_start: NDArray[np.int32],
    out_end: NDArray[np.int32],
    out_id: NDArray[np.int32],
    out_pointer: NDArray[np.int64],
    out_offsets: NDArray[np.int64],
) -> tuple[int, int]:
    """Parses every text; a feature not seen before gets the id -1 and is known by its pointer.

    Returns how many tokens there are, and how many of them have no id yet.
    """
    set_sentence, parse, bos, clear, tagger, lattice, address = calls
    count = unknown = 0
    for text in range(len(offsets) - 1):
        out_offsets[text] = count
        first, until = offsets[text], offsets[text + 1]
        start = first
        while start < until:
            end = _piece_end(codes, start, until, longest)
            size = _utf8(codes, start, end, buffer)
            call3(set_sentence, lattice, address, size)
            call2(parse, tagger, lattice)
            node = load64(call1(bos, lattice) + NODE_NEXT)
            at = start
            while node != 0 and load8(node + NODE_STAT) != STAT_END:
                length = load16(node + NODE_LENGTH)
                space = load16(node + NODE_RLENGTH) - length
                while space > 0:
                    space -= _width(codes[at])
                    at += 1
                out_start[count] = at - first
                while length > 0:
                    length -= _width(codes[at])
                    at += 1
                out_end[count] = at - first
                pointer = load64(node + NODE_FEATURE)
                slot = slot_of(pointer, keys)
                if keys[slot] != 0:
                    out_id[count] = ids[slot]
                else:
                    out_id[count] = -1
                    unknown += 1
                out_pointer[count] = pointer
                count += 1
                node = load64(node + NODE_NEXT)
            start = end
        call1(clear, lattice)
    out_offsets[len(offsets) - 1] = count
    return count, unknown


@dataclass(slots=True)
class Batch:
    """Texts with their tokens. Text ``i`` has the code points ``codes[offsets[i]:offsets[i+1]]``
    of its folded form and the tokens ``token_offsets[i]`` to ``token_offsets[i+1]``, whose ``start``
    and ``end`` count from the text's beginning. ``columns`` are those of the table that were asked for.
    """

    originals: Sequence[str]
    folded: dict[int, Folded]
    codes: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    token_offsets: NDArray[np.int64]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    feature: NDArray[np.int32]
    table: FeatureTable
    columns: dict[str, NDArray[np.uint32]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.originals)

    def fold(self, i: int) -> Folded:
        """Text ``i`` folded; the same as ``fold.fold`` gives."""
        known = self.folded.get(i)
        if known is None:
            known = self.folded[i] = Folded(self.text(i))
        return known

    def whole(self) -> str:
        """All folded texts, one after another: text ``i`` starts at ``offsets[i]``."""
        return bytes(self.codes.data).decode("utf-32-le")

    def text(self, i: int) -> str:
        return bytes(self.codes[self.offsets[i] : self.offsets[i + 1]].data).decode("utf-32-le")

    def tokens(self, i: int) -> tuple[Token, ...]:
        words = self.words(i)
        return tuple(words.tokens(0, len(words.starts)))

    def words(self, i: int) -> Words:
        return Words(self, i)

    def column(self, name: str) -> NDArray[np.uint32]:
        """For each token, the number in a column of the feature table; not to be written to."""
        known = self.columns.get(name)
        if known is None:
            known = self.columns[name] = self.table.columns[name].take(self.feature)
        return known


class Words:
    """The tokens of one text of a batch; records are made only of the stretch that is asked for."""

    __slots__ = ("_batch", "_first", "_text", "ends", "starts")

    def __init__(self, batch: Batch, i: int) -> None:
        first, last = int(batch.token_offsets[i]), int(batch.token_offsets[i + 1])
        self.starts: list[int] = batch.start[first:last].tolist()
        self.ends: list[int] = batch.end[first:last].tolist()
        self._batch, self._first, self._text = batch, first, batch.text(i)

    def _features(self, first: int, last: int) -> list[Feature]:
        features = self._batch.table.features
        numbers = self._batch.feature[self._first + first : self._first + last].tolist()
        return [features[number] for number in numbers]

    def lemmas(self, first: int, last: int) -> list[str | None]:
        return [feature.lemma for feature in self._features(first, last)]

    def tokens(self, first: int, last: int) -> list[Token]:
        return [
            make_token(self._text, start, end, feature)
            for start, end, feature in zip(
                self.starts[first:last],
                self.ends[first:last],
                self._features(first, last),
                strict=True,
            )
        ]


def _codes(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    offsets = np.array([0, *accumulate(map(len, texts))], np.int64)
    return np.frombuffer(joined, np.uint32).copy(), offsets


class Analyzer:
    """Turns texts into a ``Batch``. Use each analyzer from one thread at a time."""

    def __init__(self, columns: Mapping[str, Column] | None = None, *, native: bool = True) -> None:
        self.table = FeatureTable(columns or {})
        self._parser = Parser() if native and library() is not None else None
        self._buffer = np.zeros(4 * MAX_PIECE + 8, np.uint8)
        self._calls: tuple[int, ...] = ()
        if p := self._parser:
            address = self._buffer.ctypes.data
            self._calls = p.set_sentence, p.parse, p.bos, p.clear, p.tagger, p.lattice, address
        self._mapped, self._runs = _tables()

    def analyze(self, texts: Sequence[str], *, words: bool = True) -> Batch:
        """Folds the texts and finds their tokens; without ``words`` they have no tokens."""
        folded: dict[int, Folded] = {}
        codes, offsets = _codes(texts)
        slow = np.empty(len(texts), np.bool_)
        if _fold_in_place(codes, offsets, self._mapped, self._runs, slow):
            parts = [codes[offsets[i] : offsets[i + 1]] for i in range(len(texts))]
            for i in np.flatnonzero(slow).tolist():
                folded[i] = fold(texts[i])
                parts[i] = np.frombuffer(folded[i].text.encode("utf-32-le"), np.uint32)
            codes = np.concatenate(parts)
            np.cumsum([len(p) for p in parts], out=offsets[1:])
        if not words:
            none = np.zeros(0, np.int32)
            return Batch(texts, folded, codes, offsets, np.zeros(len(texts) + 1, np.int64), none, none, none, self.table)  # fmt: skip
        if self._parser is None:
            return self._analyze_with_fugashi(texts, folded, codes, offsets)
        most = len(codes)
        start, end, ids = (
            np.empty(most, np.int32),
            np.empty(most, np.int32),
            np.empty(most, np.int32),
        )
        pointers = np.empty(most, np.int64)
        token_offsets = np.empty(len(texts) + 1, np.int64)
        table = self.table
        n, unknown = _parse(codes, offsets, MAX_PIECE, self._calls, self._buffer, table.keys, table.ids, start, end, ids, pointers, token_offsets)  # fmt: skip
        ids = ids[:n]
        for at in np.flatnonzero(ids < 0).tolist() if unknown else ():
            ids[at] = table.add_pointer(int(pointers[at]))
        return Batch(texts, folded, codes, offsets, token_offsets, start[:n], end[:n], ids, table)

    def _analyze_with_fugashi(
        self, texts: Sequence[str], folded: dict[int, Folded], codes: Any, offsets: Any
    ) -> Batch:
        start, end, ids, token_offsets = [], [], [], [0]
        for i in range(len(texts)):
            text = bytes(codes[offsets[i] : offsets[i + 1]].data).decode("utf-32-le")
            for first, last, raw in tokenize_raw(text):
                start.append(first)
                end.append(last)
                ids.append(self.table.add(raw))
            token_offsets.append(len(ids))
        return Batch(
            texts,
            folded,
            codes,
            offsets,
            np.array(token_offsets, np.int64),
            np.array(start, np.int32),
            np.array(end, np.int32),
            np.array(ids, np.int32),
            self.table,
        )
