"""The bundled sample archive: what ``screening demo`` shows."""

from __future__ import annotations

from collections.abc import Iterator

from corpora.export import conversation_of
from corpora.hands import split_of
from corpora.reader import read_corpus
from screening.records import Conversation

#: The person who may sign in to the demo, on this machine only.
NAME, PASSWORD = "デモ確認者", "screening-demo-2026"


def archive() -> Iterator[Conversation]:
    """The corpus's development hands as conversations: fiction, which training did not see."""
    for document in read_corpus():
        if split_of(document.hand) == "dev":
            yield conversation_of(document)
