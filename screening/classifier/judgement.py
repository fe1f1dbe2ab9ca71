"""Judges conversations in one compiled pass, from the scores of their units to probabilities.

``facts``, ``stack`` and ``trees`` compute the same step by step, and training fits on them; for one
sentence their many small arrays cost far more than the arithmetic. Tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .facts import OF_UNITS, PRIOR_WEIGHT, Floats, read_conversation
from .stack import Ready
from .trees import Trees, walk

#: Rows of ``Judge.table``: the coefficients of ``Ready`` that each head has of its own.
_OWN, _JUDGED, _BIAS, _RULE, _HAS_RULE, _START, _EARLY_BIAS, _READ = range(8)
_LOWEST, _NEVER = np.float32(-6.0), np.float32(-20.0)
_ONE, _ZERO, _LITTLE = np.float32(1), np.float32(0), np.float32(1e-3)
_LOW, _HIGH = np.float32(1e-4), np.float32(1 - 1e-4)
_OF_UNITS, _PRIOR = OF_UNITS, PRIOR_WEIGHT
_NO_PLACES, _NO_STRENGTHS = np.zeros((0, 2), np.int64), np.zeros(0, np.float32)


@njit(nogil=True, cache=True)
def _mean(
    scores: NDArray[np.float32],
    first_column: int,
    units: NDArray[np.int64],
    own: NDArray[np.bool_],
    first: int,
    last: int,
    sums: NDArray[np.float64],
    out: NDArray[np.float32],
) -> float:
    """``facts.weighted_means`` of one conversation; returns the units' weight."""
    weight = np.float64(0)
    sums[:] = 0
    for unit in range(first, last):
        if len(own) == 0 or own[unit]:
            root = np.sqrt(np.float64(units[unit, 1] - units[unit, 0]))
            weight += root
            for head in range(len(sums)):
                sums[head] += root * scores[unit, first_column + head]
    for head in range(len(sums)):
        out[head] = sums[head] / (weight + _PRIOR)
    return weight


@njit(nogil=True, cache=True)
def _likely(
    scores: NDArray[np.float32],
    strength: NDArray[np.float32],
    table: NDArray[np.float32],
    early: NDArray[np.float32],
    means: NDArray[np.int64],
) -> np.float32:
    """``Ready.likely`` of one unit."""
    odds = _ZERO
    for head in means:
        x = scores[head] * early[0] + scores[0] * early[1] + table[_EARLY_BIAS, head]
        if strength[head] > -np.inf:
            x += strength[head] * early[2] + early[3]
        odds += np.exp(x)
    chance: np.float32 = np.log(odds)
    return chance


@njit(nogil=True, cache=True)
def _place(
    unit: int,
    at: int,
    placed: NDArray[np.int64],
    strengths: NDArray[np.float32],
    strength: NDArray[np.float32],
) -> int:
    """Fills ``strength`` (heads,) with the strongest match of each head in a unit, -inf for none.

    ``placed`` (unit, head) are in the order of units, those from ``at`` on still to come. Returns
    where the next unit's begin.
    """
    if at > 0 and placed[at - 1, 0] == unit - 1:
        strength[:] = -np.inf
    while at < len(placed) and placed[at, 0] == unit:
        head = placed[at, 1]
        strength[head] = max(strength[head], strengths[at])
        at += 1
    return at


@njit(nogil=True, cache=True)
def _judge(
    raw: NDArray[np.float32],
    units: NDArray[np.int64],
    own: NDArray[np.bool_],
    bounds: NDArray[np.int64],
    answers: NDArray[np.float32],
    answer_units: NDArray[np.int64],
    answer_bounds: NDArray[np.int64],
    known: NDArray[np.float32],
    placed: NDArray[np.int64],
    strengths: NDArray[np.float32],
    table: NDArray[np.float32],
    shared: NDArray[np.float32],
    early: NDArray[np.float32],
    means: NDArray[np.int64],
    beside: NDArray[np.int64],
    of_head: NDArray[np.int64],
    intercepts: NDArray[np.float32],
    feature: NDArray[np.int16],
    threshold: NDArray[np.float64],
    value: NDArray[np.float32],
    start: float,
    above_even: float,
    probabilities: NDArray[np.float32],
    judged: NDArray[np.float32],
    whole: NDArray[np.float32],
    heard: NDArray[np.bool_],
    enough: float,
) -> None:
    heads, wide = table.shape[1], len(of_head)
    even = np.float32(above_even)
    facts = np.empty(2 * wide + _OF_UNITS + 3, np.float32)
    said, answered = facts[:wide], facts[wide : 2 * wide]
    of_units = facts[2 * wide : 2 * wide + _OF_UNITS]
    sums = np.empty(wide, np.float64)
    everything = np.empty(0, np.bool_)
    strength = np.full(heads, -np.inf, np.float32)
    highest, expected = np.empty(heads, np.float32), np.empty(heads, np.float32)
    likely = np.empty(len(raw), np.float32)
    next_placed = 0
    for i in range(len(bounds) - 1):
        first, last = bounds[i], bounds[i + 1]
        weight = _mean(raw, heads, units, own, first, last, sums, said)
        heard[i] = weight >= enough
        _mean(answers, 0, answer_units, everything, answer_bounds[i], answer_bounds[i + 1], sums, answered)  # fmt: skip
        for head in range(wide):
            said[head] += intercepts[head]
        at = next_placed
        for unit in range(first, last):
            at = _place(unit, at, placed, strengths, strength)
            likely[unit] = _likely(raw[unit], strength, table, early, means)
        read_conversation(raw, likely, means, beside, own, first, last, of_units)
        for k in range(3):
            facts[2 * wide + _OF_UNITS + k] = known[i, k]
        judgement = np.float32(walk(facts, feature, threshold, value, np.float32(start)))
        judged[i] = judgement
        # facts.surroundings and Ready.units
        top = _LOWEST
        for unit in range(first, last):
            top = max(top, raw[unit, 0])
        highest[:] = _ZERO
        expected[:] = _ZERO
        strength[:] = -np.inf
        for unit in range(first, last):
            next_placed = _place(unit, next_placed, placed, strengths, strength)
            if not own[unit]:
                probabilities[unit, :] = _ZERO
                continue
            before = max(raw[unit - 1, 0], _LOWEST) if unit > first else _LOWEST
            after = max(raw[unit + 1, 0], _LOWEST) if unit + 1 < last else _LOWEST
            common = (
                raw[unit, 0] * shared[1]
                + judgement * shared[2]
                + before * shared[3]
                + after * shared[4]
                + (max(raw[unit, 0], _LOWEST) - top) * shared[5]
            )
            for head in means:
                if strength[head] > -np.inf:
                    common += shared[-2]
                    break
            for head in range(1, heads):
                x = raw[unit, head] * table[_OWN, head] + judgement * table[_JUDGED, head]
                x += table[_BIAS, head]
                if strength[head] > -np.inf:
                    x += strength[head] * table[_RULE, head] + table[_HAS_RULE, head]
                probabilities[unit, head] = x
            best = _NEVER
            for head in means:
                x = probabilities[unit, head] + common
                if x > 0:
                    x *= even
                best = max(best, x)
                probabilities[unit, head] = x
            probabilities[unit, 0] = best
            for head in range(heads):
                chance = _ONE / (_ONE + np.exp(-probabilities[unit, head]))
                probabilities[unit, head] = chance
                highest[head] = max(highest[head], chance)
                expected[head] += chance
        strength[:] = -np.inf
        # Ready.whole
        for head in range(heads):
            kept = min(max(highest[head], _LOW), _HIGH)
            x = np.log(kept / (_ONE - kept)) * table[_READ, head]
            x += np.log(expected[head] + _LITTLE) * table[_READ + 1, head]
            whole[i, head] = x
        for k in range(wide):
            head = of_head[k]
            whole[i, head] += said[k] * table[_READ + 2, head]
            whole[i, head] += answered[k] * table[_READ + 3, head]
        for head in range(heads):
            x = whole[i, head] + judgement * table[_READ + 4, head] + table[_START, head]
            whole[i, head] = _ONE / (_ONE + np.exp(-x))


@dataclass(slots=True)
class Units:
    """Units of one side of conversations: ``scores`` (n, columns), ``units`` (n, 5) as ``cut`` gives
    them, and ``bounds`` (conversations + 1,) that part them."""

    scores: Floats
    units: NDArray[np.int64]
    bounds: NDArray[np.int64]


@dataclass(slots=True)
class Judged:
    """``probabilities`` (units, heads), the logit of any means ``judged`` (conversations,), the
    probabilities of the ``whole`` (conversations, heads) and whether enough of the customer's own words
    were ``heard`` (conversations,)."""

    probabilities: Floats
    judged: Floats
    whole: Floats
    heard: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Judge:
    """The coefficients of ``Ready`` by head, ``table`` (rows, heads), with all else that judging takes."""

    ready: Ready
    trees: Trees
    intercepts: Floats
    table: Floats

    @classmethod
    def of(cls, ready: Ready, trees: Trees, intercepts: Floats) -> Judge:
        """``intercepts`` are those of the heads that read the whole."""
        early_bias = np.zeros(len(ready.own), np.float32)
        early_bias[ready.means] = ready.early_bias
        rows = [ready.own, ready.judged, ready.bias, ready.rule, ready.has_rule, ready.start]
        return cls(ready, trees, intercepts, np.array([*rows, early_bias, *ready.read], np.float32))

    def __call__(
        self,
        customer: Units,
        own: NDArray[np.bool_],
        agent: Units,
        known: Floats,
        matches: Sequence[tuple[int, int, float]],
        enough: float,
    ) -> Judged:
        """``customer.scores`` have a column for each head and one for each head of the whole, the
        ``agent``'s those of the whole alone; ``own`` (units,) are the customer's own words. ``known``
        (conversations, 3) are the two highest scores of rules, and whether it is a mail; ``matches``
        are unit, head and strength of each rule that matches. ``enough`` is the weight of words, the sum
        of the roots of their units' lengths, from which a conversation is heard."""
        n, ready, trees = len(known), self.ready, self.trees
        placed, strengths = _NO_PLACES, _NO_STRENGTHS
        if matches:
            ordered = sorted(matches)
            placed = np.array([match[:2] for match in ordered], np.int64)
            strengths = np.array([match[2] for match in ordered], np.float32)
        heads = self.table.shape[1]
        out = Judged(
            np.empty((len(own), heads), np.float32),
            np.empty(n, np.float32),
            np.empty((n, heads), np.float32),
            np.empty(n, np.bool_),
        )
        _judge(customer.scores, customer.units, own, customer.bounds, agent.scores, agent.units, agent.bounds, known, placed, strengths, self.table, ready.shared, ready.early, ready.means, ready.beside, ready.of_head, self.intercepts, trees.feature, trees.threshold, trees.value, trees.start, ready.above_even, out.probabilities, out.judged, out.whole, out.heard, enough)  # fmt: skip
        return out


@njit(nogil=True, cache=True)
def _found(
    probabilities: NDArray[np.float32],
    whole: NDArray[np.float32],
    bounds: NDArray[np.int64],
    floor: float,
    shown: float,
    strong: NDArray[np.int64],
    best_at: NDArray[np.int64],
    best: NDArray[np.float32],
    told: NDArray[np.int64],
) -> tuple[int, int, int]:
    heads = whole.shape[1]
    least, something = np.float32(floor), np.float32(shown)
    units = bests = wholes = 0
    highest = np.empty(heads, np.float32)
    for i in range(len(bounds) - 1):
        highest[:] = _ZERO
        for unit in range(bounds[i], bounds[i + 1]):
            top = _ZERO
            for head in range(heads):
                chance = probabilities[unit, head]
                top = max(top, chance)
                highest[head] = max(highest[head], chance)
            if top >= least:
                strong[2 * units], strong[2 * units + 1] = unit, i
                units += 1
        for head in range(heads):
            if highest[head] >= something:
                best_at[bests], best[bests] = i * heads + head, highest[head]
                bests += 1
            if whole[i, head] >= least:
                told[wholes] = i * heads + head
                wholes += 1
    return units, bests, wholes


#: Of a batch: the units with a probability of at least the floor, each with its conversation; the best
#: probability of each conversation and head where it is not nothing; and the conversations' probabilities
#: of at least the floor. The last two are (conversation, head, probability).
Found = tuple[list[tuple[int, int]], list[tuple[int, int, float]], list[tuple[int, int, float]]]


def found(
    probabilities: Floats, whole: Floats, bounds: NDArray[np.int64], floor: float, shown: float
) -> Found:
    """What there is to tell of units and conversations, in their order."""
    heads = whole.shape[1]
    strong = np.empty(2 * len(probabilities), np.int64)
    best_at, told = np.empty(whole.size, np.int64), np.empty(whole.size, np.int64)
    best = np.empty(whole.size, np.float32)
    units, bests, wholes = _found(
        probabilities, whole, bounds, floor, shown, strong, best_at, best, told
    )
    chances = best[:bests].tolist()
    return (
        [(unit, i) for unit, i in strong[: 2 * units].reshape(-1, 2).tolist()] if units else [],
        [(*divmod(at, heads), p) for at, p in zip(best_at[:bests].tolist(), chances, strict=True)],
        [(*divmod(at, heads), float(whole.flat[at])) for at in told[:wholes].tolist()]
        if wholes
        else [],
    )
