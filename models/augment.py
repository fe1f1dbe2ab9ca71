"""What is added to the training texts, at training time only: contrasts, recogniser noise, disguise.

Every text made here carries the hand it came from, so that it stays on that hand's side of a split.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from corpora.contrasts import read_contrasts
from corpora.reader import MEANS, Document, LabelledSpan, LabelledTurn
from screening.classifier.model import ANY

from .encode import Text
from .noise import Edit, carry, confusions, disguised, heard

SEED = 20261001
#: What an augmented copy counts beside a written text.
COPY_WEIGHT = 0.4
CONTRAST_WEIGHT = 1.0

#: How many of its characters a recogniser gets wrong, from call to call.
RATES = (0.03, 0.12)


def _apply(text: Text, edit: Edit, rng: random.Random) -> Text | None:
    """A copy of a text rewritten in pieces, its spans carried along."""
    pieces = edit(text.text, rng)
    new = "".join(words for words, _, _ in pieces)
    if new == text.text or not new:
        return None
    spans = [
        (*place, labels)
        for start, end, labels in text.spans
        if (place := carry(pieces, start, end))
    ]
    return Text(new, tuple(spans), text.document, text.turn, text.hand, COPY_WEIGHT)


def augmented(documents: Sequence[Document], texts: Sequence[Text]) -> list[Text]:
    """Copies of labelled turns and of some harmless ones, and both sides of every contrast."""
    rng = random.Random(SEED)
    hands = {d.hand for d in documents}
    made: list[Text | None] = []
    sounds = confusions(text.text for text in texts)
    for text in texts:
        share = 1.0 if text.spans else 0.35
        if rng.random() < share:
            made.append(_apply(text, heard(sounds, rng.uniform(*RATES)), rng))
        if rng.random() < share * 0.5:
            made.append(_apply(text, disguised, rng))
    every_mean = frozenset([ANY, *MEANS])
    for pair in read_contrasts():
        if pair.hand not in hands:
            continue
        labels = frozenset([pair.category])
        whole = ((0, len(pair.flagged), labels),)
        teaches = labels | {ANY} if pair.category in MEANS else labels
        made.append(Text(pair.flagged, whole, -1, -1, pair.hand, CONTRAST_WEIGHT, teaches))
        made.append(Text(pair.harmless, (), -1, -1, pair.hand, CONTRAST_WEIGHT, every_mean))
    return [text for text in made if text is not None]


#: In the id of a document that was made at training time.
MADE = "#"
#: Turns of the customer in an excerpt, at most.
_EXCERPT = 5


def excerpts(documents: Sequence[Document]) -> list[Document]:
    """Short stretches of the documents, and both sides of their hands' contrasts, as documents.

    A live call begins with one sentence, and a chat may end after two. From a harmless document
    any stretch is harmless; from another a stretch is taken only around a labelled turn. Documents
    with labels that only the whole shows are left out, for no stretch shows them.
    """
    rng = random.Random(SEED + 1)
    made: list[Document] = []
    means = frozenset(MEANS)
    for document in documents:
        if document.kind != "call" or document.doc_labels:
            continue
        harmful = bool(document.labels & means)
        places = [
            i
            for i, turn in enumerate(document.turns)
            if turn.speaker == "customer" and turn.text and bool(turn.labels & means) == harmful
        ]
        for number, place in enumerate(rng.sample(places, min(2 if harmful else 5, len(places)))):
            turns = document.turns[max(0, place - rng.randrange(_EXCERPT)) : place + 1 + rng.randrange(2)]  # fmt: skip
            if not harmful or any(turn.labels & means for turn in turns):
                made.append(replace(document, id=f"{document.id}{MADE}{number}", turns=turns))
    hands = {d.hand for d in documents}
    for pair in read_contrasts():
        if pair.hand in hands:
            whole = (LabelledSpan(0, len(pair.flagged), (pair.category,)),)
            made.append(alone(f"{pair.id}{MADE}f", pair.hand, pair.flagged, whole))
            made.append(alone(f"{pair.id}{MADE}h", pair.hand, pair.harmless, ()))
    return made


def alone(name: str, hand: str, text: str, spans: tuple[LabelledSpan, ...]) -> Document:
    """A document of one sentence, in the hard half, that exists at training time only."""
    turn = LabelledTurn("customer", text, spans, 0)
    empty: frozenset[str] = frozenset()
    return Document(name, "call", hand, "", "hard", "clean", empty, empty, (turn,), "", 0)
