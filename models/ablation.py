"""The product whole and with parts taken away, as functions that the evaluation compares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from screening.classifier.model import Classifier
from screening.policy import load_policy
from screening.records import Conversation, Flag, Priority, Speaker
from screening.rules import RuleSet
from screening.screener import Screener
from screening.text import fold

from .evaluate import Answer, flags_of


class _NoRules(RuleSet):
    """A lexicon in which nothing ever matches."""

    def find(self, *_: Any, **__: Any) -> tuple[Any, ...]:
        return ()


def flag(category: str, turn: int, start: int, end: int, text: str, score: float, name: str) -> Flag:  # fmt: skip
    """A flag as a product that knows no policy would raise it."""
    return Flag(category, "", turn, start, end, text[start:end], score, (name,), "", Priority.NORMAL)  # fmt: skip


def screened(
    screener: Screener, change: Callable[[Conversation], Conversation] = lambda c: c
) -> Answer:
    """A screener's flags, on conversations changed first."""
    return lambda contacts: flags_of(
        [screener.screen(change(c), history=[change(h) for h in past]) for c, past in contacts]
    )


def _silent(conversation: Conversation) -> Conversation:
    turns = tuple(
        replace(t, text="") if t.speaker is Speaker.AGENT else t for t in conversation.turns
    )
    return replace(conversation, turns=turns)


def _rules_alone(rules: RuleSet, threshold: float) -> Answer:
    def flags(conversation: Conversation) -> Sequence[Flag]:
        found = []
        for at, turn in enumerate(conversation.turns):
            if turn.text and turn.speaker in (Speaker.CUSTOMER, Speaker.UNKNOWN):
                folded = fold(turn.text)
                for match in rules.find(folded.text):
                    if match.score >= threshold:
                        place = folded.span(match.start, match.end)
                        found.append(flag(match.category, at, *place, turn.text, match.score, "rule"))  # fmt: skip
        return found

    return lambda contacts: [flags(conversation) for conversation, _ in contacts]


def products(model: Classifier) -> dict[str, Answer]:
    """The whole product, and the product without one of its parts, under the shipped policy."""
    policy, rules = load_policy("medical-care"), RuleSet.load()
    full = Screener(model, rules, policy)
    return {
        "whole_product": screened(full),
        "classifier_alone": screened(Screener(model, _NoRules(rules.lexicon), policy)),
        "rules_alone": _rules_alone(rules, 0.5),
        "without_agents_words": screened(full, _silent),
        "without_earlier_contacts": lambda contacts: screened(full)([(c, ()) for c, _ in contacts]),
    }
