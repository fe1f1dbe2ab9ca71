"""A conversation's units, of both sides, as windows of tokens.

The network's cost grows with the square of a window, so that long conversations are read in stretches
that overlap; training and inference cut them alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Tokens of the window before that are read again.
OVERLAP = 40


@dataclass(frozen=True, slots=True)
class Piece:
    """A unit of a turn, as tokens: ``ids`` (n,), ``starts`` and ``ends`` (n,) their places in the unit."""

    turn: int
    by_customer: bool
    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens of consecutive pieces: arrays of one length, ``piece`` numbering the conversation's pieces.

    ``side`` is 1 for the customer's tokens and 0 for the agent's; ``opens`` is 1 where a turn begins.
    """

    ids: NDArray[np.int64]
    side: NDArray[np.int64]
    opens: NDArray[np.float32]
    piece: NDArray[np.int64]


def windows(pieces: Sequence[Piece], longest: int) -> list[Window]:
    """Windows of ``longest`` tokens at the most that cover every piece at least once; none where there are
    no tokens. A longer piece is read up to there."""
    sizes = [min(len(p.ids), longest) for p in pieces]
    found = []
    first = 0
    while first < len(pieces):
        last, size = first, 0
        while last < len(pieces) and (size + sizes[last] <= longest or last == first):
            size += sizes[last]
            last += 1
        if size:
            found.append(_window(pieces, first, last, longest))
        if last == len(pieces):
            break
        again = last
        back = 0
        while again > first + 1 and back + sizes[again - 1] <= OVERLAP:
            again -= 1
            back += sizes[again]
        first = again
    return found


def _window(pieces: Sequence[Piece], first: int, last: int, longest: int) -> Window:
    numbers = range(first, last)
    ids = [pieces[n].ids[:longest] for n in numbers]
    sizes = np.array([len(i) for i in ids])
    opens = np.zeros(int(sizes.sum()), np.float32)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    for at, n, size in zip(starts.tolist(), numbers, sizes.tolist(), strict=True):
        if size and (n == first or pieces[n].turn != pieces[n - 1].turn):
            opens[at] = 1
    return Window(
        np.concatenate(ids),
        np.repeat([int(pieces[n].by_customer) for n in numbers], sizes),
        opens,
        np.repeat(np.arange(first, last), sizes),
    )
