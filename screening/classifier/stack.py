"""From raw scores to probabilities: what a sentence says, weighed with the conversation around it.

A sentence alone is often no more than a hint; whether it is one shows in the rest of the customer's
words and in how the agent answers. So the whole conversation is judged first, from the linear heads
and the rules, and that judgement weighs on every sentence and every rule in it. All coefficients are
fitted on predictions for hands that the heads had not seen (stacked generalisation, Wolpert 1992).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .facts import AROUND, BESIDE, Floats, by_conversation, logistic, logit, logits
from .trees import Trees

#: What is known of a unit before its conversation is judged, in the order of ``Stack.early``.
EARLY_FEATURES = ("category", "any", "rule", "has_rule")
#: What is known of a unit for one means category, in the order of the coefficients of ``Stack.means``:
#: the category's own score, that of any means, the conversation's judgement, the any-means score of the
#: units before and after, how far the unit stays behind the highest, the strength of the rule that
#: matches in it (0 for none), whether one does, and whether one of any means category does.
UNIT_FEATURES = (
    "category",
    "any",
    "judged",
    "before",
    "after",
    "behind_highest",
    "rule",
    "has_rule",
    "has_any_rule",
)
#: What is known of a category in a whole conversation, in the order of ``Stack.whole``: the logit of its
#: likeliest unit, the logarithm of the sum over its units, the customer's and the agent's words by the
#: head of the whole (0 where there is none), and the judgement.
WHOLE_FEATURES = ("likeliest", "expected", "customer_words", "agent_words", "judged")
#: The same for the other categories.
OTHER_FEATURES = ("category", "judged", "rule", "has_rule")


def strongest(matches: Sequence[tuple[int, int, float]]) -> dict[tuple[int, int], float]:
    """Of rules' matches (unit, head, strength) the strongest of each unit and head."""
    best: dict[tuple[int, int], float] = {}
    for unit, head, strength in matches:
        best[unit, head] = max(best.get((unit, head), strength), strength)
    return best


@dataclass(frozen=True, slots=True)
class Stack:
    """The coefficients, from a model card's ``stack``; each list ends with the intercept.

    ``early``: of ``EARLY_FEATURES``, with ``early_offsets`` by means category. ``conversation``: trees
    over ``features_of``. ``means``: of ``UNIT_FEATURES``, shared by all
    means categories; ``offsets`` by category; ``above_even`` is what a logit over 0 is multiplied by, for
    the likeliest are chosen from many and so overrated. ``others`` by category: of ``OTHER_FEATURES``. ``rule``:
    the rule's own logit, with ``rule_offsets`` by rule.
    ``whole`` by category: of ``WHOLE_FEATURES``.
    """

    early: Floats
    early_offsets: Mapping[str, float]
    conversation: Trees
    means: Floats
    offsets: Mapping[str, float]
    above_even: float
    others: Mapping[str, Floats]
    rule: Floats
    rule_offsets: Mapping[str, float]
    whole: Mapping[str, Floats]

    @classmethod
    def from_card(cls, card: Mapping[str, Any], arrays: Mapping[str, Any]) -> Stack:

        def array(values: Sequence[float]) -> Floats:
            return np.array(values, np.float32)

        return cls(
            array(card["early"]),
            dict(card["early_offsets"]),
            Trees(
                arrays["tree_feature"],
                arrays["tree_threshold"],
                arrays["tree_value"],
                float(card["conversation_start"]),
            ),
            array(card["means"]),
            dict(card["offsets"]),
            float(card["above_even"]),
            {k: array(v) for k, v in card["others"].items()},
            array(card["rule"]),
            dict(card["rule_offsets"]),
            {k: array(v) for k, v in card["whole"].items()},
        )

    def judge(self, features: Floats) -> Floats:
        """The logit that a conversation holds any means, from its ``features_of``."""
        return self.conversation.score(features)

    def ready(self, heads: Sequence[str], whole: Sequence[str]) -> Ready:
        """The coefficients laid out by column, for the heads of one model."""
        own, judged, bias, rule, has_rule = (np.zeros(len(heads), np.float32) for _ in range(5))
        bias[:] = -20.0
        shared = np.zeros(len(UNIT_FEATURES) + 1, np.float32)
        shared[: len(self.means)] = self.means
        for i, name in enumerate(heads):
            if name in self.offsets:
                own[i], bias[i] = shared[0], shared[-1] + self.offsets[name]
                rule[i], has_rule[i] = shared[-4:-2]
            elif name in self.others:
                own[i], judged[i], rule[i], has_rule[i], bias[i] = self.others[name]
        read = np.zeros((len(WHOLE_FEATURES), len(heads)), np.float32)
        start = np.full(len(heads), -20.0, np.float32)
        for i, name in enumerate(heads):
            if name in self.whole:
                read[:, i], start[i] = self.whole[name][:-1], self.whole[name][-1]
        of_head = np.array([heads.index(name) for name in whole], np.int64)
        means = np.array([i for i, name in enumerate(heads) if name in self.offsets], np.int64)
        beside = np.array([heads.index(name) for name in BESIDE], np.int64)
        early = np.array([*self.early[:-1], 0], np.float32)
        early_bias = np.array(
            [self.early[-1] + self.early_offsets[heads[i]] for i in means.tolist()], np.float32
        )
        return Ready(
            own,
            judged,
            bias,
            rule,
            has_rule,
            shared,
            means,
            beside,
            early,
            early_bias,
            read,
            start,
            of_head,
            self.above_even,
        )

    def strength(self, rule: str, score: float) -> float:
        """The logit that a rule's match is right, from its own score and its past."""
        a, b = (float(x) for x in self.rule)
        return a * logit(score) + b + self.rule_offsets.get(rule, 0.0)


@dataclass(frozen=True, slots=True)
class Ready:
    """A ``Stack`` as arrays: a few operations give the probabilities of any number of units."""

    own: Floats
    judged: Floats
    bias: Floats
    rule: Floats
    has_rule: Floats
    shared: Floats
    means: NDArray[np.int64]
    beside: NDArray[np.int64]
    early: Floats
    early_bias: Floats
    read: Floats
    start: Floats
    of_head: NDArray[np.int64]
    above_even: float

    def likely(self, scores: Floats, matches: Sequence[tuple[int, int, float]] = ()) -> Floats:
        """The logit (n,) that a unit holds a means, before its conversation is judged: the log of the
        summed odds of the means categories."""
        out = scores[:, self.means] * self.early[0]
        out += scores[:, :1] * self.early[1]
        out += self.early_bias
        column = {head: i for i, head in enumerate(self.means.tolist())}
        for (unit, head), strength in strongest(matches).items():
            if head in column:
                out[unit, column[head]] += strength * self.early[2] + self.early[3]
        likely: Floats = np.log(np.exp(out).sum(axis=1))
        return likely

    def units(
        self,
        scores: Floats,
        judged: Floats,
        around: Floats,
        matches: Sequence[tuple[int, int, float]] = (),
    ) -> Floats:
        """Probabilities (n, heads) from unit scores, the judgement of each unit's conversation, its
        ``surroundings`` and the rules that match: unit, head and strength of each.

        Column 0 is any-means: the highest of the means categories.
        """
        out = scores * self.own
        out += judged[:, None] * self.judged
        out += self.bias
        common = (
            scores[:, 0] * self.shared[1]
            + judged * self.shared[2]
            + around @ self.shared[3 : 3 + AROUND]
        )
        best = strongest(matches)
        means = set(self.means.tolist())
        for unit in {unit for unit, head in best if head in means}:
            common[unit] += self.shared[-2]
        for (unit, head), strength in best.items():
            out[unit, head] += strength * self.rule[head] + self.has_rule[head]
        sums = out[:, self.means] + common[:, None]
        out[:, self.means] = np.where(sums > 0, sums * self.above_even, sums)
        out[:, 0] = out[:, self.means].max(axis=1, initial=-20.0)
        probabilities: Floats = logistic(out)
        return probabilities

    def whole(
        self,
        probabilities: Floats,
        bounds: NDArray[np.int64],
        said: Floats,
        answered: Floats,
        judged: Floats,
    ) -> Floats:
        """Probabilities (conversations, heads) that a conversation holds a category, from those of its
        units, what both sides' words say to the heads of the whole, and the judgement."""
        highest, expected = by_conversation(probabilities, bounds)
        out = logits(highest) * self.read[0]
        out += np.log(expected + np.float32(1e-3)) * self.read[1]
        out[:, self.of_head] += said * self.read[2, self.of_head]
        out[:, self.of_head] += answered * self.read[3, self.of_head]
        out += judged[:, None] * self.read[4]
        out += self.start
        found: Floats = logistic(out)
        return found
