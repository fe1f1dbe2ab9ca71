"""The counts that the corpus is held to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from .contrasts import read_contrasts
from .hands import SPLITS, split_of
from .reader import CATEGORIES, HALVES, MEANS, NOISES, Document


def count(documents: Sequence[Document]) -> dict[str, Any]:
    """Documents, turns, spans and labels; for each category its spans, documents and hands."""
    means = frozenset(MEANS)
    spans: Counter[str] = Counter()
    labelled: Counter[str] = Counter()
    hands: defaultdict[str, set[str]] = defaultdict(set)
    for document in documents:
        labelled.update(document.labels)
        spans.update(x for t in document.turns for s in t.spans for x in s.labels)
        for label in document.labels:
            hands[label].add(document.hand)
    calls = [d for d in documents if d.kind == "call"]
    mails = [d for d in documents if d.kind == "email"]
    return {
        "documents": len(documents),
        "calls": len(calls),
        "mails": len(mails),
        "customer_turns": sum(len(d.customer_turns) for d in documents),
        "hands": len({d.hand for d in documents}),
        "harassing_documents": sum(bool(d.labels & means) for d in documents),
        "angry_legitimate_documents": sum("angry_legit" in d.traits for d in documents),
        "series": len({d.series for d in documents if d.series}),
        "contrasts": sum(1 for _ in read_contrasts()),
        "splits": {s: sum(split_of(d.hand) == s for d in documents) for s in SPLITS},
        "halves": {h: sum(d.half == h for d in documents) for h in HALVES},
        "noise": {n: sum(d.noise == n for d in documents) for n in NOISES},
        "trades": dict(Counter(d.trade for d in documents).most_common()),
        "categories": {
            name: {"spans": spans[name], "documents": labelled[name], "hands": len(hands[name])}
            for name in CATEGORIES
        },
    }


def table(counts: dict[str, Any]) -> str:
    """The counts as lines that a person reads."""
    lines = []
    for name, value in counts.items():
        if name == "categories":
            continue
        shown = (
            "  ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else value
        )
        lines.append(f"{name:<28}{shown}")
    lines.append(f"{'category':<28}{'spans':>7}{'documents':>11}{'hands':>7}")
    for name, c in counts["categories"].items():
        lines.append(f"{name:<28}{c['spans']:>7}{c['documents']:>11}{c['hands']:>7}")
    return "\n".join(lines)
