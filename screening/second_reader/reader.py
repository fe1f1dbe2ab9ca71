"""The second reader's network: what it says of every unit and of a conversation as a whole.

The network runs in onnxruntime, one window at a time and in one thread, so that an answer never
depends on what else is read beside it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from ..text.analyzer import Batch
from .weighing import Joins, Weighing
from .windows import Piece, windows

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

Floats = NDArray[np.float32]
#: Changes whenever the same conversation would be read otherwise.
FORMAT = "second-reader-2"
#: Of what was not read.
NOTHING = -20.0


def shipped() -> Traversable:
    """The folder of the second reader that comes with the product."""
    return resources.files("models") / "second_reader" / "shipped"


def pieces_of(
    tokenizer: Tokenizer,
    batch: Batch,
    units: NDArray[np.int64],
    turns: Sequence[int],
    by_customer: bool,
) -> list[Piece]:
    """Units of a batch as tokens; ``turns`` gives each unit's turn in its conversation."""
    whole = batch.whole()
    texts = [whole[start:end] for start, end in units[:, :2].tolist()]
    found = []
    for turn, encoding in zip(turns, tokenizer.encode_batch(texts, add_special_tokens=False), strict=True):  # fmt: skip
        places = np.array(encoding.offsets, np.int64).reshape(-1, 2)
        found.append(
            Piece(turn, by_customer, np.array(encoding.ids, np.int64), places[:, 0], places[:, 1])
        )
    return found


@dataclass(frozen=True, slots=True)
class Reading:
    """Logits of the heads: ``pieces`` (pieces, heads) and ``whole`` (heads,); ``tokens`` of each piece."""

    pieces: Floats
    whole: Floats
    tokens: list[Floats]


@dataclass(frozen=True, slots=True)
class SecondReader:
    """The loaded network; shared between threads, for it never changes."""

    id: str
    heads: tuple[str, ...]
    tokenizer: Tokenizer
    weighing: Joins
    card: dict[str, Any] = field(repr=False)
    _session: InferenceSession = field(repr=False)

    @classmethod
    def load(cls, folder: Path | Traversable | None = None) -> SecondReader:
        """Loads ``network.onnx``, ``tokenizer.json`` and ``card.json``.

        Raises:
            ModelError: where the extra is not installed, a file is missing, or the card does not
                describe the other two.
        """
        folder = folder or shipped()
        try:
            card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
            network = (folder / "network.onnx").read_bytes()
            written = (folder / "tokenizer.json").read_bytes()
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{folder}: no readable second reader here ({error}); restore it from the release, or"
                " run 'make train-second-reader'"
            ) from None
        if card.get("format") != FORMAT:
            raise ModelError(
                f"{folder}/card.json: format {card.get('format')!r}, this program reads {FORMAT!r};"
                " run 'make train-second-reader'"
            )
        if card.get("id") != identity(network, written, card.get("weighing", {})):
            raise ModelError(
                f"{folder}/card.json: the id {card.get('id')!r} is not that of its network, tokenizer and"
                " weighing; restore all three files from one release, or run"
                " 'make train-second-reader'"
            )
        return cls.build(card, network, written)

    @classmethod
    def build(cls, card: dict[str, Any], network: bytes, tokenizer: bytes) -> SecondReader:
        """From a card and the contents of the two files that it describes.

        Raises:
            ModelError: where the extra is not installed.
        """
        try:
            from onnxruntime import InferenceSession, SessionOptions
            from tokenizers import Tokenizer
        except ModuleNotFoundError as error:
            raise ModelError(
                f"the second reader needs {error.name}; install the extra: pip install"
                " 'customer-harassment-screening[second-reader]'"
            ) from None
        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = InferenceSession(network, options, providers=["CPUExecutionProvider"])
        heads = tuple(card["heads"])
        return cls(
            card["id"],
            heads,
            Tokenizer.from_str(tokenizer.decode("utf-8")),
            Weighing.from_card(card["weighing"], heads),
            card,
            session,
        )

    def read(self, pieces: Sequence[Piece]) -> Reading:
        """What the network says of one conversation's pieces; where windows overlap, the highest."""
        count = len(self.heads)
        parts = np.cumsum([count, count, count, 1, count, count])
        of_pieces = np.full((len(pieces), count), NOTHING, np.float32)
        whole = np.full(count, NOTHING, np.float32)
        tokens = [np.full((len(p.ids), count), NOTHING, np.float32) for p in pieces]
        for window in windows(pieces):
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


def identity(network: bytes, tokenizer: bytes, weighing: Any) -> str:
    """A second reader's name: it changes with its weights, its tokens and how its word is weighed."""
    said = json.dumps(weighing, ensure_ascii=False, sort_keys=True).encode()
    return f"reader-{sha256(network + tokenizer + said).hexdigest()[:12]}"
