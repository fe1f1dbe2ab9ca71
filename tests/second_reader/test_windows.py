"""Windows cover a conversation and keep its order."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from screening.second_reader.windows import OVERLAP, Piece, windows


def _pieces(sizes):
    return [
        Piece(n // 2, n % 2 == 0, np.full(size, n), np.arange(size), np.arange(1, size + 1))
        for n, size in enumerate(sizes)
    ]


@given(st.lists(st.integers(0, 290), max_size=30), st.sampled_from([60, 256]))
def test_every_token_stands_in_a_window_up_to_its_size(sizes, longest):
    """None is longer than asked, pieces follow each other, and only a piece too long is cut."""
    found = windows(_pieces(sizes), longest)
    assert all(0 < len(w.ids) <= longest for w in found)
    read = {}
    for window in found:
        assert (np.diff(window.piece) >= 0).all()
        assert (window.ids == window.piece).all()
        for piece in set(window.piece.tolist()):
            read[piece] = int((window.piece == piece).sum())
            assert (
                window.side[window.piece == piece].tolist() == [int(piece % 2 == 0)] * read[piece]
            )
    assert read == {n: min(size, longest) for n, size in enumerate(sizes) if size}


@given(st.lists(st.integers(1, 60), min_size=2, max_size=40))
def test_windows_overlap_a_little(sizes):
    """The last words of a window are read again with those that follow, as far as they fit."""
    found = windows(_pieces(sizes), 256)
    for before, after in pairwise(found):
        again = np.isin(after.piece, before.piece)
        assert again.sum() <= OVERLAP
        assert after.piece[0] <= before.piece[-1] + 1


def test_a_turn_opens_once():
    """Two sentences of one turn have one beginning."""
    one = [Piece(0, True, np.array([1, 2]), np.arange(2), np.arange(2)) for _ in range(2)]
    two = Piece(1, False, np.array([3]), np.arange(1), np.arange(1))
    (window,) = windows([*one, two], 256)
    assert window.opens.tolist() == [1, 0, 0, 0, 1]


def test_nothing_has_no_window():
    assert windows([], 256) == []
    assert windows(_pieces([0, 0]), 256) == []
