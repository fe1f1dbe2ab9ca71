"""Labelled documents as windows of tokens, with what each token, piece and document carries."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from corpora.contrasts import read_contrasts
from corpora.reader import MEANS, Document, LabelledSpan
from models import noise
from models.augment import RATES, SEED, alone
from models.encode import HEADS, Text, carries, texts_of
from screening.classifier.model import ANY
from screening.classifier.units import cut
from screening.records import within
from screening.second_reader.reader import pieces_of
from screening.second_reader.windows import Piece, Window, windows
from screening.text.analyzer import Analyzer

Truth = NDArray[np.bool_]
_CHUNK = 512


@dataclass(frozen=True, slots=True)
class LabelledPiece:
    """``tokens`` (n, heads) and ``labels`` (heads,); ``own`` where these are the customer's own words."""

    piece: Piece
    tokens: Truth
    labels: Truth
    own: bool


@dataclass(frozen=True, slots=True)
class Read:
    """A document as the network reads it.

    ``labels`` (heads,) are those of the whole, ``only_whole`` those that no turn shows by itself, and
    ``known`` (heads,) the heads whose answer is known, which of a contrast are few.
    """

    id: str
    pieces: list[LabelledPiece]
    labels: Truth
    only_whole: Truth
    known: Truth | None
    windows: list[Window]


def read(
    documents: Sequence[Document],
    tokenizer: Tokenizer,
    window: int,
    known: Sequence[Truth] | None = None,
) -> list[Read]:
    """Every document's pieces in the order of its turns, cut as inference cuts them, and its windows of
    ``window`` tokens at the most."""
    rows: list[list[tuple[int, int, LabelledPiece]]] = [[] for _ in documents]
    for by_customer in (True, False):
        texts = texts_of(documents, "customer" if by_customer else "agent")
        for text, start, labelled in _labelled(texts, tokenizer, by_customer):
            rows[text.document].append((text.turn, start, labelled))
    read = []
    for number, (document, found) in enumerate(zip(documents, rows, strict=True)):
        pieces = [p for *_, p in sorted(found, key=lambda row: row[:2])]
        read.append(
            Read(
                document.id,
                pieces,
                _row(document.labels),
                _row(document.doc_labels),
                known[number] if known else None,
                windows([p.piece for p in pieces], window),
            )
        )
    return read


def _labelled(
    texts: Sequence[Text], tokenizer: Tokenizer, by_customer: bool
) -> list[tuple[Text, int, LabelledPiece]]:
    """Of each unit its text, where it starts in it, and itself."""
    analyzer = Analyzer()
    found = []
    for at in range(0, len(texts), _CHUNK):
        chunk = texts[at : at + _CHUNK]
        batch = analyzer.analyze([t.text for t in chunk], words=by_customer)
        units, owner = cut(batch)
        turns = [chunk[i].turn for i in owner.tolist()]
        pieces = pieces_of(tokenizer, batch, units, turns, by_customer)
        for unit, i, piece in zip(units.tolist(), owner.tolist(), pieces, strict=True):
            text, fold, base = chunk[i], batch.fold(i), unit[0] - unit[4]
            start, end = fold.span(base, unit[1] - unit[4])
            tokens = np.zeros((len(piece.ids), len(HEADS)), np.bool_)
            labels = np.zeros(len(HEADS), np.bool_)
            for first, last, names in text.spans:
                row = _row(names)
                if carries(start, end, first, last):
                    labels |= row
                for k, place in enumerate(zip(piece.starts.tolist(), piece.ends.tolist(), strict=True)):  # fmt: skip
                    a, b = fold.span(base + place[0], base + place[1])
                    if min(b, last) > max(a, first):
                        tokens[k] |= row
            own = by_customer and not within(start, end, text.not_own)
            found.append((text, start, LabelledPiece(piece, tokens, labels, own)))
    return found


def _row(names: frozenset[str]) -> Truth:
    row = np.array([name in names for name in HEADS], np.bool_)
    row[HEADS.index(ANY)] = bool(names & frozenset(MEANS))
    return row


def written(documents: Sequence[Document], tokenizer: Tokenizer, window: int) -> list[Read]:
    """The documents, and both sides of every contrast of their hands."""
    hands = {d.hand for d in documents}
    contrasts, known = [], []
    for pair in read_contrasts():
        if pair.hand in hands:
            mark = (LabelledSpan(0, len(pair.flagged), (pair.category,)),)
            row = _row(frozenset([pair.category]))
            contrasts.append(alone(f"{pair.id}+", pair.hand, pair.flagged, mark))
            known.append(row)
            contrasts.append(alone(f"{pair.id}-", pair.hand, pair.harmless, ()))
            known.append(row | _row(frozenset(MEANS)))
    return read(documents, tokenizer, window) + read(contrasts, tokenizer, window, known)


def noisy(documents: Sequence[Document], tokenizer: Tokenizer, window: int) -> list[Read]:
    """Each document as a recogniser might have heard it, and disguised."""
    rng = random.Random(SEED)
    sounds = noise.confusions(t.text for d in documents for t in d.turns)
    copies = [noise.rewritten(d, noise.heard(sounds, rng.uniform(*RATES)), rng) for d in documents]
    copies += [noise.rewritten(d, noise.disguised, rng) for d in documents]
    return read(copies, tokenizer, window)
