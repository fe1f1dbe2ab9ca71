"""Labelled documents to units of text with features and labels, by the encoder that inference uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from corpora.reader import CATEGORIES, MEANS, Document
from screening.classifier.encoder import SIZE, Encoder, cut
from screening.classifier.model import ANY
from screening.text.analyzer import Analyzer

HEADS = (ANY, *CATEGORIES)


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


@dataclass(slots=True)
class Units:
    """Units of texts: ``features`` (n, SIZE) of ones, ``labels`` (n, heads), ``text`` (n,) owners."""

    features: csr_matrix
    labels: NDArray[np.bool_]
    text: NDArray[np.int32]
    lengths: NDArray[np.int64]


def texts_of(documents: Sequence[Document]) -> list[Text]:
    """Every customer turn of the documents."""
    return [
        Text(
            turn.text,
            tuple((s.start, s.end, frozenset(s.labels)) for s in turn.spans),
            number,
            at,
            document.hand,
        )
        for number, document in enumerate(documents)
        for at, turn in enumerate(document.turns)
        if turn.speaker == "customer" and turn.text
    ]


def encode(texts: Sequence[Text]) -> Units:
    """Encodes texts; a unit carries a label where it holds most of one of its spans, or most of it
    is one.
    """
    analyzer, encoder = Analyzer(), Encoder()
    parts: list[Any] = []
    counts: list[Any] = []
    labels: list[NDArray[np.bool_]] = []
    owners: list[Any] = []
    for at in range(0, len(texts), 512):
        chunk = texts[at : at + 512]
        batch = analyzer.analyze([t.text for t in chunk])
        units, owner = cut(batch)
        features, offsets = encoder.encode(batch, units)
        parts.append(features)
        counts.append(np.diff(offsets))
        owners.append(owner + at)
        marked = np.zeros((len(units), len(HEADS)), np.bool_)
        for i, (unit, own) in enumerate(zip(units, owner, strict=True)):
            spans = chunk[own].spans
            if not spans:
                continue
            base = int(unit[4])
            start, end = batch.fold(int(own)).span(int(unit[0]) - base, int(unit[1]) - base)
            for first, last, names in spans:
                common = min(end, last) - max(start, first)
                if 2 * common >= min(last - first, end - start):
                    marked[i, [HEADS.index(name) for name in names]] = True
                    marked[i, 0] |= any(name in MEANS for name in names)
        labels.append(marked)
    columns = np.concatenate(parts)
    indptr = np.concatenate([[0], np.cumsum(np.concatenate(counts))])
    matrix = csr_matrix(
        (np.ones(len(columns), np.float32), columns, indptr), shape=(len(indptr) - 1, SIZE)
    )
    lengths = np.diff(indptr)
    return Units(matrix, np.concatenate(labels), np.concatenate(owners), lengths)
