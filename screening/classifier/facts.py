"""What is known of units and conversations, in arrays: the numbers from which the stack judges."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]


#: Categories beside the means whose highest score says something of the whole conversation.
BESIDE = (
    "service_change_demand",
    "compensation_demand",
    "apology_demand",
    "unfounded_demand",
    "unrelated_demand",
    "self_harm_risk",
    "illness_related",
)


#: What is known of a conversation, in the order of the columns that ``Stack.conversation`` reads, after
#: the scores of the customer's and of the agent's words by each head of the whole.
CONVERSATION_FEATURES = (
    "highest_unit",
    "three_highest_units",
    "highest_category",
    "likeliest_unit",
    "second_likeliest_unit",
    "third_likeliest_unit",
    "expected_units",
    "units",
    *(f"highest_{name}" for name in BESIDE),
    "highest_rule",
    "second_rule",
    "is_mail",
)


#: How many of them ``read_units`` fills.
OF_UNITS = 8 + len(BESIDE)


#: The columns of ``surroundings``: from "before" to "behind_highest".
AROUND = 3


#: What is believed before a word is said counts as much as this weight of units that say nothing,
#: about seven sentences: a single sentence must not be taken for a whole conversation's tone.
PRIOR_WEIGHT = 30.0


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
def read_conversation(
    scores: NDArray[np.float32],
    likely: NDArray[np.float32],
    means: NDArray[np.int64],
    beside: NDArray[np.int64],
    own: NDArray[np.bool_],
    first: int,
    last: int,
    out: NDArray[np.float32],
) -> None:
    """``read_units`` of the one conversation that has the units from ``first`` to ``last``."""
    lowest = np.float32(-6.0)
    a = b = c = lowest
    d = e = f = np.float32(-9.0)
    out[:] = lowest
    expected = 0.0
    count = 0
    for unit in range(first, last):
        if not own[unit]:
            continue
        count += 1
        score = scores[unit, 0]
        if score > a:
            a, b, c = score, a, b
        elif score > b:
            b, c = score, b
        elif score > c:
            c = score
        for head in means:
            out[2] = max(out[2], scores[unit, head])
        chance = likely[unit]
        if chance > d:
            d, e, f = chance, d, e
        elif chance > e:
            e, f = chance, e
        elif chance > f:
            f = chance
        expected += 1 / (1 + np.exp(-chance))
        for k in range(len(beside)):
            out[8 + k] = max(out[8 + k], scores[unit, beside[k]])
    out[0] = a
    out[1] = (a + b + c) / 3
    out[3], out[4], out[5] = d, e, f
    out[6] = np.log(expected + 1e-3)
    out[7] = np.log(1.0 + count)


@njit(nogil=True, cache=True)
def read_units(
    scores: NDArray[np.float32],
    likely: NDArray[np.float32],
    means: NDArray[np.int64],
    beside: NDArray[np.int64],
    own: NDArray[np.bool_],
    bounds: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    """Fills the first ``OF_UNITS`` of ``CONVERSATION_FEATURES`` from units' scores (n, heads), whose
    column 0 is any-means, and from how ``likely`` (a logit) each is to hold a means."""
    for i in range(len(bounds) - 1):
        read_conversation(scores, likely, means, beside, own, bounds[i], bounds[i + 1], out[i])


@njit(nogil=True, cache=True)
def surroundings(
    scores: NDArray[np.float32], bounds: NDArray[np.int64], out: NDArray[np.float32]
) -> None:
    """For each unit the scores of the units before and after in its conversation (-6 where
    there is none), and how far its own stays behind the conversation's highest; ``out`` is (n, ``AROUND``)."""
    lowest = np.float32(-6.0)
    for i in range(len(bounds) - 1):
        first, last = bounds[i], bounds[i + 1]
        highest = lowest
        for unit in range(first, last):
            highest = max(highest, scores[unit])
        for unit in range(first, last):
            out[unit, 0] = max(scores[unit - 1], lowest) if unit > first else lowest
            out[unit, 1] = max(scores[unit + 1], lowest) if unit + 1 < last else lowest
            out[unit, 2] = max(scores[unit], lowest) - highest


def weights_of(lengths: NDArray[np.int64], own: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What a unit counts in its conversation: the root of its length, nothing if it is passed on."""
    weights: NDArray[np.float64] = np.sqrt(lengths.astype(np.float64)) * own
    return weights


def logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def logit(p: float) -> float:
    p = min(max(p, 1e-4), 1 - 1e-4)
    return float(np.log(p / (1 - p)))


def logits(p: Floats) -> Floats:
    """The log odds of probabilities, kept off the ends."""
    kept = np.clip(p, 1e-4, 1 - 1e-4)
    odds: Floats = np.log(kept / (1 - kept))
    return odds


def by_conversation(probabilities: Floats, bounds: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """For each conversation the highest of its units' probabilities and their sum, (n, heads) each;
    ``bounds`` part the units, and a conversation without units has none of anything."""
    n = len(bounds) - 1
    highest, total = (np.zeros((n, probabilities.shape[1]), np.float32) for _ in range(2))
    filled = np.flatnonzero(bounds[1:] > bounds[:-1])
    if len(filled):
        highest[filled] = np.maximum.reduceat(probabilities, bounds[filled], axis=0)
        total[filled] = np.add.reduceat(probabilities, bounds[filled], axis=0)
    return highest, total


def features_of(
    said: Floats, answered: Floats, units: Floats, rules: Floats, mail: Floats
) -> Floats:
    """One row a conversation: ``said`` and ``answered`` (n, whole heads), ``units`` (n, ``OF_UNITS``),
    the two highest scores of ``rules`` (n, 2), and whether it is a ``mail`` (n,)."""
    return np.concatenate([said, answered, units, rules, mail[:, None]], axis=1, dtype=np.float32)
