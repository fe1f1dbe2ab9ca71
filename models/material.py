"""Documents as the heads see them: units of both sides, and where the rules match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpora.reader import MEANS, Document
from screening.classifier.model import ANY
from screening.records import within
from screening.rules import RuleMatch, RuleSet
from screening.text import fold

from .augment import MADE
from .encode import Text, Units, encode, texts_of


@dataclass(slots=True)
class Material:
    """Documents as the heads see them: units of the customer's and of the agent's turns.

    ``made`` marks the documents that were cut out of others, or made of a contrast, at training time.
    ``customer_of`` and ``agent_of`` give each unit's document. ``rules`` holds, by document, the
    turn of every rule's match.
    """

    documents: list[Document]
    texts: list[Text]
    units: Units
    customer_of: NDArray[np.int64]
    agent: Units
    agent_of: NDArray[np.int64]
    rules: list[list[tuple[int, RuleMatch]]]
    made: NDArray[np.bool_]

    @classmethod
    def of(cls, documents: Sequence[Document], rules: RuleSet) -> Material:
        texts, agent = texts_of(documents), texts_of(documents, "agent")
        units, agent_units = encode(texts), encode(agent, words=False)
        return cls(
            list(documents),
            texts,
            units,
            np.array([texts[i].document for i in units.text], np.int64),
            agent_units,
            np.array([agent[i].document for i in agent_units.text], np.int64),
            matches_of(len(documents), texts, rules),
            np.array([MADE in d.id for d in documents]),
        )

    def part(self, chosen: NDArray[np.bool_]) -> Material:
        """The documents that ``chosen`` (one truth value a document) names."""
        at = np.cumsum(chosen) - 1
        mine, theirs = chosen[self.customer_of], chosen[self.agent_of]
        return Material(
            [d for d, c in zip(self.documents, chosen, strict=True) if c],
            self.texts,
            self.units[mine],
            at[self.customer_of[mine]],
            self.agent[theirs],
            at[self.agent_of[theirs]],
            [r for r, c in zip(self.rules, chosen, strict=True) if c],
            self.made[chosen],
        )

    def truth(self, name: str) -> NDArray[np.bool_]:
        """For each document, whether it carries a label, or any means."""
        wanted = frozenset(MEANS if name == ANY else [name])
        return np.array([bool(d.labels & wanted) for d in self.documents])


def matches_of(
    count: int, texts: Sequence[Text], rules: RuleSet
) -> list[list[tuple[int, RuleMatch]]]:
    """By document the turn of every rule's match in the customer's own words."""
    found: list[list[tuple[int, RuleMatch]]] = [[] for _ in range(count)]
    for text in texts:
        folded = fold(text.text)
        for match in rules.find(folded.text):
            start, end = folded.span(match.start, match.end)
            if not within(start, end, text.not_own):
                found[text.document].append((text.turn, match))
    return found
