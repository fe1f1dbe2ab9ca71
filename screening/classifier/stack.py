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
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]

#: What is known of a conversation, in the order of the coefficients of ``Stack.conversation``.
CONVERSATION_FEATURES = (
    "customer_words",
    "agent_words",
    "highest_unit",
    "three_highest_units",
    "highest_rule",
    "second_rule",
    "is_mail",
    "mail_and_highest_unit",
    "mail_and_customer_words",
)
#: What is believed before a word is said counts as much as this weight of units that say nothing,
#: about seven sentences: a single sentence must not be taken for a whole conversation's tone.
PRIOR_WEIGHT = 30.0
#: The score of a unit in a conversation that has none.
LOWEST = -6.0


@njit(nogil=True, cache=True)
def weighted_means(
    scores: NDArray[np.float32],
    weights: NDArray[np.float64],
    bounds: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    """For each conversation the weighted mean of its units' scores and of a prior of nothing.

    ``bounds`` part the units.
    """
    heads = scores.shape[1]
    for i in range(len(bounds) - 1):
        total = np.float64(0)
        sums = np.zeros(heads, np.float64)
        for unit in range(bounds[i], bounds[i + 1]):
            total += weights[unit]
            for head in range(heads):
                sums[head] += weights[unit] * scores[unit, head]
        for head in range(heads):
            out[i, head] = sums[head] / (total + PRIOR_WEIGHT)


@njit(nogil=True, cache=True)
def highest_units(
    scores: NDArray[np.float32],
    own: NDArray[np.bool_],
    bounds: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    """The highest score of each conversation's own units, and the mean of the three highest."""
    for i in range(len(bounds) - 1):
        a = b = c = np.float32(-6.0)
        for unit in range(bounds[i], bounds[i + 1]):
            if not own[unit]:
                continue
            score = scores[unit]
            if score > a:
                a, b, c = score, a, b
            elif score > b:
                b, c = score, b
            elif score > c:
                c = score
        out[i, 0] = max(a, np.float32(-6.0))
        out[i, 1] = (
            max(a, np.float32(-6.0)) + max(b, np.float32(-6.0)) + max(c, np.float32(-6.0))
        ) / 3


def weights_of(lengths: NDArray[np.int64], own: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What a unit counts in its conversation: the root of its length, nothing if it is passed on."""
    weights: NDArray[np.float64] = np.sqrt(lengths.astype(np.float64)) * own
    return weights


def logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def logit(p: float) -> float:
    p = min(max(p, 1e-4), 1 - 1e-4)
    return float(np.log(p / (1 - p)))


def features_of(said: Any, answered: Any, highest: Any, rules: Any, mail: Any) -> Floats:
    """``CONVERSATION_FEATURES`` (n, 9) from arrays of n, or (n, 2) for ``highest`` and ``rules``."""
    features = np.empty((len(said), len(CONVERSATION_FEATURES)), np.float32)
    features[:, 0], features[:, 1] = said, answered
    features[:, 2:4], features[:, 4:6] = highest, rules
    features[:, 6] = mail
    features[:, 7], features[:, 8] = mail * highest[:, 0], mail * said
    return features


@dataclass(frozen=True, slots=True)
class Stack:
    """The coefficients, from a model card's ``stack``; each list ends with the intercept.

    ``conversation``: of ``CONVERSATION_FEATURES``. ``means``: any-means score, category score and
    judgement of the conversation, shared by all means categories; ``offsets`` by category. ``others``
    by category: category score and judgement. ``rule``: the rule's own logit and
    the judgement, with ``rule_offsets`` by rule.
    ``whole`` by category: customer's and agent's words and the judgement.
    """

    conversation: Floats
    means: Floats
    offsets: Mapping[str, float]
    others: Mapping[str, Floats]
    rule: Floats
    rule_offsets: Mapping[str, float]
    whole: Mapping[str, Floats]

    @classmethod
    def from_card(cls, card: Mapping[str, Any]) -> Stack:
        array = lambda values: np.array(values, np.float32)  # noqa: E731
        return cls(
            array(card["conversation"]),
            array(card["means"]),
            dict(card["offsets"]),
            {k: array(v) for k, v in card["others"].items()},
            array(card["rule"]),
            dict(card["rule_offsets"]),
            {k: array(v) for k, v in card["whole"].items()},
        )

    def judge(self, features: Floats) -> Floats:
        """The logit that a conversation holds any means, from its features (n, 9)."""
        judged: Floats = features @ self.conversation[:-1] + self.conversation[-1]
        return judged

    def ready(self, heads: Sequence[str], whole: Sequence[str]) -> Ready:
        """The coefficients laid out by column, for the heads of one model."""
        own, first, judged, bias = (np.zeros(len(heads), np.float32) for _ in range(4))
        bias[:] = -20.0
        a, b, c, d = (float(x) for x in self.means) if len(self.means) else (0.0,) * 4
        for i, name in enumerate(heads):
            if name in self.offsets:
                own[i], first[i], judged[i], bias[i] = b, a, c, d + self.offsets[name]
            elif name in self.others:
                own[i], judged[i], bias[i] = self.others[name]
        read = np.zeros((3, len(whole)), np.float32)
        start = np.full(len(whole), -20.0, np.float32)
        for i, name in enumerate(whole):
            if name in self.whole:
                read[:, i], start[i] = self.whole[name][:3], self.whole[name][3]
        means = np.array([i for i, name in enumerate(heads) if name in self.offsets], np.int64)
        return Ready(own, first, judged, bias, means, read, start)

    def rules(self, rule: str, score: float, judged: float) -> float:
        """The probability that a rule's match is right in a conversation so judged."""
        a, b, c = (float(x) for x in self.rule)
        own = self.rule_offsets.get(rule, 0.0)
        return float(logistic(a * logit(score) + b * judged + c + own))


@dataclass(frozen=True, slots=True)
class Ready:
    """A ``Stack`` as arrays: a few operations give the probabilities of any number of units."""

    own: Floats
    first: Floats
    judged: Floats
    bias: Floats
    means: NDArray[np.int64]
    read: Floats
    start: Floats

    def units(self, scores: Floats, judged: Floats) -> Floats:
        """Probabilities (n, heads) from unit scores and the judgement of each unit's conversation.

        Column 0 is any-means: the highest of the means categories.
        """
        out = scores * self.own
        out += scores[:, :1] * self.first
        out += judged[:, None] * self.judged
        out += self.bias
        out[:, 0] = out[:, self.means].max(axis=1, initial=-20.0)
        probabilities: Floats = logistic(out)
        return probabilities

    def whole(self, said: Floats, answered: Floats, judged: Floats) -> Floats:
        """Probabilities (n, whole) of what only whole conversations show."""
        out = said * self.read[0]
        out += answered * self.read[1]
        out += judged[:, None] * self.read[2]
        out += self.start
        probabilities: Floats = logistic(out)
        return probabilities
