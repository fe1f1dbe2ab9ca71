"""The second reader: its networks, its tokens, and how its word is weighed.

Its networks learnt with windows of different lengths; the mean of what they say is surer than what any
of them says.
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
from .network import Network, Reading, mean
from .weighing import Joins, Weighing
from .windows import Piece

if TYPE_CHECKING:
    from tokenizers import Tokenizer

#: Changes whenever the same conversation would be read otherwise.
FORMAT = "second-reader-4"


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


def networks_of(card: dict[str, Any]) -> dict[str, int]:
    """A card's networks: the tokens that each sees at once, by the name of its file."""
    return {str(name): int(window) for name, window in card.get("networks", {}).items()}


@dataclass(frozen=True, slots=True)
class SecondReader:
    """Networks, tokens and weighing as loaded; shared between threads, for they never change."""

    id: str
    heads: tuple[str, ...]
    tokenizer: Tokenizer
    weighing: Joins
    card: dict[str, Any] = field(repr=False)
    _networks: tuple[Network, ...] = field(repr=False)

    @classmethod
    def load(cls, folder: Path | Traversable | None = None) -> SecondReader:
        """Loads ``card.json``, the networks that it names, and ``tokenizer.json``.

        Raises:
            ModelError: where the extra is not installed, a file is missing, or the card does not
                describe the others.
        """
        folder = folder or shipped()

        def unreadable(error: Exception) -> ModelError:
            return ModelError(
                f"{folder}: no readable second reader here ({error}); restore it from the release, or"
                " run 'make train-second-reader'"
            )

        try:
            card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise unreadable(error) from None
        if card.get("format") != FORMAT:
            raise ModelError(
                f"{folder}/card.json: format {card.get('format')!r}, this program reads {FORMAT!r};"
                " run 'make train-second-reader'"
            )
        try:
            networks = [(folder / name).read_bytes() for name in networks_of(card)]
            written = (folder / "tokenizer.json").read_bytes()
        except OSError as error:
            raise unreadable(error) from None
        if card.get("id") != identity(card, networks, written):
            raise ModelError(
                f"{folder}/card.json: the id {card.get('id')!r} is not that of its networks, tokenizer and"
                " weighing; restore all files from one release, or run"
                " 'make train-second-reader'"
            )
        return cls.build(card, networks, written)

    @classmethod
    def build(cls, card: dict[str, Any], networks: Sequence[bytes], tokenizer: bytes) -> SecondReader:  # fmt: skip
        """From a card and the contents of the files that it describes, ``networks`` in its order.

        Raises:
            ModelError: where the extra is not installed.
        """
        heads = tuple(card["heads"])
        try:
            from tokenizers import Tokenizer

            loaded = tuple(
                Network.load(content, window, len(heads))
                for content, window in zip(networks, networks_of(card).values(), strict=True)
            )
        except ModuleNotFoundError as error:
            raise ModelError(
                f"the second reader needs {error.name}; install the extra: pip install"
                " 'customer-harassment-screening[second-reader]'"
            ) from None
        return cls(
            card["id"],
            heads,
            Tokenizer.from_str(tokenizer.decode("utf-8")),
            Weighing.from_card(card["weighing"], heads),
            card,
            loaded,
        )

    def read(self, pieces: Sequence[Piece]) -> Reading:
        """What the networks say of one conversation's pieces on the average."""
        return mean([network.read(pieces) for network in self._networks])


def identity(card: dict[str, Any], networks: Sequence[bytes], tokenizer: bytes) -> str:
    """A second reader's name: it changes with its weights, its windows, its tokens and how its word is
    weighed."""
    known = [networks_of(card), card.get("weighing")]
    said = json.dumps(known, ensure_ascii=False, sort_keys=True).encode()
    return f"reader-{sha256(b''.join(networks) + tokenizer + said).hexdigest()[:12]}"
