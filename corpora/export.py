"""Documents as the neutral conversation records that the product reads."""

from __future__ import annotations

from typing import Any

from screening.intake.mailtext import not_own_spans
from screening.records import Conversation, Kind, Speaker, Turn

from .reader import Document


def conversation_of(document: Document) -> Conversation:
    """The document as intake would deliver it: no labels, quoted parts of a mail marked.

    A call's ``minutes`` become the end of its last turn, spread evenly over the turns.
    """
    count = len(document.turns)
    step = document.minutes * 60_000 / count if document.minutes else None
    turns = tuple(
        Turn(
            text=turn.text,
            speaker=Speaker(turn.speaker),
            start_ms=round(at * step) if step else None,
            end_ms=round((at + 1) * step) if step else None,
            not_own=not_own_spans(turn.text) if document.kind == "email" and at == 1 else (),
        )
        for at, turn in enumerate(document.turns)
    )
    return Conversation(
        id=document.id,
        kind=Kind(document.kind),
        turns=turns,
        customer_id=document.series,
        occurred_at=f"{document.date}T09:00:00+09:00" if document.date else None,
    )


def labels_of(document: Document) -> dict[str, Any]:
    """The labels beside a conversation: the document's own, and each span's."""
    return {
        "document": sorted(document.doc_labels),
        "spans": [
            {"turn": at, "start": span.start, "end": span.end, "labels": list(span.labels)}
            for at, turn in enumerate(document.turns)
            for span in turn.spans
        ],
    }
