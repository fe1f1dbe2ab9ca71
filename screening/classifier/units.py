"""Units of text: a turn cut at its sentence ends, which is what the heads score."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..text.analyzer import Batch

#: A turn is cut into units at sentence ends; a unit under the first length takes the next sentence
#: along, and one over the second is cut at a comma. Lengths in code points.
SHORT_UNIT, LONG_UNIT = 12, 120
#: A rest shorter than this stays with the unit before it.
REST = 4
_ENDS = frozenset(map(ord, "。!?\n"))


@njit(nogil=True, cache=True)
def cut_into(
    codes: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    token_offsets: NDArray[np.int64],
    token_start: NDArray[np.int32],
    is_end: NDArray[np.bool_],
    out: NDArray[np.int64],
    owner: NDArray[np.int32],
) -> int:
    """``cut`` into ``out`` and ``owner``; returns how many units there are."""
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
                if closes and end - start >= SHORT_UNIT:
                    break
                if code == 0x3001 or code == 0x20:
                    comma = end
                if end - start >= LONG_UNIT:
                    if comma > start + SHORT_UNIT:
                        end = comma
                    break
            if until - end < REST:
                end = until
            first = token
            while token < token_offsets[text + 1] and base + token_start[token] < end:
                token += 1
            out[count, 0], out[count, 1], out[count, 2], out[count, 3], out[count, 4] = start, end, first, token, base  # fmt: skip
            owner[count] = text
            count += 1
            start = end
    return count


@lru_cache(maxsize=1)
def ends() -> NDArray[np.bool_]:
    """By character below U+10000, whether it ends a sentence."""
    table = np.zeros(0x10000, np.bool_)
    table[list(_ENDS)] = True
    return table


def room_for(batch: Batch) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Room for the units of a batch: all but a text's last have ``SHORT_UNIT`` code points or more."""
    most = len(batch.codes) // SHORT_UNIT + len(batch)
    return np.empty((most, 5), np.int64), np.empty(most, np.int32)


def cut(batch: Batch) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Cuts each text into units.

    Returns:
        units: shape (n, 5): start and end in ``batch.codes``, first and last token, text's start.
        owner: shape (n,): the text of each unit; an empty text has none.
    """
    units, owner = room_for(batch)
    count = cut_into(batch.codes, batch.offsets, batch.token_offsets, batch.start, ends(), units, owner)  # fmt: skip
    return units[:count], owner[:count]
