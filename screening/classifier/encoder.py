"""Text to numbers: hashed character and morpheme n-grams, one encoder for training and inference.

A unit of text becomes the set of its character 1- to 4-grams and morpheme 1- to 3-grams, each
hashed to one of ``SIZE`` features; a feature counts once however often it stands there. Katakana
reads as hiragana, capitals as small letters and every digit as 0, so that バカ and ばか teach alike.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..text.analyzer import Batch
from .evidence import evidence_of
from .ngrams import character, mix, reads_as
from .units import LONG_UNIT, REST, cut_into, ends, room_for

#: The number of hashed features, a power of two.
SIZE = 1 << 20
#: Longest character and morpheme n-grams.
CHARS, MORPHEMES = 4, 3


@njit(nogil=True, cache=True)
def _features(
    codes: NDArray[np.uint32],
    reads_as: NDArray[np.uint32],
    unit: NDArray[np.int64],
    token_start: NDArray[np.int32],
    token_end: NDArray[np.int32],
    hashes: NDArray[np.uint32],
    read: NDArray[np.uint32],
    out: NDArray[np.int32],
) -> int:
    """Fills ``out`` with the features of one unit, repeats included, and returns how many.

    One boundary mark stands before the unit and one behind it; ``read`` is room for its characters
    and the marks.
    """
    start, end, first, last, base = unit
    size = end - start + 2
    for at in range(size):
        read[at] = character(codes, reads_as, start - 1 + at, start, end)
    mask = np.uint64((1 << 20) - 1)
    count = 0
    for at in range(size):
        state = np.uint64(0x9E3779B97F4A7C15)
        for n in range(min(4, size - at)):
            state = mix(state, read[at + n])
            out[count] = np.int32((state >> np.uint64(7)) & mask)
            # A boundary mark by itself is no feature.
            if n > 0 or 0 < at < size - 1:
                count += 1
    for at in range(first, last):
        state = np.uint64(0xC2B2AE3D27D4EB4F)
        for n in range(min(3, last - at)):
            word = np.uint64(hashes[at + n])
            if word == 0:
                for i in range(base + token_start[at + n], base + token_end[at + n]):
                    word = mix(word, character(codes, reads_as, i, start, end))
            state = mix(state, word)
            out[count] = np.int32((state >> np.uint64(7)) & mask)
            count += 1
    return count


@njit(nogil=True, cache=True)
def _longest(units: NDArray[np.int64]) -> int:
    """The length of the longest unit with its two boundary marks."""
    longest = 0
    for i in range(len(units)):
        longest = max(longest, units[i, 1] - units[i, 0] + 2)
    return longest


@njit(nogil=True, cache=True)
def _encode(
    codes: NDArray[np.uint32],
    reads_as: NDArray[np.uint32],
    units: NDArray[np.int64],
    token_start: NDArray[np.int32],
    token_end: NDArray[np.int32],
    hashes: NDArray[np.uint32],
    read: NDArray[np.uint32],
    found: NDArray[np.int32],
    out: NDArray[np.int64],
    out_offsets: NDArray[np.int64],
) -> int:
    longest = _longest(units)
    if longest > len(read):
        read, found = np.empty(longest, np.uint32), np.empty(7 * longest, np.int32)
    total = 0
    for i in range(len(units)):
        count = _features(codes, reads_as, units[i], token_start, token_end, hashes, read, found)
        found[:count].sort()
        for j in range(count):
            if j == 0 or found[j] != found[j - 1]:
                out[total] = found[j]
                total += 1
        out_offsets[i + 1] = total
    return total


@njit(nogil=True, cache=True)
def _score(
    codes: NDArray[np.uint32],
    reads_as: NDArray[np.uint32],
    units: NDArray[np.int64],
    token_start: NDArray[np.int32],
    token_end: NDArray[np.int32],
    hashes: NDArray[np.uint32],
    read: NDArray[np.uint32],
    found: NDArray[np.int32],
    seen: NDArray[np.int64],
    row_of: NDArray[np.int32],
    lines: NDArray[np.int16],
    scales: NDArray[np.float32],
    intercepts: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    heads, columns = len(intercepts), lines.shape[1]
    total = np.zeros(columns, np.int32)
    longest = _longest(units)
    if longest > len(read):
        read, found = np.empty(longest, np.uint32), np.empty(7 * longest, np.int32)
        slots = len(seen) - 1
        while slots < 14 * longest:
            slots *= 2
        seen = np.zeros(slots + 1, np.int64)
    mask = np.int64(len(seen) - 2)
    for i in range(len(units)):
        count = _features(codes, reads_as, units[i], token_start, token_end, hashes, read, found)
        # Three passes, so that the memory behind the two tables is waited for side by side.
        for j in range(count):
            found[j] = row_of[found[j]]
        # A slot of an earlier unit counts as free: ``seen`` holds the unit's number beside the row.
        seen[-1] += 1
        stamp = seen[-1] << 32
        kept = 0
        for j in range(count):
            row = found[j]
            if row < 0:
                continue
            slot = np.int64(row) & mask
            while seen[slot] >= stamp and seen[slot] != stamp | row:
                slot = (slot + 1) & mask
            if seen[slot] < stamp:
                seen[slot] = stamp | row
                found[kept] = row
                kept += 1
        total[:] = 0
        for j in range(kept):
            row = np.int64(found[j])
            for column in range(columns):
                total[column] += lines[row, column]
        norm = np.sqrt(np.float32(total[heads]) * scales[heads])
        for head in range(heads):
            score = np.float32(total[head]) * scales[head] / norm if norm > 0 else np.float32(0)
            out[i, head] = intercepts[head] + score


@njit(nogil=True, cache=True)
def _read(
    codes: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    token_offsets: NDArray[np.int64],
    token_start: NDArray[np.int32],
    token_end: NDArray[np.int32],
    feature: NDArray[np.int32],
    lemma_of: NDArray[np.uint32],
    is_end: NDArray[np.bool_],
    reads_as: NDArray[np.uint32],
    read: NDArray[np.uint32],
    found: NDArray[np.int32],
    seen: NDArray[np.int64],
    row_of: NDArray[np.int32],
    lines: NDArray[np.int16],
    scales: NDArray[np.float32],
    intercepts: NDArray[np.float32],
    hashes: NDArray[np.uint32],
    units: NDArray[np.int64],
    owner: NDArray[np.int32],
    out: NDArray[np.float32],
) -> int:
    for at in range(len(feature)):
        hashes[at] = lemma_of[feature[at]]
    count = cut_into(codes, offsets, token_offsets, token_start, is_end, units, owner)
    _score(codes, reads_as, units[:count], token_start, token_end, hashes, read, found, seen, row_of, lines, scales, intercepts, out)  # fmt: skip
    return count


class Encoder:
    """Holds the work space; use each encoder from one thread at a time."""

    def __init__(self) -> None:
        #: Room for a unit as long as units are unless they are nothing but sentence ends.
        most = LONG_UNIT + REST + 2
        self._read = np.zeros(most, np.uint32)
        self._found = np.zeros((CHARS + MORPHEMES) * most, np.int32)
        #: At least twice the features of a unit, and the number of the unit that was scored last.
        self._seen = np.zeros((1 << (2 * len(self._found) - 1).bit_length()) + 1, np.int64)

    def encode(
        self, batch: Batch, units: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The features of each unit, sorted: ``features[offsets[i]:offsets[i+1]]``."""
        lengths = units[:, 1] - units[:, 0] + 2
        out = np.empty(int((CHARS + MORPHEMES) * lengths.sum()), np.int64)
        offsets = np.zeros(len(units) + 1, np.int64)
        total = _encode(batch.codes, reads_as(), units, batch.start, batch.end, batch.column("lemma"), self._read, self._found, out, offsets)  # fmt: skip
        return out[:total], offsets

    def score(
        self,
        batch: Batch,
        units: NDArray[np.int64],
        row_of: NDArray[np.int32],
        lines: NDArray[np.int16],
        scales: NDArray[np.float32],
        intercepts: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Linear scores, shape (units, heads).

        ``lines`` has one row a kept feature: weight times inverse document frequency for each
        head, then that frequency squared, of whose sum the norm is the root; each column in 16-bit
        steps of its scale. More columns of zeros let a row lie in one cache line.
        """
        out = np.empty((len(units), len(intercepts)), np.float32)
        _score(batch.codes, reads_as(), units, batch.start, batch.end, batch.column("lemma"), self._read, self._found, self._seen, row_of, lines, scales, intercepts, out)  # fmt: skip
        return out

    def read(
        self,
        batch: Batch,
        row_of: NDArray[np.int32],
        lines: NDArray[np.int16],
        scales: NDArray[np.float32],
        intercepts: NDArray[np.float32],
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
        """``cut`` and ``score`` in one call: units, the text of each, and their scores."""
        units, owner = room_for(batch)
        out = np.empty((len(owner), len(intercepts)), np.float32)
        hashes = np.empty(len(batch.feature), np.uint32)
        count = _read(batch.codes, batch.offsets, batch.token_offsets, batch.start, batch.end, batch.feature, batch.table.columns["lemma"], ends(), reads_as(), self._read, self._found, self._seen, row_of, lines, scales, intercepts, hashes, units, owner, out)  # fmt: skip
        batch.columns["lemma"] = hashes
        return units[:count], owner[:count], out[:count]

    def evidence(
        self,
        batch: Batch,
        unit: NDArray[np.int64],
        row_of: NDArray[np.int32],
        lines: NDArray[np.int16],
        head: int,
        floor: float,
        words: int,
    ) -> list[tuple[int, int]]:
        """The [start, end) in the folded text of the stretch of a unit that speaks most for a head, then
        of its strongest ``words`` at most; ``floor`` is the part of the strongest token's contribution that
        each must exceed to lengthen the stretch."""
        out = np.empty(2 + 2 * words, np.int64)
        count = evidence_of(batch.codes, reads_as(), unit, batch.start, batch.end, batch.column("lemma"), row_of, lines, head, floor, out)  # fmt: skip
        places = out[:count].tolist()
        return list(zip(places[::2], places[1::2], strict=True))
