"""How the second reader's word and the first one's make one.

Logistic regressions on a few numbers, fitted on hands that neither reader learnt from
(``models.second_reader.weigh``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..classifier.facts import Floats, logistic, logits

#: What is known of a conversation, in the order of ``Weighing.judged``: the first reader's judgement (a
#: logit); the second's logit of any means in the whole, in the likeliest sentence, and in the mean of
#: the three likeliest.
JUDGED_FEATURES = ("first", "whole", "likeliest", "three_likeliest")
#: What is known of a sentence for one category: both readers' logits of it and of any means; the second
#: one's of its strongest token, of the customer's sentences before and after it, of the category and of any
#: means, of the whole, and how far it is under the likeliest sentence; and the joint judgement.
UNIT_FEATURES = (
    "first",
    "second",
    "first_any",
    "second_any",
    "token",
    "before",
    "after",
    "before_any",
    "after_any",
    "whole",
    "below_likeliest",
    "judged",
)
#: What is known of a category in the whole: the first reader's logit, the second one's of the whole and
#: of the likeliest sentence, and the joint judgement.
WHOLE_FEATURES = ("first", "second", "likeliest", "judged")
#: Where there is no sentence of the customer's own.
_LOWEST = -12.0
#: No token and no sentence beside one says less than this.
_LITTLE = np.float32(-8.0)


@dataclass(frozen=True, slots=True)
class Sentences:
    """The second reader's logits of the customer's sentences, those that a mail quotes among them:
    ``units`` (n, heads), ``tokens`` (n, heads) of the strongest token of each, and ``whole`` (heads,) of
    the conversation."""

    units: Floats
    tokens: Floats
    whole: Floats


class Joins(Protocol):
    """What makes one of two readers' words; ``Weighing`` says how."""

    def worth_reading(self, judged: Floats, highest: Floats) -> NDArray[np.bool_]: ...

    def judgement(self, first: float, whole: Floats, units: Floats) -> float: ...

    def of_units(self, first: Floats, second: Sentences, judged: float) -> Floats: ...

    def of_whole(self, first: Floats, second: Floats, units: Floats, judged: float) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Weighing:
    """Coefficients, the intercept last in ``judged``; ``unit_…`` and ``whole_…`` have a column a head.

    ``read_from``: conversations that the first reader judges under this logit, and in which no sentence's
    probability of any of the ``watched`` heads is ``or_likely``, are not read again. ``above_even``: what the logit of a sentence over 0 is
    multiplied by, for the likeliest are chosen from many and so overrated.
    """

    read_from: float
    or_likely: float
    watched: NDArray[np.int64]
    judged: Floats
    unit_weights: Floats
    unit_start: Floats
    above_even: float
    whole_weights: Floats
    whole_start: Floats

    @classmethod
    def from_card(cls, card: Mapping[str, Any], heads: Sequence[str]) -> Weighing:
        """From a card's ``weighing``, whose columns are named by head."""

        def columns(rows: Mapping[str, Sequence[float]]) -> tuple[Floats, Floats]:
            table = np.array([rows[name] for name in heads], np.float32).T
            return table[:-1], table[-1]

        return cls(
            float(card["read_from"]),
            float(card["or_likely"]),
            np.array([heads.index(name) for name in card["watched"]], np.int64),
            np.array(card["judged"], np.float32),
            *columns(card["units"]),
            float(card["above_even"]),
            *columns(card["whole"]),
        )

    def worth_reading(self, judged: Floats, highest: Floats) -> NDArray[np.bool_]:
        """Which conversations are read again, from their judgement (n,) and the highest probabilities of
        their sentences (n, heads)."""
        likely = highest[:, self.watched].max(axis=1, initial=0)
        worth: NDArray[np.bool_] = (judged >= self.read_from) | (likely >= self.or_likely)
        return worth

    def judgement(self, first: float, whole: Floats, units: Floats) -> float:
        """The joint logit that a conversation holds any means; ``units`` (n, heads) are the customer's
        own sentences."""
        return float(judged_features(first, whole, units) @ self.judged[:-1] + self.judged[-1])

    def of_units(self, first: Floats, second: Sentences, judged: float) -> Floats:
        """Probabilities (n, heads) of sentences from the first reader's probabilities and the second
        one's logits."""
        known = unit_features(first, second, judged)
        out = np.einsum("nhf,fh->nh", known, self.unit_weights) + self.unit_start
        out = np.where(out > 0, out * self.above_even, out)
        found: Floats = logistic(out)
        return found

    def of_whole(self, first: Floats, second: Floats, units: Floats, judged: float) -> Floats:
        """Probabilities (heads,) that the conversation holds each category."""
        w = self.whole_weights
        out = logits(first) * w[0] + second * w[1] + likeliest(units) * w[2] + judged * w[3]
        found: Floats = logistic(out + self.whole_start)
        return found


def likeliest(units: Floats) -> Floats:
    """By head the highest logit of any sentence."""
    best: Floats = units.max(axis=0, initial=_LOWEST)
    return best


def judged_features(first: float, whole: Floats, units: Floats) -> Floats:
    """``JUDGED_FEATURES`` of one conversation."""
    top = np.sort(units[:, 0])[::-1][:3]
    three = np.concatenate([top, np.full(3 - len(top), _LOWEST, np.float32)])
    return np.array([first, whole[0], three[0], three.mean()], np.float32)


def unit_features(first: Floats, second: Sentences, judged: float) -> Floats:
    """``UNIT_FEATURES`` of each sentence and head (n, heads, features), from the first reader's
    probabilities (n, heads)."""
    one, two = logits(first), second.units
    near = np.maximum(two, _LITTLE)
    none = np.full((1, two.shape[1]), _LITTLE)
    before, after = np.concatenate([none, near[:-1]]), np.concatenate([near[1:], none])
    known = (
        one,
        two,
        one[:, :1],
        two[:, :1],
        np.maximum(second.tokens, _LITTLE),
        before,
        after,
        before[:, :1],
        after[:, :1],
        second.whole,
        near - near.max(axis=0, initial=_LITTLE),
        judged,
    )
    return np.stack([np.broadcast_to(k, two.shape) for k in known], axis=-1).astype(np.float32)
