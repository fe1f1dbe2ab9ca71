"""Characters as they are read, and the hash of those and of morphemes in a row."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


@lru_cache(maxsize=1)
def reads_as() -> NDArray[np.uint32]:
    """By character below U+10000, what it reads as."""
    table = np.arange(0x10000, dtype=np.uint32)
    table[0x30A1:0x30F7] -= 0x60
    table[ord("A") : ord("Z") + 1] += 32
    table[ord("0") : ord("9") + 1] = ord("0")
    table[[9, 10, 13, 0x3000]] = ord(" ")
    return table


@njit(nogil=True, cache=True)
def mix(state: np.uint64, value: Any) -> np.uint64:
    """A hash with one more value in it."""
    state = (state ^ np.uint64(value)) * np.uint64(0xFF51AFD7ED558CCD)
    return state ^ (state >> np.uint64(32))


@njit(nogil=True, cache=True)
def character(
    codes: NDArray[np.uint32], reads_as: NDArray[np.uint32], at: int, start: int, end: int
) -> np.uint32:
    """The character at a place of a unit as it is read, or the mark of its boundary outside."""
    if at < start or at >= end:
        return np.uint32(2)
    code = codes[at]
    read: np.uint32 = reads_as[code] if code < 0x10000 else code
    return read
