"""The order of the queue as numbers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.records import Priority
from screening.urgency import DOUBLING, rank, regrade, standing

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FLAG = st.tuples(st.floats(0.01, 1), st.sampled_from([1.0, 2.0, 3.0]), st.integers(0, 60 * 24 * 30))


@given(FLAG, FLAG, st.integers(0, 60 * 24 * 30))
def test_the_rank_orders_as_confidence_times_gravity_times_age(one, other, later):
    """Whenever one looks, the lower rank has the greater weight."""
    weights, ranks = [], []
    for confidence, gravity, minutes in (one, other):
        since = NOW - timedelta(minutes=minutes)
        now = NOW + timedelta(minutes=later)
        weights.append(standing(Priority.HIGH, confidence, gravity, since, now).weight)
        ranks.append(rank(confidence, gravity, since))
    if weights[0] > weights[1] * 1.000001:
        assert ranks[0] < ranks[1]


def test_waiting_doubles_the_weight():
    """After the doubling time a flag weighs as much as a new one of twice the confidence."""
    assert rank(0.4, 2, NOW - DOUBLING) == pytest.approx(rank(0.8, 2, NOW))


def test_another_gravity_moves_the_rank():
    """Adding the step is the same as ranking anew."""
    assert rank(0.5, 1, NOW) + regrade(1, 3) == pytest.approx(rank(0.5, 3, NOW))


def test_the_reason_names_every_factor():
    """Urgency, confidence, gravity, time waited and the product stand in one sentence."""
    found = standing(Priority.URGENT, 0.9, 3, NOW - timedelta(days=2), NOW)
    assert found.why == "緊急。確信度90％ × 重さ「重い」（3） × 待ち時間2日（2.0倍）＝5.40"
