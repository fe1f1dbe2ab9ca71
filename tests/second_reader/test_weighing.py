"""The joint word of two readers."""

import numpy as np
import pytest

from screening.second_reader.weighing import (
    UNIT_FEATURES,
    Sentences,
    Weighing,
    judged_features,
    likeliest,
    unit_features,
)

HEADS = ("any_means", "threat")
CARD = {
    "read_from": -3.0,
    "or_likely": 0.3,
    "watched": ["threat"],
    "judged": [0.5, 0.5, 0.0, 0.0, 0.0],
    "units": {
        "any_means": [*[0] * len(UNIT_FEATURES), -20],
        "threat": [0.5, 0.5, *[0] * (len(UNIT_FEATURES) - 3), 0.2, 0.0],
    },
    "above_even": 0.5,
    "whole": {"any_means": [0, 0, 0, 0, -20], "threat": [0.0, 1.0, 1.0, 0.0, -1.0]},
}


@pytest.fixture
def weighing():
    return Weighing.from_card(CARD, HEADS)


def test_what_neither_is_sure_of_is_read(weighing):
    """A judgement over one bound or a finding over the other; where both are under, nothing."""
    judged = np.array([-4.0, -2.0, -4.0])
    highest = np.array([[0.9, 0.1], [0.1, 0.1], [0.1, 0.5]])
    assert weighing.worth_reading(judged, highest).tolist() == [False, True, True]


def test_a_sentence_that_both_doubt_stays_doubtful_and_one_that_both_see_is_found(weighing):
    first = np.array([[0.1, 0.1], [0.9, 0.9]], np.float32)
    second = np.array([[-3, -3], [3, 3]], np.float32)
    low, high = weighing.of_units(first, Sentences(second, second, second[0]), 0.0)[:, 1]
    assert low < 0.2
    # Over even a logit is halved: (2.2 + 3) / 2 / 2.
    assert high == pytest.approx(1 / (1 + np.exp(-(np.log(9) + 3) / 4)), abs=1e-3)


def test_the_whole_takes_the_likeliest_sentence(weighing):
    units = np.array([[0, 0.5], [0, -2]], np.float32)
    (_, threat) = weighing.of_whole(np.full(2, 0.5, np.float32), np.array([0, 1.0]), units, 0.0)
    assert threat == pytest.approx(1 / (1 + np.exp(-(1.0 + 0.5 - 1.0))))


def test_a_conversation_of_which_nothing_is_ones_own_has_the_lowest_sentences(weighing):
    none = np.zeros((0, 2), np.float32)
    assert likeliest(none).tolist() == [-12, -12]
    assert judged_features(1.0, np.array([2.0, 0.0]), none).tolist() == [1, 2, -12, -12]
    assert weighing.judgement(1.0, np.array([2.0, 0.0]), none) == pytest.approx(1.5)


def test_what_is_known_of_a_sentence():
    """Beside its own numbers those of its neighbours, of the whole, and its distance from the likeliest."""
    first = np.array([[0.5, 0.5], [0.5, 0.9]], np.float32)
    second = Sentences(
        np.array([[1.0, 2.0], [3.0, -11.0]], np.float32),
        np.array([[0.0, 4.0], [0.0, -20.0]], np.float32),
        np.array([5.0, 6.0], np.float32),
    )
    known = unit_features(first, second, 7.0)
    assert known.shape == (2, 2, len(UNIT_FEATURES))
    (_, before), (_, after) = known
    assert dict(zip(UNIT_FEATURES, before.tolist(), strict=True)) == {
        "first": 0, "second": 2, "first_any": 0, "second_any": 1, "token": 4, "before": -8, "after": -8,
        "before_any": -8, "after_any": 3, "whole": 6, "below_likeliest": 0, "judged": 7,
    }  # fmt: skip
    assert after[UNIT_FEATURES.index("first")] == pytest.approx(np.log(9), abs=1e-5)
    assert after[UNIT_FEATURES.index("below_likeliest")] == -10
    assert after[UNIT_FEATURES.index("token")] == -8
    assert after[UNIT_FEATURES.index("before")] == 2
