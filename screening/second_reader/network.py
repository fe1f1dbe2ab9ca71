"""A trained network: what it says of every unit and of a conversation as a whole.

It runs in onnxruntime, one window at a time and in one thread, so that an answer never depends on what
else is read beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .windows import Piece, windows

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = NDArray[np.float32]
#: Of what was not read.
NOTHING = -20.0


@dataclass(frozen=True, slots=True)
class Reading:
    """Logits of the heads: ``pieces`` (pieces, heads) and ``whole`` (heads,); ``tokens`` of each piece."""

    pieces: Floats
    whole: Floats
    tokens: list[Floats]


@dataclass(frozen=True, slots=True)
class Network:
    """Shared between threads, for it never changes; ``window`` is how many tokens it learnt to see at once."""

    window: int
    heads: int
    _session: InferenceSession = field(repr=False)

    @classmethod
    def load(cls, content: bytes, window: int, heads: int) -> Network:
        """From the ``content`` of an ONNX file; needs onnxruntime."""
        from onnxruntime import InferenceSession, SessionOptions

        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return cls(window, heads, InferenceSession(content, options, providers=["CPUExecutionProvider"]))  # fmt: skip

    def read(self, pieces: Sequence[Piece]) -> Reading:
        """What it says of one conversation's pieces; where windows overlap, the highest."""
        count = self.heads
        parts = np.cumsum([count, count, count, 1, count, count])
        of_pieces = np.full((len(pieces), count), NOTHING, np.float32)
        whole = np.full(count, NOTHING, np.float32)
        tokens = [np.full((len(p.ids), count), NOTHING, np.float32) for p in pieces]
        for window in windows(pieces, self.window):
            (out,) = self._session.run(
                None,
                {
                    "ids": window.ids[None],
                    "side": window.side[None],
                    "opens": window.opens[None],
                },
            )
            said, one, seen, looks, in_whole, seen_whole, looks_whole = np.split(out[0], parts, axis=1)  # fmt: skip
            starts = np.flatnonzero(np.diff(window.piece, prepend=-1))
            numbers = window.piece[starts]
            sizes = np.diff(starts, append=len(window.ids))
            weight = np.exp(np.clip(looks, -10, 10))
            units = np.add.reduceat(one, starts) / sizes[:, None]
            units += np.add.reduceat(seen * weight, starts) / np.add.reduceat(weight, starts)
            of_pieces[numbers] = np.maximum(of_pieces[numbers], units)
            weight = np.exp(np.clip(looks_whole, -10, 10))
            pooled = in_whole.mean(axis=0) + (seen_whole * weight).sum(axis=0) / weight.sum()
            whole = np.maximum(whole, pooled)
            for number, start, size in zip(numbers.tolist(), starts.tolist(), sizes.tolist(), strict=True):  # fmt: skip
                known = tokens[number][:size]
                np.maximum(known, said[start : start + size], out=known)
        return Reading(of_pieces, whole, tokens)


def mean(readings: Sequence[Reading]) -> Reading:
    """The mean of what several networks say of the same pieces."""
    return Reading(
        np.mean([r.pieces for r in readings], axis=0, dtype=np.float32),
        np.mean([r.whole for r in readings], axis=0, dtype=np.float32),
        [np.mean(said, axis=0, dtype=np.float32) for said in zip(*(r.tokens for r in readings), strict=True)],
    )  # fmt: skip
