"""Text to numbers: hashed character and morpheme n-grams, one encoder for training and inference.

A unit of text becomes the set of its character 1- to 4-grams and morpheme 1- to 3-grams, each
hashed to one of ``SIZE`` features; a feature counts once however often it stands there. Katakana
reads as hiragana, capitals as small letters and every digit as 0, so that バカ and ばか teach alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..text.analyzer import Batch

#: The number of hashed features, a power of two.
SIZE = 1 << 20
#: Longest character and morpheme n-grams.
CHARS, MORPHEMES = 4, 3
#: A turn is cut into units at sentence ends; a unit under the first length takes the next sentence
#: along, and one over the second is cut at a comma. Lengths in code points.
SHORT_UNIT, LONG_UNIT = 12, 120
_ENDS = frozenset(map(ord, "。!?\n"))

Table = tuple[NDArray[np.int64], NDArray[np.int64]]


@lru_cache(maxsize=1)
def _reads_as() -> NDArray[np.uint32]:
    table = np.arange(0x10000, dtype=np.uint32)
    table[0x30A1:0x30F7] -= 0x60
    table[ord("A") : ord("Z") + 1] += 32
    table[ord("0") : ord("9") + 1] = ord("0")
    table[[9, 10, 13, 0x3000]] = ord(" ")
    return table


@njit(nogil=True, cache=True)
def _mix(state: np.uint64, value: Any) -> np.uint64:
    state = (state ^ np.uint64(value)) * np.uint64(0xFF51AFD7ED558CCD)
    return state ^ (state >> np.uint64(32))


@njit(nogil=True, cache=True)
def _character(
    codes: NDArray[np.uint32], reads_as: NDArray[np.uint32], at: int, start: int, end: int
) -> np.uint32:
    if at < start or at >= end:
        return np.uint32(2)
    code = codes[at]
    read: np.uint32 = reads_as[code] if code < 0x10000 else code
    return read


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
        read[at] = _character(codes, reads_as, start - 1 + at, start, end)
    mask = np.uint64((1 << 20) - 1)
    count = 0
    for at in range(size):
        state = np.uint64(0x9E3779B97F4A7C15)
        for n in range(min(4, size - at)):
            state = _mix(state, read[at + n])
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
                    word = _mix(word, _character(codes, reads_as, i, start, end))
            state = _mix(state, word)
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
def _weigh(
    codes: NDArray[np.uint32],
    reads_as: NDArray[np.uint32],
    start: int,
    end: int,
    token_start: NDArray[np.int32],
    token_end: NDArray[np.int32],
    hashes: NDArray[np.uint32],
    first: int,
    last: int,
    base: int,
    row_of: NDArray[np.int32],
    weights: NDArray[np.int16],
    head: int,
    out: NDArray[np.float32],
) -> None:
    """Adds to each character of a unit what the n-grams over it contribute to one head."""
    for at in range(start - 1, end + 1):
        state = np.uint64(0x9E3779B97F4A7C15)
        for n in range(4):
            if at + n > end:
                break
            state = _mix(state, _character(codes, reads_as, at + n, start, end))
            row = row_of[np.int64((state >> np.uint64(7)) & np.uint64((1 << 20) - 1))]
            if row >= 0 and (n > 0 or (at >= start and at < end)):
                for i in range(max(at, start), min(at + n + 1, end)):
                    out[i - start] += weights[row, head] / np.float32(n + 1)
    for at in range(first, last):
        state = np.uint64(0xC2B2AE3D27D4EB4F)
        for n in range(3):
            if at + n >= last:
                break
            word = np.uint64(hashes[at + n])
            if word == 0:
                for i in range(base + token_start[at + n], base + token_end[at + n]):
                    word = _mix(word, _character(codes, reads_as, i, start, end))
            state = _mix(state, word)
            row = row_of[np.int64((state >> np.uint64(7)) & np.uint64((1 << 20) - 1))]
            if row >= 0:
                a, b = base + token_start[at], base + token_end[at + n]
                for i in range(max(a, start), min(b, end)):
                    out[i - start] += weights[row, head] / np.float32(b - a)


@njit(nogil=True, cache=True)
def strongest(
    characters: NDArray[np.float32],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    shift: int,
    floor: float,
) -> tuple[int, int]:
    """First and last of the tokens whose contributions, each less ``floor`` of the greatest, sum highest."""
    size = len(characters)
    worth = np.zeros(len(starts), np.float64)
    greatest = -np.inf
    for i in range(len(starts)):
        for at in range(max(starts[i] + shift, 0), min(ends[i] + shift, size)):
            worth[i] += characters[at]
        greatest = max(greatest, worth[i])
    best, low, high = -np.inf, 0, 0
    total, since = 0.0, 0
    for i in range(len(starts)):
        if total <= 0:
            total, since = 0.0, i
        total += worth[i] - floor * greatest
        if total > best:
            best, low, high = total, since, i
    return low, high


@njit(nogil=True, cache=True)
def _evidence(
    codes: NDArray[np.uint32],
    reads_as: NDArray[np.uint32],
    unit: NDArray[np.int64],
    token_start: NDArray[np.int32],
    token_end: NDArray[np.int32],
    hashes: NDArray[np.uint32],
    row_of: NDArray[np.int32],
    lines: NDArray[np.int16],
    head: int,
    floor: float,
    out: NDArray[np.int64],
) -> int:
    """Fills ``out`` with [start, end) of the strongest stretch and of the strongest words behind it, in the
    folded text, and returns how many numbers these are."""
    start, end, first, last, base = unit
    if first == last:
        out[0], out[1] = start - base, end - base
        return 2
    size, shift = end - start, base - start
    characters = np.zeros(size, np.float32)
    _weigh(codes, reads_as, start, end, token_start, token_end, hashes, first, last, base, row_of, lines, head, characters)  # fmt: skip
    low, high = strongest(characters, token_start[first:last], token_end[first:last], shift, floor)
    out[0], out[1] = token_start[first + low], token_end[first + high]
    running = np.zeros(size + 1, np.float64)
    for at in range(size):
        running[at + 1] = running[at] + characters[at]
    worth = np.zeros(last - first, np.float64)
    for i in range(last - first):
        a, b = token_start[first + i], token_end[first + i]
        # One character by itself is no word.
        if b - a > 1:
            worth[i] = running[min(max(b + shift, 0), size)] - running[min(max(a + shift, 0), size)]
    count = 2
    while count < len(out):
        best = np.argmax(worth)
        if worth[best] <= 0:
            break
        worth[best] = 0
        out[count], out[count + 1] = token_start[first + best], token_end[first + best]
        count += 2
    return count


@njit(nogil=True, cache=True)
def _cut(
    codes: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    token_offsets: NDArray[np.int64],
    token_start: NDArray[np.int32],
    is_end: NDArray[np.bool_],
    out: NDArray[np.int64],
    owner: NDArray[np.int32],
) -> int:
    count = 0
    for text in range(len(offsets) - 1):
        base, until = offsets[text], offsets[text + 1]
        start = base
        token = token_offsets[text]
        while start < until:
            end = start
            comma = np.int64(-1)
            while end < until:
                code = codes[end]
                end += 1
                closes = code < 0x10000 and is_end[code]
                if closes and end < until and codes[end] < 0x10000 and is_end[codes[end]]:
                    continue
                if closes and end - start >= 12:
                    break
                if code == 0x3001 or code == 0x20:
                    comma = end
                if end - start >= 120:
                    if comma > start + 12:
                        end = comma
                    break
            if until - end < 4:
                end = until
            first = token
            while token < token_offsets[text + 1] and base + token_start[token] < end:
                token += 1
            out[count, 0], out[count, 1], out[count, 2], out[count, 3], out[count, 4] = start, end, first, token, base  # fmt: skip
            owner[count] = text
            count += 1
            start = end
    return count


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
    count = _cut(codes, offsets, token_offsets, token_start, is_end, units, owner)
    _score(codes, reads_as, units[:count], token_start, token_end, hashes, read, found, seen, row_of, lines, scales, intercepts, out)  # fmt: skip
    return count


@lru_cache(maxsize=1)
def _is_end() -> NDArray[np.bool_]:
    table = np.zeros(0x10000, np.bool_)
    table[list(_ENDS)] = True
    return table


def _units_of(batch: Batch) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Room for the units of a batch: all but a text's last have ``SHORT_UNIT`` code points or more."""
    most = len(batch.codes) // SHORT_UNIT + len(batch)
    return np.empty((most, 5), np.int64), np.empty(most, np.int32)


def cut(batch: Batch) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Cuts each text into units.

    Returns:
        units: shape (n, 5): start and end in ``batch.codes``, first and last token, text's start.
        owner: shape (n,): the text of each unit; an empty text has none.
    """
    units, owner = _units_of(batch)
    count = _cut(batch.codes, batch.offsets, batch.token_offsets, batch.start, _is_end(), units, owner)  # fmt: skip
    return units[:count], owner[:count]


class Encoder:
    """Holds the work space; use each encoder from one thread at a time."""

    def __init__(self) -> None:
        #: Room for a unit as long as units are unless they are nothing but sentence ends.
        most = LONG_UNIT + 4 + 2
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
        total = _encode(batch.codes, _reads_as(), units, batch.start, batch.end, batch.column("lemma"), self._read, self._found, out, offsets)  # fmt: skip
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
        _score(batch.codes, _reads_as(), units, batch.start, batch.end, batch.column("lemma"), self._read, self._found, self._seen, row_of, lines, scales, intercepts, out)  # fmt: skip
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
        units, owner = _units_of(batch)
        out = np.empty((len(owner), len(intercepts)), np.float32)
        hashes = np.empty(len(batch.feature), np.uint32)
        count = _read(batch.codes, batch.offsets, batch.token_offsets, batch.start, batch.end, batch.feature, batch.table.columns["lemma"], _is_end(), _reads_as(), self._read, self._found, self._seen, row_of, lines, scales, intercepts, hashes, units, owner, out)  # fmt: skip
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
        count = _evidence(batch.codes, _reads_as(), unit, batch.start, batch.end, batch.column("lemma"), row_of, lines, head, floor, out)  # fmt: skip
        places = out[:count].tolist()
        return list(zip(places[::2], places[1::2], strict=True))


def iterate(features: NDArray[np.int64], offsets: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    for i in range(len(offsets) - 1):
        yield features[offsets[i] : offsets[i + 1]]
