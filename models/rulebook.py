"""``python -m models.rulebook``: how often each rule of the lexicon matches, and how often it is right.

Counted on the training and dev hands, by turn: a match is right where its turn carries the rule's
category, or, for what no single turn shows, where the document does. A rule that never matches may
wait for words that these hands do not use; one that has never been right is in doubt.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from corpora.hands import split_of
from corpora.reader import Document, read_corpus
from screening.rules import RuleSet

from .encode import texts_of
from .material import matches_of


@dataclass(frozen=True, slots=True)
class Tally:
    """One rule: turns in which it matched, and those of them in which it was right."""

    rule: str
    matched: int
    right: int


def tally(documents: Sequence[Document], rules: RuleSet) -> list[Tally]:
    """Every rule of the lexicon, in the order of its name."""
    matched: Counter[str] = Counter()
    right: Counter[str] = Counter()
    found = matches_of(len(documents), texts_of(documents), rules)
    for document, matches in zip(documents, found, strict=True):
        for turn, match in {(turn, m.rule_id): (turn, m) for turn, m in matches}.values():
            matched[match.rule_id] += 1
            labels = document.turns[turn].labels | document.doc_labels
            right[match.rule_id] += match.category in labels
    return [
        Tally(name, matched[name], right[name]) for name in sorted(rule.id for rule in rules.rules)
    ]


def main() -> int:
    documents = [d for d in read_corpus() if split_of(d.hand) != "test"]
    rows = tally(documents, RuleSet.load())
    for row in rows:
        share = f"{row.right / row.matched:7.1%}" if row.matched else "      –"
        print(f"{row.rule:<44}{row.matched:>6}{row.right:>6}{share}")
    print("\nnever matched:", ", ".join(r.rule for r in rows if not r.matched) or "none")
    print("never right:", ", ".join(r.rule for r in rows if r.matched and not r.right) or "none")
    return 0


if __name__ == "__main__":
    sys.exit(main())
