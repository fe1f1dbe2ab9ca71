"""Reads again what the first reader is unsure of, and puts the two readers' joint word in its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..classifier.facts import by_conversation, logistic
from ..text.analyzer import Batch
from .network import NOTHING
from .reader import SecondReader, pieces_of
from .weighing import Sentences
from .windows import Piece

if TYPE_CHECKING:
    from tokenizers import Tokenizer

#: How the words that a unit is flagged for are told from its tokens' logits, which are the head's with a
#: share ``OF_ANY`` of any means': the token that says most belongs to them at the logit ``PEAK``, and the
#: others in proportion to it, flatter by ``FLATNESS``. Chosen on the dev hands.
OF_ANY, PEAK, FLATNESS = 0.5, 3.0, 1.2


@dataclass(frozen=True, slots=True)
class Marks:
    """The second reader's tokens of a unit: ``starts`` and ``ends`` (n,) in the unit, ``logits`` (n, heads)."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    logits: NDArray[np.float32]

    def stretch(self, head: int) -> tuple[int, int] | None:
        """The stretch [start, end) of the unit whose characters are expected to agree best, by F1, with
        the words meant by a head, the earliest of equals; None where no token has a character.

        The F1 expected of a stretch is taken as that of the expected counts (Jansche, 2005). Costs the
        square of the tokens; a unit has some sixty.
        """
        # The piece for a word's beginning lies on the first character of the next one.
        before = np.concatenate([[0], np.maximum.accumulate(self.ends)[:-1]])
        lengths = np.maximum(self.ends - np.maximum(self.starts, before), 0)
        if not lengths.any():
            return None
        said = (1 - OF_ANY) * self.logits[:, head] + OF_ANY * self.logits[:, 0]
        meant = logistic((said - said.max() + PEAK) / FLATNESS) * lengths
        running = np.concatenate([[0.0], np.cumsum(meant)])
        shown = np.maximum(self.ends[None] - self.starts[:, None], 1)
        agrees = (running[None, 1:] - running[:-1, None]) / (shown + running[-1])
        first, last = divmod(int(np.triu(agrees).argmax()), len(said))
        return int(self.starts[first]), int(self.ends[last])


@dataclass(frozen=True, slots=True)
class Side:
    """Units of the customers' or of the agents' texts; ``turns`` by text, ``bounds`` by conversation."""

    batch: Batch
    units: NDArray[np.int64]
    owner: NDArray[np.int32]
    turns: list[int]
    bounds: list[int]

    def pieces(self, i: int, tokenizer: Tokenizer, by_customer: bool) -> list[Piece]:
        """A conversation's units as tokens."""
        first, last = self.bounds[i], self.bounds[i + 1]
        turns = [self.turns[text] for text in self.owner[first:last].tolist()]
        return pieces_of(tokenizer, self.batch, self.units[first:last], turns, by_customer)


def read_again(
    reader: SecondReader,
    sides: tuple[Side, Side],
    own: NDArray[np.bool_],
    probabilities: NDArray[np.float32],
    judged: NDArray[np.float32],
    whole: NDArray[np.float32],
    may_read: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], dict[int, Marks]]:
    """Lets the second reader read what the first is unsure of, and puts their joint word into
    ``probabilities``, ``judged`` and ``whole``.

    Returns which conversations were read, of those that ``may_read`` allows, and what the tokens say, by
    unit. The reader learnt to read conversations and takes a sentence by itself too seriously.
    """
    customer, weighing = sides[0], reader.weighing
    highest, _ = by_conversation(probabilities, np.array(customer.bounds))
    marks: dict[int, Marks] = {}
    read = may_read & weighing.worth_reading(judged, highest)
    for i in np.flatnonzero(read).tolist():
        first, last = customer.bounds[i], customer.bounds[i + 1]
        found = [
            (piece.turn, number - first if by_customer else -1, piece)
            for by_customer, side in zip((True, False), sides, strict=True)
            for number, piece in zip(
                range(side.bounds[i], side.bounds[i + 1]),
                side.pieces(i, reader.tokenizer, by_customer),
                strict=True,
            )
        ]
        found.sort(key=lambda row: row[0])
        reading = reader.read([piece for *_, piece in found])
        mine = np.array([n for n, (_, unit, _) in enumerate(found) if unit >= 0], np.int64)
        said = reading.pieces[mine]
        chosen = said[own[first:last]]
        joint = judged[i] = weighing.judgement(float(judged[i]), reading.whole, chosen)
        strongest = [reading.tokens[n].max(axis=0, initial=NOTHING) for n in mine.tolist()]
        tokens = np.array(strongest, np.float32).reshape(said.shape)
        sentences = Sentences(said, tokens, reading.whole)
        probabilities[first:last] = weighing.of_units(probabilities[first:last], sentences, joint)
        probabilities[first:last][~own[first:last]] = 0
        whole[i] = weighing.of_whole(whole[i], reading.whole, chosen, joint)
        for n in mine.tolist():
            _, unit, piece = found[n]
            marks[first + unit] = Marks(piece.starts, piece.ends, reading.tokens[n])
    return read, marks
