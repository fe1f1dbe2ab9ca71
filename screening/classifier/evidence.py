"""The words of a unit that speak most for a head, from what each n-gram over them contributes."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .ngrams import character, mix


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
            state = mix(state, character(codes, reads_as, at + n, start, end))
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
                    word = mix(word, character(codes, reads_as, i, start, end))
            state = mix(state, word)
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
def evidence_of(
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
