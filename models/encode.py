"""Labelled documents to units of text with features and labels, by the encoder that inference uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from corpora.reader import CATEGORIES, MEANS, Document
from screening.classifier.encoder import SIZE, Encoder
from screening.classifier.model import ANY
from screening.classifier.units import cut
from screening.intake.mailtext import not_own_spans
from screening.records import within
from screening.text.analyzer import Analyzer

HEADS = (ANY, *CATEGORIES)
#: Heads that read a conversation as a whole: any means, and what no single turn shows.
WHOLE = (ANY, "persistence", "restraint", "unfounded_demand", "unrelated_demand", "illness_related")
#: Texts encoded at once.
_CHUNK = 512


@dataclass(slots=True)
class Text:
    """A labelled text: ``spans`` are (start, end, labels) in code points; ``weight`` its say."""

    text: str
    spans: tuple[tuple[int, int, frozenset[str]], ...]
    document: int
    turn: int
    hand: str
    weight: float = 1.0
    #: The heads whose answer is known for this text; None for all.
    teaches: frozenset[str] | None = None
    #: Ranges that the speaker only passes on, such as quoted mail.
    not_own: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Units:
    """Units of texts: ``features`` (n, SIZE) of ones, ``labels`` (n, heads), ``text`` (n,) owners.

    ``starts`` and ``lengths`` are in code points of the folded text; ``own`` is False where most of a
    unit is only passed on.
    """

    features: csr_matrix
    labels: NDArray[np.bool_]
    text: NDArray[np.int32]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    own: NDArray[np.bool_]

    def __getitem__(self, chosen: NDArray[Any]) -> Units:
        return Units(
            self.features[chosen],
            self.labels[chosen],
            self.text[chosen],
            self.starts[chosen],
            self.lengths[chosen],
            self.own[chosen],
        )


def texts_of(documents: Sequence[Document], speaker: str = "customer") -> list[Text]:
    """Every turn of the customer, or of the ``agent``, in the order of the documents."""
    return [
        Text(
            turn.text,
            tuple((s.start, s.end, frozenset(s.labels)) for s in turn.spans),
            number,
            at,
            document.hand,
            not_own=not_own_spans(turn.text) if document.kind == "email" and at == 1 else (),
        )
        for number, document in enumerate(documents)
        for at, turn in enumerate(document.turns)
        if turn.speaker == speaker and turn.text
    ]


def carries(start: int, end: int, first: int, last: int) -> bool:
    """Whether a unit at [start, end) has the labels of a span at [first, last): it holds most of the span,
    or most of it is the span."""
    return 2 * (min(end, last) - max(start, first)) >= min(last - first, end - start)


def encode(texts: Sequence[Text], *, words: bool = True) -> Units:
    """Encodes texts; a unit ``carries`` its spans' labels. Without ``words`` the features are of characters
    alone.
    """
    parts = list(_encoded(texts, words))
    columns = np.concatenate([p[0] for p in parts] or [np.zeros(0, np.int64)])
    counts = np.concatenate([p[1] for p in parts] or [np.zeros(0, np.int64)])
    indptr = np.concatenate([[0], np.cumsum(counts)])
    matrix = csr_matrix(
        (np.ones(len(columns), np.float32), columns, indptr), shape=(len(indptr) - 1, SIZE)
    )
    together = [np.concatenate([p[i] for p in parts]) if parts else None for i in range(2, 7)]
    labels, owners, starts, lengths, own = together
    if not parts:
        return Units(
            matrix,
            np.zeros((0, len(HEADS)), np.bool_),
            np.zeros(0, np.int32),
            np.zeros(0, np.int64),
            np.zeros(0, np.int64),
            np.zeros(0, np.bool_),
        )
    return Units(matrix, labels, owners, starts, lengths, own)


def _encoded(texts: Sequence[Text], words: bool) -> Iterator[tuple[Any, ...]]:
    analyzer, encoder = Analyzer(), Encoder()
    for at in range(0, len(texts), _CHUNK):
        chunk = texts[at : at + _CHUNK]
        batch = analyzer.analyze([t.text for t in chunk], words=words)
        units, owner = cut(batch)
        features, offsets = encoder.encode(batch, units)
        marked = np.zeros((len(units), len(HEADS)), np.bool_)
        own = np.ones(len(units), np.bool_)
        for i, (unit, owned) in enumerate(zip(units, owner, strict=True)):
            text = chunk[owned]
            if not text.spans and not text.not_own:
                continue
            base = int(unit[4])
            start, end = batch.fold(int(owned)).span(int(unit[0]) - base, int(unit[1]) - base)
            own[i] = not within(start, end, text.not_own)
            for first, last, names in text.spans:
                if carries(start, end, first, last):
                    marked[i, [HEADS.index(name) for name in names]] = True
                    marked[i, 0] |= any(name in MEANS for name in names)
        lengths = units[:, 1] - units[:, 0]
        starts = units[:, 0] - units[:, 4]
        yield features, np.diff(offsets), marked, owner + at, starts, lengths, own
