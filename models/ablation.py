"""The product with parts taken away, and how well its probabilities are calibrated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from corpora.export import conversation_of
from corpora.reader import MEANS, Document
from screening.classifier.model import Classifier
from screening.policy import load_policy
from screening.records import Conversation, ScreeningResult, Speaker
from screening.rules import RuleSet
from screening.screener import Screener

BINS = 10
Answer = Callable[[Sequence[Conversation]], list[ScreeningResult]]


class _NoRules(RuleSet):
    """A lexicon in which nothing ever matches."""

    def find(self, *_: Any, **__: Any) -> tuple[Any, ...]:
        return ()


def variants(model: Classifier) -> dict[str, Answer]:
    """The whole product, and the product without one of its parts."""
    policy, rules = load_policy("medical-care"), RuleSet.load()

    def alone(detector: str) -> Callable[[ScreeningResult], bool]:
        return lambda r: any(d.startswith(detector) for f in r.flags for d in f.detectors)

    def screened(
        screener: Screener, change: Callable[[Conversation], Conversation] = lambda c: c
    ) -> Answer:
        return lambda conversations: list(screener.screen_many([change(c) for c in conversations]))

    def silent(conversation: Conversation) -> Conversation:
        turns = tuple(
            replace(t, text="") if t.speaker is Speaker.AGENT else t for t in conversation.turns
        )
        return replace(conversation, turns=turns)

    full = Screener(model, rules, policy)
    return {
        "whole_product": screened(full),
        "without_rules": screened(Screener(model, _NoRules(rules.lexicon), policy)),
        "without_agents_words": screened(full, silent),
        "rules_alone": lambda conversations: [
            r if alone("rule:")(r) else replace(r, flags=()) for r in screened(full)(conversations)
        ],
    }


def ablate(model: Classifier, documents: Sequence[Document]) -> dict[str, dict[str, float]]:
    """For each variant, the shares of harassing and of harmless documents with a means flag."""
    means = frozenset(MEANS)
    truth = np.array([bool(d.labels & means) for d in documents])
    conversations = [conversation_of(d) for d in documents]
    shares = {}
    for name, answer in variants(model).items():
        keep = (lambda f: any(d.startswith("rule:") for d in f.detectors)) if name == "rules_alone" else (lambda f: True)  # fmt: skip
        found = np.array(
            [any(f.category in means and keep(f) for f in r.flags) for r in answer(conversations)]
        )
        shares[name] = {
            "recall": round(float(found[truth].mean()), 4),
            "flagged_harmless": round(float(found[~truth].mean()), 4),
        }
    return shares


def calibration_error(model: Classifier, documents: Sequence[Document]) -> float:
    """Expected calibration error (Naeini 2015, ten equal bins) of flags on the customer's turns.

    The probability is that of a flag, and it is right where the turn carries the flag's category.
    """
    screener = Screener(model, RuleSet.load(), load_policy("medical-care"))
    scores, right = [], []
    results = screener.screen_many([conversation_of(d) for d in documents])
    for document, result in zip(documents, results, strict=True):
        for flag in result.flags:
            if flag.turn is not None and flag.category in MEANS:
                scores.append(flag.score)
                right.append(flag.category in document.turns[flag.turn].labels)
    if not scores:
        return 0.0
    values, hits = np.array(scores), np.array(right)
    bins = np.minimum((values * BINS).astype(int), BINS - 1)
    error = sum(
        abs(values[bins == b].mean() - hits[bins == b].mean()) * (bins == b).mean()
        for b in range(BINS)
        if (bins == b).any()
    )
    return round(float(error), 4)
