"""The screener as a spaCy pipeline component.

    import spacy
    nlp = spacy.blank("xx")
    nlp.add_pipe("customer_harassment")
    doc = nlp("家族がどうなっても知らないぞ")
    print(doc.spans["customer_harassment"], doc.cats)

The text of a document is screened as one utterance of a customer, by the same screener as everything
else, so the answers are the same. spaCy's own tokens are only used to write the spans down; a flag
that ends inside a token covers the whole token.
"""

from __future__ import annotations

from typing import Any

from .records import Conversation, Kind, Speaker, Turn
from .screener import Screener, default_screener

NAME = "customer_harassment"


class HarassmentPipe:
    """Sets ``doc.spans["customer_harassment"]``, each labelled with its category, and ``doc.cats``.

    ``doc.cats`` holds calibrated probabilities, 0 to 1, by category; what is nothing is left out. What
    no words by themselves show (a flag without a turn) stands there alone.
    """

    def __init__(self, screener: Screener) -> None:
        self.screener = screener

    def __call__(self, doc: Any) -> Any:
        return next(iter(self.pipe([doc])))

    def pipe(self, docs: Any, *, batch_size: int = 1) -> Any:
        """Screens documents in order, a batch at a time."""
        held: list[Any] = []

        def conversations() -> Any:
            for doc in docs:
                held.append(doc)
                turn = Turn(doc.text, Speaker.CUSTOMER)
                yield Conversation("doc", Kind.CALL, (turn,))

        for result in self.screener.screen_many(conversations()):
            doc = held.pop(0)
            doc.cats.update(result.scores)
            doc.spans[NAME] = [
                doc.char_span(f.start, f.end, label=f.category, alignment_mode="expand")
                for f in result.flags
                if f.turn == 0
            ]
            yield doc


def make(nlp: Any, name: str, policy: str | None, second_reader: bool) -> HarassmentPipe:
    """The factory that spaCy finds through its entry point; ``policy`` is an id or a path."""
    return HarassmentPipe(default_screener(policy, second_reader=second_reader))


def factory() -> Any:
    """Registers the component with spaCy."""
    from spacy.language import Language

    return Language.factory(
        NAME, default_config={"policy": None, "second_reader": False}, func=make
    )


factory()
